"""The time that the page shows, counted back from the newest covered moment, and the width of its bins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.filters import Filters, Range
from processing.contract import Incident
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
    """Whole bins from `start` to `end`. `until` is the moment asked for, at which the last bin may not be full."""

    start: datetime
    end: datetime
    width: timedelta
    until: datetime

    def bins(self) -> Iterator[datetime]:
        """The start of each bin."""
        at = self.start
        while at < self.end:
            yield at
            at += self.width


def floor(at: datetime, width: timedelta) -> datetime:
    """The start of the bin that holds a moment; bins are counted from 1970, as the store counts them."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (at - epoch) // width * width


def ceiling(at: datetime, width: timedelta) -> datetime:
    """The end of the bin that holds a moment, or the moment itself where a bin begins."""
    start = floor(at, width)
    return start if start == at else start + width


def width_for(length: timedelta) -> timedelta:
    """The narrowest bins that still leave the chart legible."""
    return next((width for width in WIDTHS if length / width <= MOST_BINS), WIDTHS[-1])


def window_of(
    view: Filters, now: datetime, first: datetime, incidents: Sequence[Incident], *, finished: bool
) -> Window:
    """The time to show. Unless nothing more will come, it ends with a whole bin: half a bin looks like a fall."""
    start, until = now - LENGTHS.get(view.range, now - first), now
    chosen = next((incident for incident in incidents if incident.id == view.incident), None)
    if view.range is Range.INCIDENT and chosen is not None:
        last = chosen.end or now
        around = max(timedelta(hours=3), (last - chosen.start) / 2)
        start, until = chosen.start - around, min(now, last + around)
    width = width_for(until - start)
    start = max(floor(start, width), floor(first, width))
    end = ceiling(until, width) if finished else floor(until, width)
    return Window(start, max(end, start + width), width, until)


def end_of_time(coverage: Iterable[Coverage], last: datetime) -> datetime:
    """The newest moment that a collector has covered; for a complete archive, the minute behind its last post."""
    newest = max(coverage, key=lambda stretch: stretch.until, default=None)
    if newest is not None and not newest.complete:
        return newest.until
    past_posts = last + WIDTHS[0]
    return past_posts if newest is None else max(past_posts, ceiling(newest.until, WIDTHS[0]))
