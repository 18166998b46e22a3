"""An archive whose clocks lie: no word of progress runs ahead of what was really written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract import Post, Rejected, encode
from ingest.source import Item, Watermark
from ingest.sources.archive.source import STANDARD_INPUT, Archive
from tests.conftest import NOON, a_post

NOW = NOON + timedelta(days=6)
AHEAD = datetime(2099, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def archive(path: Path, *posts: Post, shift_to: datetime | None = None) -> Archive:
    path.write_bytes(b"\n".join(encode(post) for post in posts))
    return Archive(path, shift_to=shift_to, clock=lambda: NOW)


def told(steps: Sequence[object]) -> datetime:
    return max(step.until for step in steps if isinstance(step, Watermark))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "posts.ndjson"


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("seen_at", [None, AHEAD])
def test_a_post_of_the_future_is_rejected_and_moves_no_watermark(
    path: Path, place: int, seen_at: datetime | None
) -> None:
    posts = [a_post(id="1"), a_post(id="2", created_at=NOON + MINUTE)]
    posts.insert(place, a_post(id="ahead", created_at=AHEAD, seen_at=seen_at))
    steps = list(archive(path, *posts).read({}))
    found = [step.found for step in steps if isinstance(step, Item)]
    [rejected] = [each for each in found if isinstance(each, Rejected)]
    assert rejected.where == f"{path} line {place + 1}"
    assert rejected.reason == "The post is of 2099-01-01T00:00:00+00:00, which is later than now."
    assert [each.id for each in found if isinstance(each, Post)] == ["1", "2"]
    assert told(steps) == NOON + MINUTE


def test_where_the_network_knows_better_its_clock_counts(path: Path) -> None:
    seen = NOON + MINUTE
    steps = list(archive(path, a_post(id="1"), a_post(id="2", created_at=AHEAD, seen_at=seen)).read({}))
    assert [step.found.id for step in steps if isinstance(step, Item) and isinstance(step.found, Post)] == ["1", "2"]
    assert told(steps) == seen


def test_an_archive_is_moved_by_its_last_post_that_can_be_right(path: Path) -> None:
    moved = archive(path, a_post(id="1"), a_post(id="ahead", created_at=AHEAD), shift_to=NOW)
    first, rejected = [step.found for step in moved.read({}) if isinstance(step, Item)]
    assert isinstance(first, Post)
    assert first.created_at == NOW
    assert isinstance(rejected, Rejected)


@pytest.mark.parametrize("created_at", [datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_post_older_than_any_network_is_rejected_and_begins_nothing(path: Path, created_at: datetime) -> None:
    """A table with a 0 for a time would have the watch look at fifty years of nothing."""
    steps = list(archive(path, a_post(id="old", created_at=created_at), a_post(id="1")).read({}))
    rejected, post = [step.found for step in steps if isinstance(step, Item)]
    assert isinstance(rejected, Rejected)
    assert "cannot be right" in rejected.reason
    assert isinstance(post, Post)
    assert {step.since for step in steps if isinstance(step, Watermark)} == {NOON}


def test_a_post_older_than_any_network_counts_where_it_was_seen(path: Path) -> None:
    old = datetime(1970, 1, 1, tzinfo=UTC)
    steps = list(archive(path, a_post(id="old", created_at=old, seen_at=NOON), a_post(id="1")).read({}))
    assert [type(step.found) for step in steps if isinstance(step, Item)] == [Post, Post]
    assert {step.since for step in steps if isinstance(step, Watermark)} == {NOON}


def test_clocks_differ_by_minutes(path: Path) -> None:
    at = NOW + 5 * MINUTE
    [step] = [step for step in archive(path, a_post(created_at=at)).read({}) if isinstance(step, Item)]
    assert isinstance(step.found, Post)


def test_deletions_of_the_future(path: Path) -> None:
    """One of a post takes the post away; one of an author would take all that they ever write."""
    posts = [
        a_post(id="1", op="delete", text="", created_at=AHEAD),
        a_post(id="2", op="delete_author", text="", author="somebody", created_at=AHEAD),
    ]
    found = [step.found for step in archive(path, *posts).read({}) if isinstance(step, Item)]
    assert [type(each) for each in found] == [Post, Rejected]


def test_standard_input_of_the_future_moves_no_watermark(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [a_post(id="1"), a_post(id="ahead", created_at=AHEAD), a_post(id="2", created_at=NOON + MINUTE)]
    path.write_bytes(b"\n".join(encode(post) for post in posts))
    with path.open() as given:
        monkeypatch.setattr(sys, "stdin", given)
        steps = list(Archive(Path(STANDARD_INPUT), clock=lambda: NOW).read({}))
    assert told(steps) == NOON + MINUTE
