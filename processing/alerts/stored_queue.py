"""Between the rows of the store and the types of the queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from processing.alerts.health import ChannelHealth
from processing.alerts.notification import Attempt, Growth, Outcome, Step
from processing.alerts.queue import Batch, Waiting
from processing.alerts.retries import Tried
from processing.queries.attempts import ChannelAttempt, StoredNotification
from processing.store.deliveries import DeliveryRow

LONGEST_DETAIL = 500


def waiting(stored: StoredNotification) -> Waiting:
    """Return a stored notification as one of the queue.

    Raises:
        ValueError: a newer version has written a step, a growth or an outcome that this one does not know.
    """
    tried = tuple(Tried(Outcome(said), at) for said, at in zip(stored.outcomes, stored.ends, strict=True))
    return Waiting(
        key=stored.key,
        conversation=stored.conversation,
        channel=stored.channel,
        number=stored.number,
        step=Step(stored.step),
        growth=tuple(map(Growth, stored.growth)),
        reason=stored.reason,
        incident=stored.incident,
        trouble=stored.trouble,
        at=stored.at,
        due=stored.due,
        bundle=stored.bundle,
        message=stored.message,
        tried=tried,
        pause=stored.pause,
    )


def delivery_rows(
    batch: Batch,
    attempt: Attempt,
    at: datetime,
    *,
    latency: timedelta = timedelta(),
    pause: timedelta = timedelta(),
) -> list[DeliveryRow]:
    """Return the rows of the next attempt at a batch: one for each notification in it."""
    detail = attempt.detail.encode(errors="replace").decode()[:LONGEST_DETAIL]
    return [
        DeliveryRow(
            key=each.key,
            conversation=each.conversation,
            channel=each.channel,
            step=each.step.value,
            attempt=len(each.tried) + 1,
            reason=attempt.outcome.value,
            latency=latency.total_seconds(),
            message=batch.key,
            pause=pause.total_seconds(),
            message_id=attempt.message_id,
            detail=detail,
            at=at,
        )
        for each in batch.notifications
    ]


def untold_rows(batch: Batch, at: datetime) -> list[DeliveryRow]:
    """Return the rows that end a batch without an attempt. They stand in place of those that say what held it."""
    return [replace(each, attempt=0, message="") for each in delivery_rows(batch, Attempt(Outcome.OVER_UNTOLD), at)]


def refusal(stored: StoredNotification, reason: str, at: datetime) -> DeliveryRow:
    """Return the row that ends a notification which this version cannot read."""
    return DeliveryRow(
        key=stored.key,
        conversation=stored.conversation,
        channel=stored.channel,
        step=stored.step,
        attempt=len(stored.outcomes) + 1,
        reason=Outcome.REFUSED.value,
        latency=0.0,
        message=stored.key,
        pause=0.0,
        message_id="",
        detail=reason[:LONGEST_DETAIL],
        at=at,
    )


def health_of(attempts: Iterable[ChannelAttempt]) -> dict[str, ChannelHealth]:
    """Return the health of each channel out of its last attempts, newest first."""
    health: dict[str, ChannelHealth] = {}
    for each in reversed(list(attempts)):
        known = health.get(each.channel, ChannelHealth())
        health[each.channel] = known.after(Outcome(each.outcome), each.at, each.pause)
    return health
