"""Versions decide which of two rows is newer, whatever the clock says.

A version is the server's clock in microseconds. If the clock is behind the highest version ever taken, the version is a
millisecond above that instead. A taker first reads the highest mark, and then writes its own. Only then may it read the
data that it will write about. Two takers need not exclude each other.

Let A and B each write, take a version, and read, in this order, and let A's version be no higher than B's. Then B has
read what A wrote. Proof: suppose that A wrote only after B's read. Then A also read the marks after B's read, and found
B's mark, which existed before B's read. A's version would be higher than B's. So the row with the highest version has
seen everything that any lower or equal version has seen. The proof uses no clock. The clock only keeps versions near
the time of day, so that people can read them.

Two readers use the distance between versions to find unfinished writes: sums of hours and days
(`processing.store.rollup`) and the purge (`processing.store.purge`). A clock that jumps forward makes the distance
large although little time has passed. A writer for these readers therefore checks after its write whether a version was
taken far ahead of its own, and repeats the write if so (`overtaken`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from processing.store.client import Store
from processing.store.statements import sql

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FAR_AHEAD = timedelta(minutes=4)
"""A distance that is longer than a recount takes and shorter than the two readers allow for."""

TAKE = sql("take_version")
RAISE_MARKS = sql("raise_marks")


class NextVersion(NamedTuple):
    """The next version, and the time by which the clock is `behind` the last version."""

    version: int
    behind: timedelta


def take_version(store: Store) -> int:
    """Take a version above every earlier one and return it. Take it after the write and before the read."""
    version = next_version(store).version
    store.insert("version_marks", ["of", "version"], [["all"], [version]])
    return version


def next_version(store: Store) -> NextVersion:
    """Return the next version without taking it, for a time that must not be older than any stored row."""
    [(version, behind, unmarked)] = store.query(TAKE)
    if unmarked:
        store.command(RAISE_MARKS)
        [(version, behind, _)] = store.query(TAKE)
    return NextVersion(int(version), int(behind) * MICROSECOND)


def overtaken(store: Store, version: int) -> bool:
    """Return whether a version so far ahead has been taken that this version would seem long settled."""
    return next_version(store).version - version > FAR_AHEAD // MICROSECOND


def moment_of(version: int) -> datetime:
    """Return a version as a time, for tables whose version column is a time."""
    return EPOCH + version * MICROSECOND
