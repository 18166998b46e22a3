"""The rehearsals of a watch that readers ask for: one at a time, in a thread of its own, and kept for all readers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import structlog

from dashboard.rules_backtest import Rehearsal

log = structlog.get_logger()

LONGEST = timedelta(minutes=5)
"""A rehearsal that takes longer is given up."""
ASKED_FOR = timedelta(minutes=2)
"""Of a rehearsal that nobody has asked for in so long, nobody waits."""
MOST_KEPT = 6
AGAIN_AFTER = timedelta(seconds=30)
"""After a failure of the store, a rehearsal is tried again."""

RENEWED_AFTER = timedelta(hours=1)
"""A rehearsal of the same range is made anew: posts of that time may have come since."""

Run = Callable[[Callable[[datetime], None]], Rehearsal]
"""Makes a rehearsal, and calls what it is given with each moment that it has reached."""


class TooLong(Exception):
    """The rehearsal was given up."""


class Superseded(Exception):
    """Nobody waits for the rehearsal any more, and somebody waits for another one."""


@dataclass(frozen=True)
class Underway:
    """A rehearsal that is not ready: up to where it has come, None while another one is made."""

    reached: datetime | None


@dataclass(frozen=True)
class Ready:
    """A rehearsal, with a number that tells it from every other one, also of the same range."""

    rehearsal: Rehearsal
    number: int


Answer = Ready | Underway | Exception


@dataclass
class _Job:
    run: Run
    asked: float
    """When somebody asked for it last, by the monotonic clock. So is `ended`."""
    answer: Answer = field(default_factory=lambda: Underway(None))
    ended: float | None = None


class Rehearsals:
    """Makes rehearsals and keeps them. All methods may be called from any thread."""

    def __init__(self, longest: timedelta = LONGEST) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._jobs: dict[Hashable, _Job] = {}
        self._works = False
        self._numbers = count()

    def ask(self, name: Hashable, run: Run) -> Answer:
        """Return the rehearsal of this name, how far it has come, or the exception that has ended it.

        Without one, `run` is started, at once or behind the one that is made. `TooLong` stays the answer. Any other
        exception is forgotten after a while, and a rehearsal after an hour.
        """
        now = time.monotonic()
        with self._lock:
            job = self._jobs.get(name)
            if job is None or self._is_to_be_run_again(job, now):
                job = self._jobs[name] = _Job(run, now)
                self._forget()
            job.asked = now
            if job.ended is None and not self._works:
                self._works = True
                # A rehearsal does not keep the dashboard from ending.
                threading.Thread(target=self._work, name="rehearsal", daemon=True).start()
            return job.answer

    @staticmethod
    def _is_to_be_run_again(job: _Job, now: float) -> bool:
        if job.ended is None or isinstance(job.answer, TooLong):
            return False
        kept = AGAIN_AFTER if isinstance(job.answer, Exception) else RENEWED_AFTER
        return now - job.ended > kept.total_seconds()

    def _forget(self) -> None:
        """Drop what was asked for the longest ago, but not what is made."""
        done = [name for name, job in self._jobs.items() if job.ended is not None]
        done.sort(key=lambda name: self._jobs[name].asked)
        for name in done[: max(0, len(self._jobs) - MOST_KEPT)]:
            del self._jobs[name]

    def _work(self) -> None:
        while (job := self._next()) is not None:
            answer = self._made(job)
            with self._lock:
                if isinstance(answer, Superseded):
                    self._jobs = {name: each for name, each in self._jobs.items() if each is not job}
                job.answer, job.ended = answer, time.monotonic()

    def _next(self) -> _Job | None:
        """Return what was asked for last, and drop what nobody waits for any more."""
        since = time.monotonic() - ASKED_FOR.total_seconds()
        with self._lock:
            self._jobs = {name: job for name, job in self._jobs.items() if job.ended is not None or job.asked >= since}
            waiting = [job for job in self._jobs.values() if job.ended is None]
            self._works = bool(waiting)
            return max(waiting, key=lambda job: job.asked, default=None)

    def _made(self, job: _Job) -> Answer:
        begun = time.monotonic()

        def reached(moment: datetime) -> None:
            job.answer = Underway(moment)
            now = time.monotonic()
            if now - begun > self._longest.total_seconds():
                raise TooLong
            if now - job.asked > ASKED_FOR.total_seconds() and self._is_waited_for(job):
                raise Superseded

        try:
            return Ready(job.run(reached), next(self._numbers))
        except Exception as error:  # noqa: BLE001 - it is the answer, and the page says what it means
            if not isinstance(error, TooLong | Superseded):
                log.warning("rehearsal of the rules failed", reason=str(error))
            return error

    def _is_waited_for(self, made: _Job) -> bool:
        """Return whether somebody waits for another rehearsal than the one that is made."""
        with self._lock:
            return any(job.ended is None and job is not made for job in self._jobs.values())
