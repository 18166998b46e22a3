"""What is usual for a series at a time of day, by the same hours of the days before. Pure.

This is no figure of the detector: the detector weighs finer bins, and its own expectation of a surge stands with the
surge. This one is made of hourly sums, so that it costs little over any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.window import Window, floor

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = 7
DAYS_BEFORE = DAYS * DAY
FEWEST_DAYS = 4
"""Of fewer days, nothing is left between the lowest and the highest that would make a range."""


@dataclass(frozen=True)
class Usual:
    """The range of ordinary values of the bin that begins at `start`, and their mean, in the unit of the chart."""

    start: datetime
    low: float
    mean: float
    high: float


def usual(
    hours: Mapping[datetime, float],
    window: Window,
    is_known: Callable[[datetime, datetime], bool],
    raised: Sequence[tuple[datetime, datetime]],
    everything: Mapping[datetime, float] | None = None,
) -> tuple[Usual, ...]:
    """Return the usual range of each bin that has one.

    It is what the same hours held on the seven days before, without the lowest and the highest day. Hours of a day on
    which the series was `raised` are left out while enough days remain. `hours` are posts by the start of the hour; an
    hour that is absent and known had none. With `everything`, the values are shares of these posts.
    """
    found = []
    for start in window.bins():
        days = list(_days(hours, start, window.width, is_known, everything))
        calm = [value for begin, value in days if not _overlaps(begin, max(window.width, HOUR), raised)]
        values = sorted(calm if len(calm) >= FEWEST_DAYS else [value for _, value in days])
        if len(values) >= FEWEST_DAYS:
            kept = values[1:-1]
            found.append(Usual(start, kept[0], sum(kept) / len(kept), kept[-1]))
    return tuple(found)


def _days(
    hours: Mapping[datetime, float],
    start: datetime,
    width: timedelta,
    is_known: Callable[[datetime, datetime], bool],
    everything: Mapping[datetime, float] | None,
) -> Iterator[tuple[datetime, float]]:
    """Yield the begin and the value of the same hours on each day before that is known."""
    length = max(width, HOUR)
    for day in range(1, DAYS + 1):
        begin = floor(start, HOUR) - day * DAY
        if not is_known(begin, begin + length):
            continue
        posts = _sum(hours, begin, length)
        if everything is None:
            yield begin, posts * (width / length)
        elif whole := _sum(everything, begin, length):
            yield begin, posts / whole


def _sum(hours: Mapping[datetime, float], begin: datetime, length: timedelta) -> float:
    return sum(hours.get(begin + number * HOUR, 0) for number in range(length // HOUR))


def _overlaps(begin: datetime, length: timedelta, raised: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(start < begin + length and end > begin for start, end in raised)
