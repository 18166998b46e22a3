"""Versions: which of two rows is the newer one, whatever the clock says.

A version is the server's clock in microseconds, or a millisecond more than the highest that was ever taken, where the
clock is behind that. It is taken in two steps: read the highest mark, then write one's own; only then may the taker
read what it is going to write about. Two takers need not exclude each other.

Let A and B write, take a version, and read, each in this order, and let A's version be no higher than B's. Then B has
read what A wrote. For if A had written only behind B's read, it would have looked at the marks behind that, too, and
found B's, which was there before B's read; A's version would be higher than B's. So the row with the highest version
has seen everything that any lower or equal one has seen. No clock is in the argument: it only keeps a version near the
time of day, so that people can read it.

Two readers ask by the distance of versions what may still have been under way: sums of hours and days
(`processing.store.rollup`) and the purge (`processing.store.purge`). A clock that leaps forward makes that distance
great although little time has passed. So whoever writes for them looks behind the write whether a version was taken far
ahead of its own, and does it again if so (`overtaken`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from processing.store.client import Store
from processing.store.statements import sql

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FAR_AHEAD = timedelta(minutes=4)
"""More than a recount takes, less than those who ask by distance allow for."""

TAKE = sql("take_version")
RAISE_MARKS = sql("raise_marks")


class NextVersion(NamedTuple):
    """The version that comes next, and how far the clock is `behind` the last."""

    version: int
    behind: timedelta


def take_version(store: Store) -> int:
    """A version that is above every one taken before. Take it behind what is written and ahead of what is read."""
    version = next_version(store).version
    store.insert("version_marks", ["of", "version"], [["all"], [version]])
    return version


def next_version(store: Store) -> NextVersion:
    """Look without taking: for what only has to be no older than all that is stored."""
    [(version, behind, unmarked)] = store.query(TAKE)
    if unmarked:
        store.command(RAISE_MARKS)
        [(version, behind, _)] = store.query(TAKE)
    return NextVersion(int(version), int(behind) * MICROSECOND)


def overtaken(store: Store, version: int) -> bool:
    """Whether somebody has taken a version so far ahead that this one would pass for settled long ago."""
    return next_version(store).version - version > FAR_AHEAD // MICROSECOND


def moment_of(version: int) -> datetime:
    """The version as a time, for tables that have a time for theirs."""
    return EPOCH + version * MICROSECOND
