"""One line of `timestamp,count`, and the width of the bins that such lines speak of."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

MOST = 2**53
"""Counts from here on are not exact as floating point."""

_MILLISECONDS = 1e11
_WIDTHS = tuple(timedelta(minutes=minutes) for minutes in range(1, 361) if 360 % minutes == 0)
_JITTER = 0.02
_LAST_YEAR = 9999


class NotARow(ValueError):
    """The line is not `timestamp,count`; the message says what is wrong."""


class Row(NamedTuple):
    """One bin, with its timestamp as it was written. `posts` and `total` are None where they are unknown."""

    line: int
    written: str
    start: datetime
    posts: int | None
    total: int | None = None


def read_row(number: int, line: str, *, with_total: bool = False) -> Row:
    """Read a line: timestamp, count and, if asked for, the total. Columns behind them are left alone.

    Raises:
        NotARow: it cannot be understood.
    """
    written, count, *more = _fields(line)
    row = Row(number, written, read_time(written), read_count(count))
    if not with_total:
        return row
    if not more:
        raise NotARow("there is no total: expected `timestamp,count,total`")
    total = read_count(more[0])
    if total is not None and row.posts is not None and total < row.posts:
        raise NotARow(f"the total {total} is less than the count {row.posts}")
    return row._replace(total=total)


def is_header(line: str) -> bool:
    """Whether a first line names its columns: neither of the first two is a value."""
    try:
        first, second, *_ = _fields(line)
    except NotARow:
        return False
    return _refused(read_time, first) and _refused(read_count, second)


def read_time(written: str) -> datetime:
    """ISO 8601, in UTC where it names no zone, or seconds or milliseconds since 1970.

    Raises:
        NotARow: it is neither.
    """
    try:
        time = _read_moment(written)
    except (ValueError, OverflowError, OSError) as error:
        raise NotARow(f"the timestamp {written[:40]!r} is neither ISO 8601 nor seconds since 1970") from error
    if time.year >= _LAST_YEAR:
        raise NotARow(f"the timestamp {written[:40]!r} lies in the year {_LAST_YEAR}, behind which no bin can end")
    return time


def _read_moment(written: str) -> datetime:
    # Eight digits are a date; 0 is what a clock that was never set writes.
    if (len(written) > 8 or written == "0") and written.replace(".", "", 1).isdecimal():
        seconds = float(written)
        return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
    time = datetime.fromisoformat(written)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def read_count(written: str) -> int | None:
    """A whole number of posts; nothing means unknown.

    Raises:
        NotARow: it is something else.
    """
    if not written:
        return None
    try:
        number = float(written)
    except ValueError:
        number = -1.0
    if not (0 <= number < MOST and number == int(number)):
        raise NotARow(f"the count {written[:40]!r} is not a whole number of posts from 0 up")
    return int(number)


def bin_width(starts: Sequence[datetime]) -> timedelta:
    """The commonest distance between neighbours, the smallest of several; five minutes where there is but one.

    Clocks that tremble by two per cent are taken for a width that divides six hours evenly.
    """
    gaps = Counter(later - earlier for earlier, later in pairwise(starts))
    if not gaps:
        return timedelta(minutes=5)
    gap = min(gaps, key=lambda width: (-gaps[width], width))
    nearest = min(_WIDTHS, key=lambda width: abs(width - gap))
    return nearest if abs(nearest - gap) <= _JITTER * nearest else gap


def _fields(line: str) -> list[str]:
    try:
        fields = next(csv.reader([line]), [])
    except csv.Error as error:
        raise NotARow(f"it is not CSV: {error}") from error
    if len(fields) < 2:
        raise NotARow("there is no count: expected `timestamp,count`")
    return [field.strip() for field in fields]


def _refused(read: Callable[[str], object], written: str) -> bool:
    try:
        read(written)
    except NotARow:
        return True
    return False
