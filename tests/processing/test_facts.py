"""What is usual of a source, and since when we have listened to it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from processing.queries import Coverage
from processing.queries.facts import newly_covered, rest_ratio
from tests.conftest import NOON

HOUR = timedelta(hours=1)
WEEK = range(1, 8)


def stretch(source: str, since: datetime, until: datetime = NOON + 5 * HOUR) -> Coverage:
    return Coverage(source, since, until, complete=False, heard_at=NOON)


def usual(posts: int, *, now: int) -> dict[int, int]:
    return {0: now, **dict.fromkeys(WEEK, posts)}


def test_everything_else_is_weighed_by_the_posts_of_each_source() -> None:
    rest = {"large": usual(1_000, now=1_000), "small": usual(100, now=900)}
    assert rest_ratio({"large": 10, "small": 90}, rest, WEEK) == pytest.approx(0.1 * 1 + 0.9 * 9)


def test_one_day_of_an_outage_or_of_another_event_does_not_move_what_is_usual() -> None:
    rest = usual(100, now=150) | {3: 0, 5: 9_000}
    assert rest_ratio({"source": 10}, {"source": rest}, WEEK) == pytest.approx(1.5)


def test_a_source_that_brings_little_else_says_nothing() -> None:
    rest = {"search": usual(3, now=60), "firehose": usual(1_000, now=2_000)}
    assert rest_ratio({"search": 10}, rest, WEEK) is None
    assert rest_ratio({"search": 60, "firehose": 40}, rest, WEEK) is None
    assert rest_ratio({"search": 40, "firehose": 60}, rest, WEEK) == pytest.approx(2.0)
    assert rest_ratio({"firehose": 10}, rest, []) is None


@pytest.mark.parametrize(
    ("stretches", "share"),
    [
        ([stretch("old", NOON - 50 * HOUR)], 0.0),
        ([stretch("new", NOON)], 1.0),
        ([stretch("old", NOON - 50 * HOUR), stretch("new", NOON)], 0.75),
        # Connected again after ten minutes, and after a day.
        ([stretch("new", NOON - 50 * HOUR, NOON - HOUR / 6), stretch("new", NOON)], 0.0),
        ([stretch("new", NOON - 50 * HOUR, NOON - 24 * HOUR), stretch("new", NOON)], 1.0),
        # A collector that begins when all is over has nothing to do with it.
        ([stretch("old", NOON - 50 * HOUR), stretch("new", NOON + 2 * HOUR)], 0.0),
        # An archive is collected under a name of its own.
        ([stretch("archive-1", NOON - HOUR / 2)], 1.0),
        ([], 0.0),
    ],
)
def test_a_source_is_new_that_began_to_be_collected_with_the_rise(stretches: list[Coverage], share: float) -> None:
    assert newly_covered({"old": 25, "new": 75}, stretches, NOON, NOON + HOUR) == pytest.approx(share)
