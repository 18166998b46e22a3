"""The store's regular jobs beside the watch: removing deleted text from the disk, and summing minutes up.

The jobs run in the watch's process, because there is one watch, it follows the clock, and no post waits for it. Running
the jobs twice at once does no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from processing.store.client import Store, StoreUnavailable
from processing.store.purge import purge
from processing.store.rollup import roll_up

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """A job that is repeated at intervals. `work` returns a description of what it did, or None."""

    name: str
    every: timedelta
    work: Callable[[Store], str | None]


def purge_deleted(store: Store) -> str | None:
    """Remove deleted text from the disk. Return a description of the removed posts, or None."""
    purged = purge(store)
    return ", ".join(f"{each.posts} of {each.month}" for each in purged) or None


def sum_up(store: Store) -> None:
    """Sum minutes up to hours and days."""
    roll_up(store)


def chores(purge_interval: timedelta, roll_up_interval: timedelta) -> tuple[Job, ...]:
    """Return all jobs."""
    return (Job("purge", purge_interval, purge_deleted), Job("roll_up", roll_up_interval, sum_up))


def due(chores: Sequence[Job], done: dict[str, timedelta], now: timedelta) -> list[Job]:
    """Return the jobs that are due. `done` holds each job's last start; the times are of a monotonic clock."""
    return [chore for chore in chores if chore.name not in done or now - done[chore.name] >= chore.every]


@dataclass
class Upkeep:
    """Runs the jobs in turn."""

    store: Store
    chores: Sequence[Job]
    clock: Callable[[], timedelta]
    _done: dict[str, timedelta] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Run the jobs until `stop` is set. If the store is unavailable, the job runs again at its next turn.

        Raises:
            StoreRefused: the store refuses a job's statement.
        """
        pause = min(chore.every for chore in self.chores).total_seconds()
        while not stop.is_set():
            for chore in due(self.chores, self._done, self.clock()):
                self._do(chore)
            stop.wait(pause)

    def _do(self, chore: Job) -> None:
        self._done[chore.name] = self.clock()
        try:
            told = chore.work(self.store)
        except StoreUnavailable as error:
            log.warning("store away", chore=chore.name, reason=str(error))
        else:
            if told:
                log.info(chore.name, what=told)
