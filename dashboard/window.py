"""The time that the page shows, and the width of its bins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.filters import Filters, Range
from processing.queries import Coverage

MOST_BINS = 340
WIDTHS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 180, 360, 720, 1440))
LENGTHS = {
    Range.HOUR: timedelta(hours=1),
    Range.SIX_HOURS: timedelta(hours=6),
    Range.DAY: timedelta(days=1),
    Range.WEEK: timedelta(days=7),
    Range.MONTH: timedelta(days=30),
}


@dataclass(frozen=True)
class Window:
    """Whole bins from `start` to `end`. `until` is the requested end, which may lie inside the last bin."""

    start: datetime
    end: datetime
    width: timedelta
    until: datetime

    def bins(self) -> Iterator[datetime]:
        """Yield the start of each bin."""
        at = self.start
        while at < self.end:
            yield at
            at += self.width


def floor(at: datetime, width: timedelta) -> datetime:
    """Return the start of the bin that holds a moment. Bins are counted from 1970, as in the store."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (at - epoch) // width * width


def ceiling(at: datetime, width: timedelta) -> datetime:
    """Return the end of the bin that holds a moment. The start of a bin is returned unchanged."""
    start = floor(at, width)
    return start if start == at else start + width


def width_for(length: timedelta, most: int = MOST_BINS) -> timedelta:
    """Return the smallest bin width that gives at most `most` bins."""
    return next((width for width in WIDTHS if length / width <= most), WIDTHS[-1])


def window_of(view: Filters, now: datetime, first: datetime, *, finished: bool, most: int = MOST_BINS) -> Window:
    """Return the window that the filters choose, in about `most` bins at most.

    Unless the data are `finished`, a window up to now ends with a whole bin, because half a bin looks like a fall in
    posts.
    """
    start, until = _chosen(view, now, first)
    width = width_for(until - start, most)
    start = floor(start, width)
    end = floor(until, width) if until == now and not finished else ceiling(until, width)
    return Window(start, max(end, start + width), width, until)


def _chosen(view: Filters, now: datetime, first: datetime) -> tuple[datetime, datetime]:
    """Return the begin and the end of the time that the filters choose, within the time of the data."""
    if view.start is None or view.end is None:
        return max(now - LENGTHS.get(view.range, now - first), first), now
    if view.start < now and view.end > first:
        return max(view.start, first), min(view.end, now)
    return view.start, min(view.end, view.start + LENGTHS[Range.MONTH])


def end_of_time(coverage: Iterable[Coverage], last: datetime) -> datetime:
    """Return the newest moment that a collector has covered.

    For a complete archive, return the end of its last minute.
    """
    newest = max(coverage, key=lambda stretch: stretch.until, default=None)
    if newest is not None and not newest.complete:
        return newest.until
    past_posts = last + WIDTHS[0]
    return past_posts if newest is None else max(past_posts, ceiling(newest.until, WIDTHS[0]))
