"""What collectors have covered, and what is known of a bin by that. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract import SILENT_AFTER, is_silent
from processing.detection.bins import end_of_bin, start_of_bin

HISTORY = timedelta(hours=24)
"""Event time further behind the wall clock than this is history."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one collector has delivered and the workers have counted, without a gap."""

    source: str
    since: datetime
    until: datetime
    complete: bool
    heard_at: datetime
    """Wall clock of its network's last sign of life, or of its own last word where it tells none."""
    idle: bool = False
    silent_after: timedelta = SILENT_AFTER

    def is_silent(self, now: datetime) -> bool:
        """Whether its network has given no sign of life for too long. `now` is wall clock."""
        return is_silent(self.heard_at, self.silent_after, now)


def newest_stretches(coverage: Iterable[Coverage]) -> tuple[Coverage, ...]:
    """Return the stretch of each collector that was heard of last, sorted by the collector's name."""
    newest = {each.source: each for each in sorted(coverage, key=lambda each: (each.heard_at, each.until))}
    return tuple(newest[source] for source in sorted(newest))


def watermark(coverage: Iterable[Coverage], width: timedelta, now: datetime) -> datetime | None:
    """The end of the last bin of which nothing more is to come; None before the first.

    The slowest collector decides, but neither one that is silent, whose later minutes are unknown, nor one that is
    idle, which brings them in its own time: waiting for either would blind the others. Where nobody is waited for, the
    collector that has come furthest decides; of an archive that is complete, the bin of its last post is closed too.
    `now` is wall clock.
    """
    coverage = list(coverage)
    awaited = [each for each in coverage if not (each.complete or each.idle or each.is_silent(now))]
    if awaited:
        return start_of_bin(min(each.until for each in awaited), width)
    return max((_last_bin(each, width) for each in coverage), default=None)


def _last_bin(each: Coverage, width: timedelta) -> datetime:
    return end_of_bin(each.until, width) if each.complete else start_of_bin(each.until, width)


def known_bins(coverage: Iterable[Coverage], start: datetime, end: datetime, width: timedelta) -> list[bool]:
    """Of each bin between two bin boundaries, whether some collector has delivered the whole of it.

    The bins of its first and last post count as whole.
    """
    known = [False] * ((end - start) // width)
    for each in coverage:
        first = max(0, (start_of_bin(each.since, width) - start) // width)
        last = max(first, min(len(known), (_last_bin(each, width) - start) // width))
        known[first:last] = [True] * (last - first)
    return known


def next_covered(coverage: Iterable[Coverage], start: datetime, width: timedelta) -> datetime | None:
    """The first covered bin at or behind `start`."""
    coverage = list(coverage)
    if known_bins(coverage, start, start + width, width) == [True]:
        return start
    later = [start_of_bin(each.since, width) for each in coverage if start_of_bin(each.since, width) > start]
    return min(later, default=None)
