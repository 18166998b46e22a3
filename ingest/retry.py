"""Retries: the back-off after a failure, and the loop that waits for Kafka and ClickHouse."""

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
"""The longest pause that a network can ask for."""

EPOCH_SECONDS_FROM = 10**9
"""A larger `X-RateLimit-Reset` means seconds since 1970, a smaller one seconds from now. Networks differ."""


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """Back-off with full jitter: the pause is random between zero and a ceiling that doubles from `first` to `cap`.

    A connection that lasted for `healthy` resets the count of failures. A shorter one does not, because a network that
    answers once and fails again must not be asked ever faster. Formula: M. Brooker, "Exponential Backoff And Jitter",
    2015.
    """

    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(seconds=60)
    healthy: timedelta = timedelta(seconds=60)

    def ceiling(self, in_row: int) -> timedelta:
        """Return the longest pause after `in_row` earlier failures in a row."""
        return self.cap if in_row > 30 else min(self.cap, self.first * 2**in_row)


INFRASTRUCTURE = BackoffPolicy(first=timedelta(milliseconds=500), cap=timedelta(seconds=5))
"""The policy for Kafka and ClickHouse, which belong to this installation and may be asked often."""


@dataclass(frozen=True, slots=True)
class Failures:
    """The number of failures in a row, without a healthy connection between them."""

    in_row: int = 0


def failed(
    policy: BackoffPolicy, failures: Failures, *, held: timedelta, retry_after: timedelta | None, chance: float
) -> tuple[Failures, timedelta]:
    """Record a failure, and return the new count and the pause before the next attempt.

    `held` is how long the connection had delivered before it failed. `retry_after` is the pause that the network asked
    for; it is always kept. `chance` is a random number in [0, 1).
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
    """Return the result of `work`, which starts again each time Kafka or ClickHouse is unavailable.

    `note` receives each failure. `within` bounds the time of all attempts together.

    The work must be repeatable. A worker reads its uncommitted records again, and a source goes on from its saved
    cursor. A process that ended instead would be restarted and soon given up, although nothing is wrong with it.

    Raises:
        Unavailable: the last failure, after `stop` is set or `within` is over.
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
    """Return the pause that a network asks for in the headers of an HTTP response, or None.

    `Retry-After` holds seconds or an HTTP date (RFC 9110, 10.2.3). Without it, `X-RateLimit-Reset` decides if
    `X-RateLimit-Remaining` is absent or used up. It holds seconds from now, seconds since 1970, or an ISO 8601 time.
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
