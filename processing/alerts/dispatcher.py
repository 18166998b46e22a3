"""The dispatcher: take what is due, try its channel once, write down what came of it, again and again.

It runs beside the watch, which decides and sends nothing. All that it has to know is in the store: `notifications` says
what is to be told, `deliveries` what came of it so far. What waits is read when something was decided; what came of the
dispatcher's own attempts it knows. One attempt takes these steps, and writes in this order, so that a process which is
killed between any two of them loses nothing:

1. **Choose.** Of each channel that is neither busy nor in a pause: the first message that is due (`queue.next_batch`).
2. **Compose** the message, out of the incident as it is now.
3. **Write `trying`**, one row for each notification in the message. From here on the members of a digest are fixed.
4. **Try** the notifier, once. It has a time limit of its own.
5. **Write the outcome** in place of `trying`, with the pause until the next attempt if one follows.

A process killed before step 3 has done nothing. One killed behind it leaves `trying`: the message may have arrived, and
is tried again with the same key and `in_doubt`, so that a channel which can tell is asked before it is told.

Each channel has at most one attempt under way, in a thread of its own: a slow channel delays no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.errors import Unavailable
from ingest.liveness import Liveness
from ingest.retry import retry_while_unavailable
from processing import queries
from processing.alerts.attempts import Attempts
from processing.alerts.channels import Channels, Unusable
from processing.alerts.clock import alert_time
from processing.alerts.notification import Notifier
from processing.alerts.queue import Batch, next_batch
from processing.alerts.stored_queue import health_of
from processing.alerts.undelivered import Undelivered
from processing.store.client import Store

LOOKED_EVERY = 1.0
"""Seconds between two looks while no attempt ends."""

DRAINED_WITHIN = timedelta(seconds=4)
"""Time for the attempts that are due when the dispatcher is stopped. The supervisor waits a little longer."""

MOST_CHANNELS = 64


@dataclass
class Dispatcher:
    """Tells the channels. `channels` is asked at every look, so that it may read the rules anew."""

    store: Store
    channels: Callable[[], Channels]
    attempts: Attempts
    liveness: Liveness = field(default_factory=Liveness)
    _queue: Undelivered = field(init=False)
    _busy: dict[str, Future[Batch | None]] = field(default_factory=dict)
    _told_again: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._queue = Undelivered(self.store, self.attempts.clock)

    def run(self, stop: threading.Event) -> None:
        """Tell what is due until `stop` is set, and then for a few seconds what is due and not in a pause."""
        threads = ThreadPoolExecutor(MOST_CHANNELS, "channel")
        try:
            with suppress(Unavailable):
                retry_while_unavailable(self.resume, stop, note=self._waits)
            while not stop.is_set():
                with suppress(Unavailable):
                    retry_while_unavailable(lambda: self.look(threads), stop, note=self._waits)
                    self.liveness.turned(ready=True)
                self._wait(stop)
            self._drain(threads)
        finally:
            self.attempts.ending.set()
            threads.shutdown(wait=False, cancel_futures=True)

    def resume(self) -> None:
        """Read how the channels have answered.

        Raises:
            StoreUnavailable: call it again.
        """
        self.attempts.health = health_of(queries.last_attempts(self.store))

    def _waits(self, _: Unavailable) -> None:
        self.liveness.turned(ready=False)

    def _wait(self, stop: threading.Event) -> None:
        if self._busy:
            wait(self._busy.values(), LOOKED_EVERY, FIRST_COMPLETED)
        else:
            stop.wait(LOOKED_EVERY)

    def _drain(self, threads: Executor) -> None:
        deadline = time.monotonic() + DRAINED_WITHIN.total_seconds()
        with suppress(Unavailable):
            while self.look(threads) and (left := deadline - time.monotonic()) > 0:
                wait(self._busy.values(), left, FIRST_COMPLETED)

    def look(self, threads: Executor) -> bool:
        """Begin an attempt at each channel for which something is due. Return whether any attempt is under way.

        Raises:
            StoreUnavailable: look again.
        """
        self._take_back()
        channels, now = self.channels(), self.attempts.clock()
        alert_now, queued = alert_time(now, queries.scored_until(self.store)), self._queue.by_channel()
        self.attempts.metrics.waiting = sum(map(len, queued.values()))
        self.attempts.metrics.failing = sum(self.attempts.of(name).fails for name in channels.notifiers)
        for name in sorted({*queued, *channels.notifiers} - self._busy.keys()):
            if self.attempts.of(name).rests(now):
                continue
            notifier = channels.notifiers.get(name) or Unusable(name, f"The rules have no channel {name!r}.")
            if batch := next_batch(queued.get(name, ()), now, alert_now):
                self._busy[name] = threads.submit(self.attempts.deliver, notifier, batch)
            elif self._wants_to_hear_again(notifier, now):
                self._told_again[name] = now
                self._busy[name] = threads.submit(self.attempts.tell_again, notifier)
        return bool(self._busy)

    def _take_back(self) -> None:
        """Forget the attempts that have ended.

        Raises:
            StoreUnavailable: one of them could not begin, or its outcome could not be written down.
        """
        for name, running in list(self._busy.items()):
            if running.done():
                del self._busy[name]
                if running.exception() is not None:
                    self._queue.forget()
                self._queue.note(running.result())

    def _wants_to_hear_again(self, notifier: Notifier, now: datetime) -> bool:
        every, last = notifier.resend_every, self._told_again.get(notifier.name)
        return every is not None and (last is None or not last <= now < last + every)
