"""The range of time over which a rule is tried. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.snapshot import Present
from dashboard.window import ceiling, floor

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Length(StrEnum):
    """How much of the newest counted time."""

    DAY = "1d"
    WEEK = "7d"
    MONTH = "30d"


LENGTHS = {Length.DAY: DAY, Length.WEEK: 7 * DAY, Length.MONTH: 30 * DAY}
STEPS = {Length.DAY: HOUR, Length.WEEK: 6 * HOUR, Length.MONTH: 6 * HOUR}
"""The end of a range moves on by so much, so that readers of one day share few rehearsals."""


@dataclass(frozen=True)
class Span:
    """A range of event time."""

    start: datetime
    end: datetime


def span_of(length: Length, known: Present) -> Span | None:
    """Return the range that ends with the counted time, within the time of the data; None while that is too short.

    Of an archive that is complete it ends with the archive.
    """
    first = floor(known.first, HOUR)
    if all(stretch.complete for stretch in known.coverage):
        end = ceiling(known.now, HOUR)
    else:
        step = STEPS[length] if known.now - first >= DAY else HOUR
        end = floor(known.now, step)
    start = max(first, end - LENGTHS[length])
    return Span(start, end) if start < end else None
