"""What is usual of a source, and since when we have listened to it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from processing.contract import Severity, Spike, VerdictName
from processing.incidents.group import IncidentPolicy, group
from processing.queries import Coverage
from processing.queries.scopes import leading_scope, merged, scope_of, within
from processing.verdicts.collectors import newcomers, newly_covered
from processing.verdicts.reference import rest_ratio
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
        # Connected again after ten minutes, after three days, and after four.
        ([stretch("new", NOON - 500 * HOUR, NOON - HOUR / 6), stretch("new", NOON)], 0.0),
        ([stretch("new", NOON - 500 * HOUR, NOON - 72 * HOUR), stretch("new", NOON)], 0.0),
        ([stretch("new", NOON - 500 * HOUR, NOON - 96 * HOUR), stretch("new", NOON)], 1.0),
        # A collector that begins when all is over has nothing to do with it.
        ([stretch("old", NOON - 50 * HOUR), stretch("new", NOON + 2 * HOUR)], 0.0),
        # An archive is collected under a name of its own, and each of its files is.
        ([stretch("archive-1", NOON - HOUR / 2)], 1.0),
        ([stretch("archive-1", NOON - 50 * HOUR, NOON - HOUR / 2), stretch("archive-2", NOON - HOUR / 4)], 0.0),
        # It began shortly before, and was connected again.
        ([stretch("new", NOON - HOUR / 2, NOON - HOUR / 4), stretch("new", NOON)], 1.0),
        ([], 0.0),
    ],
)
def test_a_source_is_new_that_began_to_be_collected_with_the_rise(stretches: list[Coverage], share: float) -> None:
    posts = {"old": 25, "new": 75}
    assert newly_covered(posts, newcomers(posts, stretches, {}, NOON, NOON + HOUR), {}) == pytest.approx(share)
    if share == 1.0:
        # Posts of a time are there in which its collector did not listen.
        heard = {"new": NOON - 60 * HOUR}
        new = newcomers(posts, stretches, heard, NOON, NOON + HOUR)
        assert newly_covered(posts, new, {}) == pytest.approx(0.25)


@pytest.mark.parametrize(("hours", "days"), [(2, 0), (23, 0), (25, 1), (72, 3), (95, 3), (96, None)])
def test_a_source_is_new_for_days_where_the_expectation_is_made_of_days(hours: int, days: int | None) -> None:
    stretches = [stretch("old", NOON - 200 * HOUR), stretch("new", NOON - hours * HOUR)]
    heard = {"old": NOON - 72 * HOUR, "new": NOON - hours * HOUR}
    found = newcomers(["old", "new"], stretches, heard, NOON, NOON + HOUR)
    assert found == ({} if days is None else {"new": days})
    # Where all are as young, the expectation is of days on which all were heard.
    assert newcomers(["new"], stretches[1:], heard, NOON, NOON + HOUR) == {}
    # On the first day of all, the expectation is of hours in which the source was heard.
    stretches = [stretch("old", NOON - 20 * HOUR), stretch("new", NOON - 2 * HOUR)]
    assert newcomers(["old", "new"], stretches, heard, NOON, NOON + HOUR) == {}


def test_of_a_source_that_was_heard_for_a_day_only_as_much_is_in_doubt_as_it_usually_brings() -> None:
    usual = {"new": {1: 70, 2: 90, 3: 20}}
    assert newly_covered({"old": 20, "new": 80}, {"new": 3}, usual) == pytest.approx(0.7)
    assert newly_covered({"old": 20, "new": 80}, {"new": 1}, {"new": {1: 300}}) == pytest.approx(0.8)
    assert newly_covered({"old": 20, "new": 80}, {"new": 0}, usual) == pytest.approx(0.8)


def a_spike(peak: datetime, end: datetime | None) -> Spike:
    return Spike(
        topic="ban",
        language="ar",
        start=NOON,
        detected_at=NOON,
        peak=peak,
        end=end,
        observed=500,
        expected=10.0,
        ratio=50.0,
        score=9.0,
        severity=Severity.EXTREME,
        provisional=False,
        pulses=(),
    )


@pytest.mark.parametrize(
    ("peak", "end", "now", "hours"),
    [
        (2, 5, 20, (0, 5)),
        (2, None, 3, (0, 3)),
        (2, None, 40, (0, 24)),
        # What matters came on the second day: judged by its own posts, with as much before it as there is room.
        (30, None, 30, (6, 30)),
        (30, None, 60, (7, 31)),
        (30, 50, 60, (7, 31)),
        (23.5, 50, 60, (0.5, 24.5)),
    ],
)
def test_a_spike_is_judged_by_a_day_that_holds_its_peak(
    peak: float, end: float | None, now: float, hours: tuple[float, float]
) -> None:
    spike = a_spike(NOON + peak * HOUR, None if end is None else NOON + end * HOUR)
    scope = scope_of(spike, NOON + now * HOUR)
    assert (scope.topic, scope.language) == ("ban", "ar")
    assert ((scope.start - NOON) / HOUR, (scope.end - NOON) / HOUR) == hours


def test_an_incident_is_explained_by_the_spike_that_leads_it() -> None:
    spike = a_spike(NOON + 2 * HOUR, NOON + 3 * HOUR)
    flood = msgspec.structs.replace(
        spike, language="*", start=NOON - 5 * HOUR, end=None, verdict=VerdictName.CONCENTRATED
    )
    [incident] = group(IncidentPolicy(), [spike, flood], (), {"ban": "ban"}, NOON + 4 * HOUR)
    assert leading_scope(incident, NOON + 4 * HOUR) == scope_of(spike, NOON + 4 * HOUR)


def test_ranges_that_touch_are_read_once() -> None:
    ranges = [(NOON + 4 * HOUR, NOON + 5 * HOUR), (NOON, NOON + 2 * HOUR), (NOON + HOUR, NOON + 3 * HOUR)]
    assert list(merged([*ranges, (NOON + HOUR, NOON + HOUR)])) == [
        (NOON, NOON + 3 * HOUR),
        (NOON + 4 * HOUR, NOON + 5 * HOUR),
    ]
    assert within("minute", ()) == ("(false)", {})
