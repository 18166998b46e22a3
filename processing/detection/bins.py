"""Bins of time: where they begin and end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = 2**62
"""The number of a bin that does not come. Bins are counted from 1970."""


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
