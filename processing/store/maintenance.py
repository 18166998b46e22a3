"""What the store needs now and then, beside the watch: deleted text off the disk, hours and days summed up.

It runs in the watch's process because there is one of that, it follows the clock, and no post waits for it. Two of
them do no harm.
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
    """Something to do again and again. `work` says what it did, or None where there was nothing to tell."""

    name: str
    every: timedelta
    work: Callable[[Store], str | None]


def purge_deleted(store: Store) -> str | None:
    """Take deleted text off the disk."""
    purged = purge(store)
    return ", ".join(f"{each.posts} of {each.month}" for each in purged) or None


def sum_up(store: Store) -> None:
    """Sum minutes up to hours and days."""
    roll_up(store)


def chores(purge_interval: timedelta, roll_up_interval: timedelta) -> tuple[Job, ...]:
    """All there are."""
    return (Job("purge", purge_interval, purge_deleted), Job("roll_up", roll_up_interval, sum_up))


def due(chores: Sequence[Job], done: dict[str, timedelta], now: timedelta) -> list[Job]:
    """Those whose turn has come, given when each was last begun, by a clock that is never set."""
    return [chore for chore in chores if chore.name not in done or now - done[chore.name] >= chore.every]


@dataclass
class Upkeep:
    """Does the chores in turn."""

    store: Store
    chores: Sequence[Job]
    clock: Callable[[], timedelta]
    _done: dict[str, timedelta] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set. A store that is away is tried again when the chore's turn comes next.

        Raises:
            StoreRefused: the store will not have it.
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
