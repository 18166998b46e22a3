"""Behind a crash of the machine that took a part of the data: who starts the store says what is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.contract import encode
from tests.conftest import a_post
from tests.support.stacks import Installation


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(b"\n".join(encode(a_post(id=str(n))) for n in range(20)))
    return path


def test_lost_posts_are_told_by_whoever_starts_the_store(installation: Installation, archive: Path) -> None:
    up = ("up", "--archive", str(archive), "--until-done", "--no-dashboard")
    filled = installation.run(*up)
    assert filled.returncode == 0, filled.stdout
    ask = ("sql", "SELECT count() FROM posts", "--format", "csv")
    whole = installation.run(*ask)
    assert (whole.stdout.splitlines()[1], whole.stderr) == (b"20", b"")

    for part in (installation.folder / "warehouse" / "store").glob("*/*/202007_*"):
        if "`hashtags`" in (part / "columns.txt").read_text():
            os.truncate(part / "data.bin", 5)
    said = "post_versions of 2020-07 lost 20 rows"
    asked = installation.run(*ask)
    assert asked.stdout.splitlines()[1] == b"0"
    assert asked.stderr.decode().startswith("banwatch: The store cannot read a part of its data")
    assert said in asked.stderr.decode()
    assert asked.stderr.count(b"\n") == 1
    started = installation.run(*up)
    assert started.returncode == 0, started.stdout
    assert said in started.stdout.decode()
    assert said in (installation.folder / "logs" / "warehouse.log").read_text()
