"""The command as a user meets it."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.contract import encode
from ingest.sources.archive.source import Archive
from tests.conftest import NOON, a_post
from tests.support.stacks import Installation, listens


@pytest.mark.parametrize("part", ["kafka", "clickhouse", "dashboard"])
def test_a_port_that_something_else_holds_is_named(installation: Installation, part: str) -> None:
    with socket.create_server(("127.0.0.1", getattr(installation, part))):
        refused = installation.run("up")
    assert refused.returncode == 1
    message = refused.stderr.decode()
    assert message.count("\n") == 1, message
    assert str(getattr(installation, part)) in message
    assert "BANWATCH_" in message


def test_a_missing_archive_is_said_before_anything_starts(installation: Installation) -> None:
    refused = installation.run("up", "--archive", "/nowhere.ndjson", "--until-done")
    assert refused.returncode == 2
    assert refused.stderr.decode() == "banwatch: There is no archive at /nowhere.ndjson.\n"


@pytest.mark.parametrize("command", [("up", "--no-sources", "--no-dashboard"), ("demo", "--no-dashboard")])
def test_a_folder_that_cannot_be_written_to_is_named(command: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    answer = Installation(file / "folder").run(*command)
    assert answer.returncode == 1
    said = answer.stderr.decode()
    assert said.startswith("banwatch: ")
    assert str(file) in said
    assert len(said.splitlines()) == 1


def test_an_unknown_setting_is_named(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_KAFKA_BOTSTRAP", "x")
    refused = installation.run("spikes")
    assert b"BANWATCH_KAFKA_BOTSTRAP is not a setting" in refused.stderr


def test_an_impossible_setting_is_a_sentence(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_DASHBOARD_REFRESH", "often")
    refused = installation.run("spikes")
    assert refused.returncode == 1
    assert refused.stderr.startswith(b"banwatch: BANWATCH_DASHBOARD_REFRESH cannot be used: ")
    assert refused.stderr.count(b"\n") == 1


def test_tag_and_detect_need_no_service(installation: Installation) -> None:
    posts = b"\n".join(encode(a_post(id=str(n), text="India bans TikTok and 58 other apps")) for n in range(3))
    tagged = installation.run("tag", stdin=posts)
    assert tagged.returncode == 0, tagged.stderr
    rows = [json.loads(line) for line in tagged.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["0", "1", "2"]
    assert all("ban" in row["topics"] and row["language"] == "en" for row in rows)
    minutes = (NOON + timedelta(minutes=5 * n) for n in range(700))
    series = "timestamp,count\n" + "".join(
        f"{at.isoformat()},{200 if n > 690 else n % 3}\n" for n, at in enumerate(minutes)
    )
    detected = installation.run("detect", stdin=series.encode())
    assert detected.returncode == 0, detected.stderr
    header, *lines = detected.stdout.decode().splitlines()
    assert header == "timestamp,count,expected,score,state,window"
    assert len(lines) == 700
    assert lines[-1].endswith(",spike,30 min")
    assert not listens(installation.clickhouse)


def test_a_bad_line_is_told_by_its_number_and_the_rest_goes_on(installation: Installation) -> None:
    tagged = installation.run("tag", stdin=encode(a_post(id="1")) + b"\n\nnot json\n" + encode(a_post(id="3")))
    assert tagged.returncode == 1
    assert len(tagged.stdout.splitlines()) == 2
    assert tagged.stderr.startswith(b"line 3: ")
    assert tagged.stderr.count(b"\n") == 1
    detected = installation.run("detect", stdin=b"timestamp,count\n\n2020-07-10T00:00Z,5\n2020-07-10T00:05Z,many\n")
    assert detected.returncode == 1
    assert detected.stderr.startswith(b"Line 4 was left out: ")


def test_an_archive_comes_through_standard_input(installation: Installation) -> None:
    posts = b"\n".join(encode(a_post(id=str(n))) for n in range(20))
    filled = installation.run("up", "--archive", "-", "--until-done", "--no-dashboard", stdin=posts)
    assert filled.returncode == 0, filled.stdout
    asked = installation.run("sql", "SELECT count() FROM posts", "--format", "csv")
    assert asked.stdout.decode().splitlines() == ['"count()"', "20"]
    assert not listens(installation.clickhouse), "a command that reads brings its own store"


def test_a_file_that_holds_no_cursor_ends_an_archive_in_one_sentence(
    installation: Installation, tmp_path: Path
) -> None:
    archive = tmp_path / "posts.ndjson"
    archive.write_bytes(encode(a_post()))
    cursor = installation.folder / "cursors" / f"{Archive(archive).name}.json"
    cursor.parent.mkdir(parents=True)
    cursor.write_text('{"line": "x"}')
    ended = installation.run("up", "--archive", str(archive), "--until-done", "--no-dashboard")
    assert ended.returncode == 1
    assert str(cursor) in ended.stderr.decode()
    assert "put back a copy of it, or remove it" in ended.stderr.decode()
    assert b"starting it again" not in ended.stdout
    assert b"Traceback" not in ended.stdout + ended.stderr
