"""What is usual at a time of day, by the days before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.usual import DAYS, Usual, usual
from dashboard.window import Window

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)
BY_DAY = (10, 20, 30, 40, 50, 60, 700)
"""Posts of the hour from noon on, one day before, two days before, and so on."""
HOURS = {NOON - day * DAY: posts for day, posts in enumerate(BY_DAY, start=1)}


def window(width: timedelta, *, start: datetime = NOON) -> Window:
    return Window(start, start + width, width, start + width)


def always(_start: datetime, _end: datetime) -> bool:
    return True


def test_the_lowest_and_the_highest_day_are_left_out() -> None:
    assert usual(HOURS, window(HOUR), always, []) == (Usual(NOON, 20, 40, 60),)


def test_an_hour_is_scaled_to_the_bin() -> None:
    [bin_] = usual(HOURS, window(6 * MINUTE, start=NOON + 30 * MINUTE), always, [])
    assert (bin_.low, bin_.mean, bin_.high) == (2, 4, 6)


def test_a_wide_bin_adds_its_hours_up() -> None:
    hours = HOURS | {start + HOUR: 100 for start in HOURS}
    assert usual(hours, window(3 * HOUR), always, []) == (Usual(NOON, 120, 140, 160),)


def test_a_known_hour_without_posts_is_zero_and_an_unknown_one_counts_nowhere() -> None:
    assert usual({}, window(HOUR), always, []) == (Usual(NOON, 0, 0, 0),)
    assert usual(HOURS, window(HOUR), lambda start, _: start >= NOON - 4 * DAY, []) == (Usual(NOON, 20, 25, 30),)
    assert usual(HOURS, window(HOUR), lambda start, _: start >= NOON - 3 * DAY, []) == ()


def test_raised_days_are_left_out_while_enough_remain() -> None:
    raised = [(NOON - day * DAY - MINUTE, NOON - day * DAY + MINUTE) for day in (5, 6, 7)]
    assert usual(HOURS, window(HOUR), always, raised) == (Usual(NOON, 20, 25, 30),)
    every = [(NOON - DAYS * DAY, NOON)]
    assert usual(HOURS, window(HOUR), always, every) == (Usual(NOON, 20, 40, 60),)
    just_before = [(NOON - day * DAY - HOUR, NOON - day * DAY) for day in (5, 6, 7)]
    assert usual(HOURS, window(HOUR), always, just_before) == (Usual(NOON, 20, 40, 60),)


def test_of_shares_the_shares_are_usual() -> None:
    everything = dict.fromkeys(HOURS, 1000)
    [bin_] = usual(HOURS, window(6 * MINUTE), always, [], everything)
    assert (bin_.low, bin_.mean, bin_.high) == pytest.approx((0.02, 0.04, 0.06))
    assert usual(HOURS, window(HOUR), always, [], dict(list(everything.items())[:3])) == ()
