"""One attempt to tell a channel, from the batch to the row that says what came of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from ingest.retry import retry_while_unavailable
from processing import queries
from processing.alerts.health import ChannelHealth
from processing.alerts.metrics import AlertMetrics
from processing.alerts.notification import Attempt, Notification, Notifier, Outcome
from processing.alerts.notifiers import kind_of
from processing.alerts.queue import Batch, Waiting
from processing.alerts.retries import FINAL, NoMore, RetryPolicy, Tried, next_attempt, pause_after
from processing.alerts.stored_queue import delivery_rows, untold_rows, waiting
from processing.store.client import Store
from processing.store.deliveries import DeliveryRow, write_deliveries

log = structlog.get_logger()

A_MOMENT = timedelta(milliseconds=1)

WRITTEN_WITHIN = timedelta(hours=1)
"""Time for which an outcome is kept while the store is away. Behind it the message is tried again, in doubt."""


class Compose(Protocol):
    """Makes what a channel is told of a batch. It may read the store, and raises nothing."""

    def __call__(self, batch: Batch, notifier: Notifier) -> Notification: ...


@dataclass
class Attempts:
    """Makes attempts, each in the thread of its channel, and knows how each channel has answered.

    `clock` is the wall clock. `ending` is set when nobody waits for the store any more.
    """

    store: Store
    compose: Compose
    clock: Callable[[], datetime]
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    chance: Callable[[], float] = random.random
    ending: threading.Event = field(default_factory=threading.Event)
    health: dict[str, ChannelHealth] = field(default_factory=dict)
    metrics: AlertMetrics = field(default_factory=AlertMetrics)

    def of(self, channel: str) -> ChannelHealth:
        """Return the health of a channel."""
        return self.health.get(channel, ChannelHealth())

    def deliver(self, notifier: Notifier, batch: Batch) -> Batch:
        """Tell a channel, with steps 2 to 5 of `processing.alerts.dispatcher`. Return the batch as it is then.

        Raises:
            StoreUnavailable: nothing was tried, or the outcome could not be written down.
        """
        if batch.ends_what_was_held and not self._knows(batch.first):
            return self._leave_untold(batch)
        notification = self.compose(batch, notifier)
        begun = self.clock()
        write_deliveries(self.store, delivery_rows(batch, Attempt(Outcome.TRYING), begun))
        attempt, latency = _try(notifier, notification)
        # The outcome replaces `trying`, though the clock was set back meanwhile.
        ended = max(self.clock(), begun + A_MOMENT)
        self._note(notifier.name, attempt, ended)
        attempt, pause = self._judge(batch, attempt, ended)
        self.metrics.tried(kind_of(notifier), attempt.outcome, latency)
        self._write(delivery_rows(batch, attempt, ended, latency=latency, pause=pause))
        log.info("told", channel=notifier.name, key=batch.key, outcome=attempt.outcome.value, detail=attempt.detail)
        return batch.after(attempt.outcome, ended, pause)

    def _knows(self, first: Waiting) -> bool:
        """Return whether the channel may know that it goes on, from what was told before a notification."""
        return queries.is_open(self.store, first.conversation, first.channel, first.number)

    def _leave_untold(self, batch: Batch) -> Batch:
        """End a batch without an attempt, and write down why."""
        now = self.clock()
        write_deliveries(self.store, untold_rows(batch, now))
        log.info("not told", channel=batch.channel, key=batch.key, outcome=Outcome.OVER_UNTOLD.value)
        return batch.after(Outcome.OVER_UNTOLD, now, timedelta())

    def tell_again(self, notifier: Notifier) -> None:
        """Tell a channel of all that goes on, until it fails. What comes of it is written down where it has changed.

        Raises:
            StoreUnavailable: it is not known what goes on, or the outcome could not be written down.
        """
        for stored in queries.going_on(self.store, notifier.name):
            batch = Batch(stored.key, (waiting(stored),))
            attempt, latency = _try(notifier, self.compose(batch, notifier))
            now = self.clock()
            self.metrics.tried(kind_of(notifier), attempt.outcome, latency)
            self._note(notifier.name, attempt, now)
            if attempt.outcome is not batch.first.tried[-1].outcome:
                self._write(delivery_rows(batch, attempt, now, latency=latency))
            if attempt.outcome not in FINAL:
                return

    def _note(self, channel: str, attempt: Attempt, now: datetime) -> None:
        """Take note of how a channel has answered, and leave one that has failed alone for a while."""
        health = self.of(channel).after(attempt.outcome, now)
        if health.in_row:
            tried = Tried(attempt.outcome, now, attempt.retry_after)
            health = replace(health, pause=pause_after(self.policy, tried, health.in_row, chance=self.chance()))
        self.health[channel] = health

    def _judge(self, batch: Batch, attempt: Attempt, now: datetime) -> tuple[Attempt, timedelta]:
        """Return the attempt as it is written down, and the pause until the next one."""
        if attempt.outcome in FINAL:
            return attempt, timedelta()
        tried = (*batch.first.tried, Tried(attempt.outcome, now, attempt.retry_after))
        match next_attempt(self.policy, tried, now, chance=self.chance()):
            case NoMore():
                detail = f"{attempt.outcome} after {len(tried)} attempts: {attempt.detail}"
                return replace(attempt, outcome=Outcome.GAVE_UP, detail=detail), timedelta()
            case at:
                return attempt, at - now

    def _write(self, rows: list[DeliveryRow]) -> None:
        """Write down what came of an attempt. A store that is away is waited for: else it would be tried again."""
        retry_while_unavailable(lambda: write_deliveries(self.store, rows), self.ending, within=WRITTEN_WITHIN)


def _try(notifier: Notifier, notification: Notification) -> tuple[Attempt, timedelta]:
    """Try once. Return what came of it, and how long it took."""
    begun = time.monotonic()
    try:
        attempt = notifier.notify(notification)
    except Exception as error:  # a defect of one notifier must not stop the other channels
        log.exception("notifier failed", channel=notifier.name, key=notification.key)
        attempt = Attempt(Outcome.RETRY, type(error).__name__)
    return attempt, timedelta(seconds=time.monotonic() - begun)
