"""Bins of time: where they begin, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from processing.queries import Coverage

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def start_of_bin(moment: datetime, width: timedelta) -> datetime:
    """The start of the bin that a moment falls into."""
    return moment - (moment - EPOCH) % width


def end_of_bin(moment: datetime, width: timedelta) -> datetime:
    """The end of the bin that a moment falls into."""
    return start_of_bin(moment, width) + width


def close_of_bin(moment: datetime, width: timedelta) -> datetime:
    """The end of the bin that a moment falls into, or ends."""
    return end_of_bin(moment - timedelta.resolution, width)


def bins(start: datetime, end: datetime, width: timedelta) -> Iterator[datetime]:
    """The starts of the bins between two bin boundaries."""
    while start < end:
        yield start
        start += width


def watermark(
    coverage: Iterable[Coverage], width: timedelta, now: datetime, silent_after: timedelta
) -> datetime | None:
    """The end of the last bin of which nothing more is to come; None before the first.

    The slowest collector decides, but not one that has not been heard of for `silent_after`: its later minutes
    are unknown, and waiting for them would blind the others. When all are complete, the bin of the last post is
    closed too. `now` is wall clock.
    """
    coverage = list(coverage)
    at_work = [each for each in coverage if not each.complete and now - each.heard_at < silent_after]
    if at_work:
        return start_of_bin(min(each.until for each in at_work), width)
    return max((_last_bin(each, width) for each in coverage), default=None)


def _last_bin(each: Coverage, width: timedelta) -> datetime:
    return end_of_bin(each.until, width) if each.complete else start_of_bin(each.until, width)


def is_covered(coverage: Iterable[Coverage], start: datetime, width: timedelta) -> bool:
    """Whether some collector has delivered the whole bin. The bins of its first and last post count as whole."""
    return any(
        start_of_bin(each.since, width) <= start and start + width <= _last_bin(each, width) for each in coverage
    )


def next_covered(coverage: Iterable[Coverage], start: datetime, width: timedelta) -> datetime | None:
    """The first covered bin at or behind `start`."""
    if is_covered(coverage, start, width):
        return start
    later = [start_of_bin(each.since, width) for each in coverage if start_of_bin(each.since, width) > start]
    return min(later, default=None)
