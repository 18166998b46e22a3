"""What collectors say of themselves, in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.contract import CollectorState, Progress
from processing import queries
from processing.coverage import watermark
from processing.store.client import Store
from processing.store.writer import write_progress
from tests.conftest import NOON

HOUR = timedelta(hours=1)


def say(store: Store, progress: Progress) -> None:
    write_progress(store, [(partition, progress) for partition in range(progress.partitions)])


def test_a_collector_that_has_covered_nothing_is_heard_of_and_covers_nothing(store: Store) -> None:
    say(
        store,
        Progress(source="new", since=NOON, until=NOON, partitions=2, state="reconnecting", detail="Nobody there."),
    )
    assert queries.coverage(store) == ()
    [health] = queries.health(store)
    assert (health.source, health.state, health.detail) == ("new", "reconnecting", "Nobody there.")
    assert health.last_event is None


def test_one_post_that_is_all_there_is_is_covered(store: Store) -> None:
    say(store, Progress(source="archive-1", since=NOON, until=NOON, partitions=2, complete=True))
    [coverage] = queries.coverage(store)
    assert coverage.complete


def test_nobody_waits_for_a_collector_because_it_says_that_it_is_silent(store: Store) -> None:
    said = {"source": "quiet", "since": NOON, "until": NOON + HOUR, "partitions": 2}
    say(store, Progress(**said, last_event=NOON + HOUR))
    say(store, Progress(**said, last_event=NOON + HOUR, state="silent", detail="Nothing has come for 120 s."))
    [coverage] = queries.coverage(store)
    assert coverage.heard_at == NOON + HOUR
    [health] = queries.health(store)
    assert health.state == "silent"
    assert health.heard_at > NOON + HOUR
    assert health.lag > HOUR.total_seconds()


def test_a_feed_that_has_not_answered_for_its_own_time_is_silent_wherever_it_is_read(store: Store) -> None:
    half_an_hour = timedelta(minutes=30)
    said = {"source": "rss", "since": NOON, "until": NOON + HOUR, "idle": True, "silent_after": 1_800}
    say(store, Progress(**said, last_event=NOON + HOUR))
    [coverage], [health] = queries.coverage(store), queries.health(store)
    assert (coverage.complete, coverage.idle) == (False, True)
    dead = NOON + HOUR + half_an_hour
    for now, silent in ((dead - timedelta(seconds=1), False), (dead, True)):
        assert coverage.is_silent(now) is silent
        assert health.state_at(now) == ("silent" if silent else "listening")


def test_an_idle_source_does_not_hold_the_watch_back(store: Store) -> None:
    now = NOON + 2 * HOUR
    for source, until, idle in (("bluesky", NOON + HOUR, False), ("rss", NOON + HOUR / 6, True)):
        say(store, Progress(source=source, since=NOON, until=until, idle=idle, last_event=now))
    assert watermark(queries.coverage(store), timedelta(minutes=5), now) == NOON + HOUR


@pytest.mark.parametrize("state", ["failed", "ended"])
def test_what_has_stopped_is_not_called_silent(store: Store, state: CollectorState) -> None:
    say(store, Progress(source="rss", since=NOON, until=NOON + HOUR, last_event=NOON + HOUR, state=state))
    [health] = queries.health(store)
    assert health.state_at(NOON + 30 * HOUR) == state


def test_the_newest_word_of_each_collector_counts(store: Store) -> None:
    for source, posts in (("one", 3), ("two", 5), ("one", 4)):
        say(store, Progress(source=source, since=NOON, until=NOON + HOUR, posts=posts))
    say(store, Progress(source="two", since=NOON + 2 * HOUR, until=NOON + 3 * HOUR, posts=6))
    assert [(health.source, health.posts) for health in queries.health(store)] == [("one", 4), ("two", 6)]
