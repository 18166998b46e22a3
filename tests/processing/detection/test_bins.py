from __future__ import annotations

from datetime import timedelta

from processing.detection.bins import start_of_bin
from processing.queries import Coverage
from processing.queries.coverage import is_covered, next_covered, watermark
from tests.conftest import NOON

WIDTH = timedelta(minutes=5)
SILENT = timedelta(minutes=2)
MINUTE = timedelta(minutes=1)


def covered(since: int, until: int, *, complete: bool = False, heard: int = 0, source: str = "a") -> Coverage:
    """Minutes around noon; `heard` minutes before the wall clock."""
    return Coverage(source, NOON + since * MINUTE, NOON + until * MINUTE, complete, NOON - heard * MINUTE)


def test_bins_begin_on_the_clock() -> None:
    assert start_of_bin(NOON + timedelta(minutes=7, seconds=3), WIDTH) == NOON + 5 * MINUTE
    assert start_of_bin(NOON, WIDTH) == NOON


def test_the_slowest_collector_at_work_decides() -> None:
    assert watermark([covered(0, 31), covered(0, 12, source="b")], WIDTH, NOON, SILENT) == NOON + 10 * MINUTE


def test_a_silent_collector_does_not_blind_the_others() -> None:
    slow = covered(0, 12, source="b", heard=3)
    assert watermark([covered(0, 31), slow], WIDTH, NOON, SILENT) == NOON + 30 * MINUTE


def test_when_all_is_read_the_last_bin_is_closed() -> None:
    assert watermark([covered(0, 31, complete=True)], WIDTH, NOON, SILENT) == NOON + 35 * MINUTE
    assert watermark([], WIDTH, NOON, SILENT) is None


def test_a_bin_that_nobody_heard_whole_is_unknown() -> None:
    stretches = [covered(0, 12), covered(22, 40, source="b")]
    assert is_covered(stretches, NOON + 5 * MINUTE, WIDTH)
    assert not is_covered(stretches, NOON + 10 * MINUTE, WIDTH)
    assert not is_covered(stretches, NOON + 15 * MINUTE, WIDTH)
    assert next_covered(stretches, NOON + 10 * MINUTE, WIDTH) == NOON + 20 * MINUTE
    assert next_covered(stretches, NOON + 40 * MINUTE, WIDTH) is None
