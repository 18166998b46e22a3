"""One post with an old date among others: its archive ends as soon as any."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract import Post, encode
from tests.conftest import NOON, a_post
from tests.integration.test_watch import talk
from tests.support.stacks import Installation

NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2005, 3, 1, tzinfo=UTC)


def few(old: datetime) -> list[Post]:
    return [a_post(id=str(n), created_at=NOON + timedelta(minutes=n)) for n in range(5)] + [
        a_post(id="old", created_at=old)
    ]


def many(old: datetime) -> list[Post]:
    return [a_post(id="old", created_at=old), *(each.post for each in talk())]


@pytest.mark.parametrize(
    ("posts", "options", "alerts"),
    [(few(NEVER_SET), ["--alert"], 0), (many(LONG_AGO), ["--alert"], 1), (many(LONG_AGO), [], 0)],
    ids=["1970 among six", "2005 among days of talk", "the same, without being asked to tell"],
)
def test_an_archive_with_an_old_post_ends(
    posts: Sequence[Post], options: list[str], alerts: int, installation: Installation, tmp_path: Path
) -> None:
    archive = tmp_path / "posts.ndjson"
    archive.write_bytes(b"\n".join(encode(post) for post in posts))
    filled = installation.run("up", "--archive", str(archive), "--until-done", "--no-dashboard", *options)
    assert filled.returncode == 0, filled.stdout
    assert filled.stdout.count(b"\nALERT ") == alerts, filled.stdout


def test_an_archive_that_does_less_than_expected_says_so(installation: Installation, tmp_path: Path) -> None:
    newer, older = tmp_path / "newer.ndjson", tmp_path / "older.ndjson"
    newer.write_bytes(encode(a_post(id="new", created_at=NOON + timedelta(days=30))))
    older.write_bytes(b"\n".join(encode(each.post) for each in talk()))
    play = ("up", "--until-done", "--no-dashboard", "--archive")
    assert b"earlier run" not in installation.run(*play, str(newer)).stdout
    behind = installation.run(*play, str(older)).stdout
    assert b"it opens no incident for the posts from 2020-07-07 12:" in behind
    assert b"0 incidents" in behind
    recorded = installation.run("backtest", "--from", "2020-07-07", "--to", "2020-07-12", "--write").stdout
    assert b"1 of them recorded" in recorded
    after = installation.run(*play, str(newer)).stdout
    assert b"Nothing was sent: an earlier run has read all 1 lines of this archive" in after
    assert b"1 incident" in after
    assert b"ALERT" not in after
    kept = [{each.name for each in (installation.folder / folder).iterdir()} for folder in ("cursors", "outlines")]
    assert kept[0] == kept[1]
