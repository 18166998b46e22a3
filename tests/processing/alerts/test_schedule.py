"""When a step is sent, in any time zone and through both changes of clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.rule_fields import Digest, QuietHours
from processing.alerts.rules import AlertRule, Channel, Route
from processing.alerts.schedule import (
    Schedule,
    ScheduleReason,
    bundle_of,
    daily_end,
    quiet_end,
    schedule,
    window_end,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""The days on which Berlin's clocks go from 02:00 to 03:00, and from 03:00 back to 02:00."""

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",  # half hours
        "Australia/Lord_Howe",  # its clocks change by half an hour
        "Asia/Kathmandu",
        "Asia/Beirut",  # its clocks change at midnight
        "America/Santiago",
        "Africa/Casablanca",
        "Pacific/Apia",  # a day was left out
    )
]
TIMES = st.datetimes(datetime(2007, 1, 1), datetime(2037, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0, fold=0))  # no setting writes a fold
QUIET = st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair))
WIDTHS = st.sampled_from([m * MINUTE for m in range(1, 1441) if 1440 % m == 0])


def offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def changes(zone: ZoneInfo) -> list[datetime]:
    """The hours before which the zone's clocks have changed."""
    days = pairwise(datetime(2007, 1, 1, tzinfo=UTC) + number * DAY for number in range(30 * 365))
    changed = [before for before, after in days if offset(zone, before) != offset(zone, after)]
    hours = [day + number * HOUR for day in changed for number in range(1, 25)]
    return [hour for hour in hours if offset(zone, hour - HOUR) != offset(zone, hour)]


CHANGES = [(zone, change) for zone in ZONES for change in changes(zone)]
NEAR_CHANGES = st.tuples(st.sampled_from(CHANGES), st.integers(-180, 180)).map(
    lambda drawn: (drawn[0][0], drawn[0][1] + drawn[1] * MINUTE)
)
PLACES = st.one_of(st.tuples(st.sampled_from(ZONES), TIMES), NEAR_CHANGES)


def minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    at = start
    while at < end:
        yield at
        at = at.replace(second=0, microsecond=0) + MINUTE


def berlin(day: date, clock: str, fold: int = 0) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock).replace(fold=fold), BERLIN).astimezone(UTC)


def a_route(budget: int | None = None, **timing: Any) -> Route:
    rule = AlertRule(name="rule", channels=("newsroom",), **timing)
    return Route(Channel("newsroom", "console", ConsoleOptions(), budget=budget), rule)


@given(PLACES, QUIET)
def test_nothing_is_sent_while_a_clock_on_the_wall_shows_quiet_hours_and_nothing_waits_longer(
    place: tuple[ZoneInfo, datetime], quiet: QuietHours
) -> None:
    zone, at = place
    end = quiet_end(quiet, zone, at)
    assert not quiet.cover(end.astimezone(zone).time())
    assert all(quiet.cover(each.astimezone(zone).time()) for each in minutes(at, end))


@given(QUIET, CLOCKS)
def test_hours_that_cross_midnight_are_those_that_the_turned_range_leaves(quiet: QuietHours, clock: time) -> None:
    assert quiet.cover(clock) is not QuietHours(quiet.end, quiet.start).cover(clock)


@pytest.mark.parametrize(
    ("quiet", "at", "end"),
    [
        (NIGHT, berlin(SPRING - DAY, "21:59"), berlin(SPRING - DAY, "21:59")),
        (NIGHT, berlin(SPRING - DAY, "22:00"), berlin(SPRING, "07:00")),
        (NIGHT, berlin(SPRING, "06:59:59"), berlin(SPRING, "07:00")),
        (NIGHT, berlin(SPRING, "07:00"), berlin(SPRING, "07:00")),
        (NIGHT, berlin(AUTUMN - DAY, "23:00"), berlin(AUTUMN, "07:00")),
        (QuietHours(time(1), time(2, 30)), berlin(SPRING, "01:30"), berlin(SPRING, "03:00")),
        (QuietHours(time(1), time(2, 30)), berlin(AUTUMN, "01:30"), berlin(AUTUMN, "02:30")),
        (QuietHours(time(1), time(2, 30)), berlin(AUTUMN, "02:10", fold=1), berlin(AUTUMN, "02:30", fold=1)),
        (QuietHours(time(2, 15), time(2, 45)), berlin(SPRING, "01:59"), berlin(SPRING, "01:59")),
        (QuietHours(time(2, 15), time(4)), berlin(SPRING, "03:00"), berlin(SPRING, "04:00")),
    ],
)
def test_a_night_in_berlin(quiet: QuietHours, at: datetime, end: datetime) -> None:
    assert quiet_end(quiet, BERLIN, at) == end


def test_a_night_lasts_eight_hours_in_spring_and_ten_in_autumn() -> None:
    lengths = [
        quiet_end(NIGHT, BERLIN, berlin(day - DAY, "22:00")) - berlin(day - DAY, "22:00") for day in (SPRING, AUTUMN)
    ]
    assert lengths == [8 * HOUR, 10 * HOUR]


@given(PLACES, WIDTHS)
def test_a_window_ends_at_the_same_time_whoever_looks_when(place: tuple[ZoneInfo, datetime], width: timedelta) -> None:
    zone, at = place
    end = window_end(width, zone, at)
    assert at < end <= at + width + 2 * HOUR
    looks = [*minutes(at, end)]
    assert {window_end(width, zone, each) for each in looks[:: 1 + len(looks) // 20] + looks[-3:]} == {end}


@given(PLACES, WIDTHS)
def test_a_window_ends_at_a_multiple_of_its_width_or_at_a_change_of_clocks(
    place: tuple[ZoneInfo, datetime], width: timedelta
) -> None:
    zone, at = place
    end = window_end(width, zone, at)
    clock = end.astimezone(zone)
    changed = offset(zone, end) != offset(zone, end - MINUTE)
    assert changed or not timedelta(hours=clock.hour, minutes=clock.minute) % width
    assert (clock.second, clock.microsecond) == (0, 0)


@pytest.mark.parametrize(
    ("width", "at", "end"),
    [
        (15 * MINUTE, berlin(SPRING, "00:00"), berlin(SPRING, "00:15")),
        (15 * MINUTE, berlin(SPRING, "00:14:59"), berlin(SPRING, "00:15")),
        (30 * MINUTE, berlin(SPRING, "01:45"), berlin(SPRING, "03:00")),
        (30 * MINUTE, berlin(AUTUMN, "02:45"), berlin(AUTUMN, "02:00", fold=1)),
        (6 * HOUR, berlin(SPRING, "00:30"), berlin(SPRING, "06:00")),
        (24 * HOUR, berlin(AUTUMN, "00:00"), berlin(AUTUMN + DAY, "00:00")),
    ],
)
def test_a_window_in_berlin(width: timedelta, at: datetime, end: datetime) -> None:
    assert window_end(width, BERLIN, at) == end


@given(PLACES, CLOCKS)
def test_each_day_has_one_digest(place: tuple[ZoneInfo, datetime], clock: time) -> None:
    zone, at = place
    ends = [at]
    while len(ends) < 5:
        ends.append(daily_end(clock, zone, ends[-1]))
    days = [end.astimezone(zone).date() for end in ends[1:]]
    assert all(before < after for before, after in pairwise(ends))
    assert all(before < after for before, after in pairwise(days))
    for end in ends[1:]:
        assert end.astimezone(zone).time() == clock or _was_skipped(zone, end, clock)


def _was_skipped(zone: ZoneInfo, end: datetime, clock: time) -> bool:
    """Whether the clocks of the day jumped over `clock`, so that the clock before the jump decides."""
    jump = datetime.combine(end.astimezone(zone).date(), clock, zone)
    return jump.astimezone(UTC).astimezone(zone).time() != clock


@pytest.mark.parametrize(
    ("clock", "at", "end"),
    [
        (time(8), berlin(SPRING - DAY, "08:00"), berlin(SPRING, "08:00")),
        (time(8), berlin(SPRING, "07:59:59"), berlin(SPRING, "08:00")),
        (time(2, 30), berlin(SPRING, "01:00"), berlin(SPRING, "03:30")),
        (time(2, 30), berlin(AUTUMN, "01:00"), berlin(AUTUMN, "02:30")),
        (time(2, 30), berlin(AUTUMN, "02:45"), berlin(AUTUMN + DAY, "02:30")),
        (time(2, 30), berlin(AUTUMN, "02:10", fold=1), berlin(AUTUMN + DAY, "02:30")),
    ],
)
def test_a_daily_digest_in_berlin(clock: time, at: datetime, end: datetime) -> None:
    assert daily_end(clock, BERLIN, at) == end


NOON = berlin(SPRING - DAY, "12:07")
LATE = berlin(SPRING - DAY, "21:50")
EVENING = berlin(SPRING - DAY, "22:10")


@pytest.mark.parametrize(
    ("route", "now", "sent", "due", "reason"),
    [
        (a_route(), NOON, 1_000, NOON, ScheduleReason.NOW),
        (a_route(quiet=NIGHT, budget=20), NOON, 19, NOON, ScheduleReason.NOW),
        (a_route(quiet=NIGHT), EVENING, 0, berlin(SPRING, "07:00"), ScheduleReason.QUIET),
        (a_route(digest=15 * MINUTE), NOON, 0, berlin(SPRING - DAY, "12:15"), ScheduleReason.DIGEST),
        (a_route(digest=time(8)), NOON, 0, berlin(SPRING, "08:00"), ScheduleReason.DIGEST),
        (a_route(budget=20), NOON, 20, berlin(SPRING - DAY, "13:00"), ScheduleReason.BUDGET),
        # A digest is later than the next full hour, or earlier.
        (a_route(budget=20, digest=time(8)), NOON, 20, berlin(SPRING, "08:00"), ScheduleReason.DIGEST),
        (a_route(budget=20, digest=15 * MINUTE), NOON, 20, berlin(SPRING - DAY, "13:00"), ScheduleReason.BUDGET),
        # What would be sent in quiet hours waits for their end, whatever has held it until then.
        (a_route(quiet=NIGHT, digest=15 * MINUTE), LATE, 0, berlin(SPRING, "07:00"), ScheduleReason.QUIET),
        (a_route(quiet=NIGHT, budget=1), LATE, 1, berlin(SPRING, "07:00"), ScheduleReason.QUIET),
        (a_route(quiet=NIGHT, digest=time(6)), NOON, 0, berlin(SPRING, "07:00"), ScheduleReason.QUIET),
        # What is due after the quiet hours does not know of them.
        (a_route(quiet=NIGHT, digest=time(8)), EVENING, 0, berlin(SPRING, "08:00"), ScheduleReason.DIGEST),
    ],
)
def test_the_latest_hold_wins_and_quiet_hours_come_last(
    route: Route, now: datetime, sent: int, due: datetime, reason: ScheduleReason
) -> None:
    bundle = "" if reason is ScheduleReason.NOW else bundle_of(due)
    assert schedule(route, BERLIN, now, sent) == Schedule(due, bundle, reason)


def test_what_is_due_together_is_one_digest_whatever_has_held_it() -> None:
    night, morning = a_route(quiet=NIGHT), a_route(digest=time(7))
    held = [schedule(route, BERLIN, EVENING, 0) for route in (night, morning)]
    assert [each.reason for each in held] == [ScheduleReason.QUIET, ScheduleReason.DIGEST]
    assert len({each.bundle for each in held}) == 1


def test_a_step_does_not_overtake_one_that_is_held() -> None:
    route = a_route(budget=1)
    opened = schedule(route, BERLIN, NOON, 1)
    resolved = schedule(route, BERLIN, NOON + 5 * MINUTE, 0, opened.due)
    assert (opened.reason, resolved.reason) == (ScheduleReason.BUDGET, ScheduleReason.ORDER)
    assert (resolved.due, resolved.bundle) == (opened.due, opened.bundle)


def test_a_step_behind_one_that_is_late_itself_goes_now() -> None:
    assert schedule(a_route(), BERLIN, NOON, 0, NOON - HOUR) == Schedule(NOON, "", ScheduleReason.NOW)


def test_a_step_that_waits_for_another_is_not_sent_in_quiet_hours_that_the_rule_has_got_since() -> None:
    followed = schedule(a_route(quiet=NIGHT), BERLIN, NOON, 0, berlin(SPRING, "01:00"))
    assert (followed.due, followed.reason) == (berlin(SPRING, "07:00"), ScheduleReason.QUIET)


@given(
    PLACES,
    st.none() | QUIET,
    st.none() | WIDTHS | CLOCKS,
    st.none() | st.integers(1, 3),
    st.lists(st.tuples(st.timedeltas(timedelta(), 2 * DAY), st.integers(0, 5)), min_size=2, max_size=6),
)
def test_the_steps_of_a_conversation_are_sent_in_their_order(
    place: tuple[ZoneInfo, datetime],
    quiet: QuietHours | None,
    digest: Digest | None,
    budget: int | None,
    steps: list[tuple[timedelta, int]],
) -> None:
    zone, now = place
    route = a_route(budget, quiet=quiet, digest=digest)
    earlier: Schedule | None = None
    for pause, sent in steps:
        now += pause
        held_until = earlier.due if earlier and earlier.due > now else None
        each = schedule(route, zone, now, sent, held_until)
        assert each.due >= now
        assert not (quiet and quiet.cover(each.due.astimezone(zone).time()))
        assert (each.bundle == "") is (each.due == now)
        if earlier:
            assert each.due >= earlier.due
            assert each.due > earlier.due or each.bundle == earlier.bundle or not earlier.bundle
        earlier = each
