from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from processing.coverage import known_bins, next_covered, watermark
from processing.detection.bins import start_of_bin
from processing.queries import Coverage
from tests.conftest import NOON

WIDTH = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


def covered(
    since: int, until: int, *, complete: bool = False, idle: bool = False, heard: int = 0, source: str = "a"
) -> Coverage:
    """Minutes around noon; `heard` minutes before the wall clock."""
    start, end = NOON + since * MINUTE, NOON + until * MINUTE
    return Coverage(source, start, end, complete, NOON - heard * MINUTE, idle)


def test_bins_begin_on_the_clock() -> None:
    assert start_of_bin(NOON + timedelta(minutes=7, seconds=3), WIDTH) == NOON + 5 * MINUTE
    assert start_of_bin(NOON, WIDTH) == NOON


def test_the_slowest_collector_at_work_decides() -> None:
    assert watermark([covered(0, 31), covered(0, 12, source="b")], WIDTH, NOON) == NOON + 10 * MINUTE


def test_a_silent_collector_does_not_blind_the_others() -> None:
    slow = covered(0, 12, source="b", heard=3)
    assert watermark([covered(0, 31), slow], WIDTH, NOON) == NOON + 30 * MINUTE


def test_each_collector_is_silent_after_its_own_time() -> None:
    slow = replace(covered(0, 12, source="b", heard=3), silent_after=10 * MINUTE)
    assert watermark([covered(0, 31), slow], WIDTH, NOON) == NOON + 10 * MINUTE


def test_an_idle_collector_holds_nobody_up_and_closes_no_bin_that_it_has_not_read() -> None:
    feeds = covered(0, 12, idle=True, source="feeds")
    assert watermark([covered(0, 31), feeds], WIDTH, NOON) == NOON + 30 * MINUTE
    assert watermark([feeds], WIDTH, NOON) == NOON + 10 * MINUTE
    assert known_bins([feeds], NOON + 10 * MINUTE, NOON + 15 * MINUTE, WIDTH) == [False]


def test_when_all_is_read_the_last_bin_is_closed() -> None:
    assert watermark([covered(0, 31, complete=True)], WIDTH, NOON) == NOON + 35 * MINUTE
    assert watermark([], WIDTH, NOON) is None


def test_a_bin_that_nobody_heard_whole_is_unknown() -> None:
    stretches = [covered(0, 12), covered(22, 40, source="b")]
    half_an_hour = known_bins(stretches, NOON - 10 * MINUTE, NOON + 25 * MINUTE, WIDTH)
    assert half_an_hour == [False, False, True, True, False, False, True]
    assert known_bins(stretches, NOON - 60 * MINUTE, NOON, WIDTH) == [False] * 12
    assert known_bins(stretches, NOON + 40 * MINUTE, NOON + 60 * MINUTE, WIDTH) == [False] * 4
    assert next_covered(stretches, NOON + 10 * MINUTE, WIDTH) == NOON + 20 * MINUTE
    assert next_covered(stretches, NOON + 40 * MINUTE, WIDTH) is None
