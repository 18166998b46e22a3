"""When to try again what has failed: the one back-off, and the waiting for Kafka and ClickHouse by it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import structlog

from ingest.errors import Unavailable

log = structlog.get_logger()

Result = TypeVar("Result")

LONGEST_RETRY_AFTER = timedelta(days=1)
"""However long a network asks to be left alone, it is asked again after a day."""

EPOCH_SECONDS_FROM = 10**9
"""`X-RateLimit-Reset` above this counts seconds from 1970, below it seconds from now: networks differ."""


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """Full jitter: the pause is drawn between nothing and a ceiling that doubles from `first` to `cap`.

    A connection that held for `healthy` wipes the slate; a shorter one does not, so that a network which answers
    once and fails again is not asked ever faster. Formula: M. Brooker, "Exponential Backoff And Jitter", 2015.
    """

    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(seconds=60)
    healthy: timedelta = timedelta(seconds=60)

    def ceiling(self, in_row: int) -> timedelta:
        """The longest pause behind so many failures in a row."""
        return self.cap if in_row > 30 else min(self.cap, self.first * 2**in_row)


INFRASTRUCTURE = BackoffPolicy(first=timedelta(milliseconds=500), cap=timedelta(seconds=5))
"""For Kafka and ClickHouse, which are this installation's own and may be asked often."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures in a row, without a healthy spell between them."""

    in_row: int = 0


def failed(
    policy: BackoffPolicy, failures: Failures, *, held: timedelta, retry_after: timedelta | None, chance: float
) -> tuple[Failures, timedelta]:
    """Note a failure; the pause before the next attempt.

    `held` is how long the connection had delivered before it failed, `retry_after` what the network asked for,
    `chance` a random number in [0, 1). What the network asked for is always kept to.
    """
    in_row = 0 if held >= policy.healthy else failures.in_row
    return Failures(in_row + 1), (retry_after or timedelta()) + chance * policy.ceiling(in_row)


def retry_while_unavailable(
    work: Callable[[], Result],
    stop: threading.Event,
    *,
    within: timedelta | None = None,
    note: Callable[[Unavailable], None] = lambda _: None,
) -> Result:
    """The result of `work`, begun again each time that Kafka or ClickHouse fails under it.

    `note` is called with each failure, `within` bounds all attempts together.
    Only for work that may be done twice: a worker reads again what it has not committed, and a source goes on at its
    saved cursor. A process that ended instead would be started again at once, and be given up after a few times,
    though nothing is wrong with it.

    Raises:
        Unavailable: the last failure, once `stop` is set or `within` is over.
    """
    failures, first = Failures(), time.monotonic()
    while True:
        begun = time.monotonic()
        try:
            return work()
        except Unavailable as error:
            note(error)
            ended = time.monotonic()
            if stop.is_set() or (within is not None and ended - first >= within.total_seconds()):
                raise
            held = timedelta(seconds=ended - begun)
            failures, pause = failed(INFRASTRUCTURE, failures, held=held, retry_after=None, chance=random.random())  # noqa: S311
            log.warning("waiting", reason=str(error), seconds=round(pause.total_seconds(), 1))
            if stop.wait(pause.total_seconds()):
                raise


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long a network asks to be left alone, by the headers of an HTTP answer; None where it does not say.

    `Retry-After` holds seconds or an HTTP date (RFC 9110, 10.2.3). Without it, `X-RateLimit-Reset` counts when
    `X-RateLimit-Remaining` is absent or used up: seconds from now, seconds from 1970, or an ISO 8601 time.
    """
    wait = _until(headers.get("retry-after"), now, epoch=False)
    if wait is None and _used_up(headers.get("x-ratelimit-remaining", "0")):
        wait = _until(headers.get("x-ratelimit-reset"), now, epoch=True)
    return None if wait is None else min(max(wait, timedelta()), LONGEST_RETRY_AFTER)


def _used_up(remaining: str) -> bool:
    with suppress(ValueError):
        return float(remaining) < 1
    return True


def _until(value: str | None, now: datetime, *, epoch: bool) -> timedelta | None:
    if value is None:
        return None
    value = value.strip()
    if value.replace(".", "", 1).isdecimal():
        seconds = min(float(value), 1e12)
        return timedelta(seconds=seconds - now.timestamp() if epoch and seconds > EPOCH_SECONDS_FROM else seconds)
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, OverflowError):
            moment = parse(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return None
