"""The file that keeps the writer's password: how it comes to be, and what it must be to be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.kept_secrets import SecretUnusable
from deploy.settings import load
from deploy.writer import WRITER_PASSWORD, kept_password, writer
from tests.support.commands import banwatch
from tests.support.stacks import Installation


def test_the_first_call_makes_one_up_and_others_find_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = kept_password(folder)
    assert len(made.get_secret_value()) == 32
    assert kept_password(folder) == made
    assert [path.name for path in folder.iterdir()] == [WRITER_PASSWORD.file], "nothing is left of the draft"
    assert (folder / WRITER_PASSWORD.file).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_all_who_begin_at_once_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        made = list(threads.map(kept_password, [tmp_path] * 64))
    assert len({each.get_secret_value() for each in made}) == 1


def empty(path: Path) -> None:
    path.write_bytes(b"")


def blank(path: Path) -> None:
    path.write_bytes(b" \n")


def binary(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def readable(path: Path) -> None:
    path.chmod(0o640)


def of_another_user(path: Path) -> None:
    os.chown(path, 65534, -1)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def folder_of_all(path: Path) -> None:
    path.parent.chmod(0o777)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (empty, "is empty. Stop what runs from that folder and remove the file"),
        (blank, "is empty. Stop what runs from that folder and remove the file"),
        (binary, "cannot be read: it is no text."),
        (readable, "run `chmod 600 '{file}'`."),
        (of_another_user, "belongs to user 65534"),
        (folder, "cannot be read: Is a directory."),
        (pipe, "is not a file."),
        (link, "cannot be read: Too many levels of symbolic links."),
        (folder_of_all, "run `chmod 700 '{folder}'`."),
    ],
)
def test_a_file_that_cannot_be_trusted_is_one_sentence(tmp_path: Path, harm: Callable[[Path], None], said: str) -> None:
    if harm is of_another_user and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    installation = Installation(tmp_path / "a folder", writer_password=None)
    file = installation.folder / WRITER_PASSWORD.file
    kept_password(installation.folder)
    harm(file)
    with pytest.raises(SecretUnusable) as refused:
        kept_password(installation.folder)
    assert said.format(file=file, folder=file.parent) in str(refused.value)
    ended = banwatch("up", "--no-sources", "--no-dashboard", environment=installation.environment)
    assert ended.returncode == 1
    assert ended.stderr.decode() == f"banwatch: {refused.value}\n"


def test_the_kept_password_is_for_the_embedded_store_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BANWATCH_CLICKHOUSE_PASSWORD", raising=False)
    monkeypatch.setenv("BANWATCH_DATA_DIR", str(tmp_path))
    assert not writer(load(os.environ)).proves
    kept = kept_password(tmp_path)
    own = writer(load(os.environ))
    assert own.proves
    assert own.password == kept
    for name, value, password in (
        ("BANWATCH_CLICKHOUSE_URL", "http://clickhouse.example:8123", ""),
        ("BANWATCH_CLICKHOUSE_URL", "https://127.0.0.1:8443", ""),
        ("BANWATCH_CLICKHOUSE_PASSWORD", "one's own", "one's own"),
    ):
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            given = writer(load(os.environ))
        assert not given.proves
        assert given.password.get_secret_value() == password
