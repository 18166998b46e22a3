"""A lock under which one process at a time changes the schema.

ClickHouse has no transactions, but creates a table of one name only once, so a table is the lock. The table's comment
holds the time at which the holder was last alive. A thread of the holder renews the time, because a statement may take
an hour.

A holder that dies leaves its lock behind. A lock that has not been renewed for `STALE` is superseded by a lock with the
next number, which again only one process can create. A process that has created a lock checks that it stands alone with
the locks that it superseded. If it does not, its first check came before another process had finished, and it drops its
lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from ingest.errors import Failure
from processing.store.client import Store, StoreRefused, StoreUnavailable

STALE = timedelta(minutes=2)
"""The age at which a lock is superseded. It is longer than a failed renewal and the next one take together."""

RENEWED_EVERY = timedelta(seconds=20)

RENEWED_BETWEEN = timedelta(seconds=1)
"""The shortest time between two renewals. Most statements take a few milliseconds, as long as a renewal."""

ASK_AGAIN_SECONDS = 0.2
TABLE_ALREADY_EXISTS = 57


class SchemaLocked(Failure):
    """Another process is changing the schema and has not finished in time."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock in the store. `alive_at` is a time of the server's clock, in seconds since 1970."""

    number: int
    alive_at: float

    @property
    def table(self) -> str:
        """The name of the lock's table."""
        return f"schema_lock_{self.number}"


def next_number(locks: list[Lock], now: float) -> int | None:
    """Return the number of the lock that may be taken, or None while another lock is alive.

    A lock dated far in the future comes from before the clock was set back: a living holder would have renewed it.
    """
    if any(abs(now - lock.alive_at) < STALE.total_seconds() for lock in locks):
        return None
    return max((lock.number for lock in locks), default=0) + 1


@contextmanager
def schema_lock(
    store: Store, patience: timedelta = 3 * STALE, renewed_every: timedelta = RENEWED_EVERY
) -> Iterator[Callable[[], None]]:
    """Hold the lock, and yield a function that renews it at most once a second and fails if the lock was lost.

    Call that function between two statements.

    Raises:
        SchemaLocked: another process held the lock for all of `patience`.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while (held := _take(store)) is None:
        if time.monotonic() > deadline:
            raise SchemaLocked("Another process has been changing the schema all the while: try again when it is done.")
        time.sleep(ASK_AGAIN_SECONDS)
    done = threading.Event()
    renewing = threading.Thread(target=_keep_alive, args=(store, held, done, renewed_every), daemon=True)
    renewing.start()
    try:
        yield _seldom(lambda: _renew(store, held))
    finally:
        done.set()
        renewing.join()
        for lock in sorted(_locks(store), key=lambda lock: lock.number):
            if lock.number <= held.number:
                _drop(store, lock)


def _seldom(renew: Callable[[], None]) -> Callable[[], None]:
    due = time.monotonic()

    def between_statements() -> None:
        nonlocal due
        if time.monotonic() >= due:
            renew()
            due = time.monotonic() + RENEWED_BETWEEN.total_seconds()

    return between_statements


def _take(store: Store) -> Lock | None:
    before = _locks(store)
    now = _clock(store)
    number = next_number(before, now)
    if number is None:
        return None
    mine = Lock(number, now)
    try:
        store.command(f"CREATE TABLE {mine.table} (nothing UInt8) ENGINE = MergeTree ORDER BY () COMMENT '{now}'")
    except StoreRefused as refused:
        if refused.code == TABLE_ALREADY_EXISTS:
            return None
        raise
    if {lock.number for lock in _locks(store)} != {lock.number for lock in before} | {number}:
        _drop(store, mine)
        return None
    return mine


def _keep_alive(store: Store, held: Lock, done: threading.Event, every: timedelta) -> None:
    while not done.wait(every.total_seconds()):
        # A failed renewal lets the lock age, and the holder notices the failure between two statements.
        with suppress(StoreUnavailable, StoreRefused, SchemaLocked):
            _renew(store, held)


def _renew(store: Store, held: Lock) -> None:
    """Renew a lock.

    Raises:
        SchemaLocked: the lock was not renewed for so long that another process has taken over.
    """
    if any(lock.number > held.number for lock in _locks(store)):
        raise SchemaLocked(
            "Another process took over the change of the schema, because this one stood still for too long."
        )
    store.command(f"ALTER TABLE {held.table} MODIFY COMMENT '{_clock(store)}'")


def _drop(store: Store, lock: Lock) -> None:
    store.command(f"DROP TABLE IF EXISTS {lock.table} SYNC")


def _locks(store: Store) -> list[Lock]:
    rows = store.query(
        "SELECT name, comment FROM system.tables"
        " WHERE database = currentDatabase() AND match(name, '^schema_lock_[0-9]+$')"
    )
    return [Lock(int(name.rsplit("_", 1)[1]), float(comment or 0)) for name, comment in rows]


def _clock(store: Store) -> float:
    [(now,)] = store.query("SELECT toFloat64(now64(3))")
    return float(now)
