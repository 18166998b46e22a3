"""When a channel that has failed is tried again, and when it is not tried any more. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from ingest.retry import BackoffPolicy, Failures, failed
from processing.alerts.notification import Outcome
from processing.troubles import CHANNEL_FAILURES

FINAL = frozenset({Outcome.SENT, Outcome.REFUSED, Outcome.GAVE_UP, Outcome.OVER_UNTOLD})
"""Outcomes behind which nothing is tried any more."""

FAILED = frozenset(map(Outcome, CHANNEL_FAILURES))
"""Outcomes that speak against the channel. A refusal speaks against the message."""

ADJUSTED_BY = timedelta(minutes=1)
"""A clock may be set back so far to keep the right time."""


class NoMore(Enum):
    """The answer in place of a time where no attempt follows."""

    GAVE_UP = auto()


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often a message is tried.

    `auth` is the longest pause after a channel did not accept the credentials: a person has to mend these. A message is
    given up if it has been tried for `goes_on_for` and `least_attempts` times. The second bound holds where the clock
    jumps forward, or where a channel asks for pauses of a day.
    """

    backoff: BackoffPolicy = field(
        default_factory=lambda: BackoffPolicy(first=timedelta(seconds=10), cap=timedelta(minutes=10))
    )
    auth: timedelta = timedelta(hours=1)
    goes_on_for: timedelta = timedelta(days=2)
    least_attempts: int = 10


@dataclass(frozen=True)
class Tried:
    """One attempt that has failed, at the end of the attempt."""

    outcome: Outcome
    at: datetime
    retry_after: timedelta | None = None


def next_attempt(policy: RetryPolicy, attempts: Sequence[Tried], now: datetime, *, chance: float) -> datetime | NoMore:
    """Return when a message is tried again after its last attempt has failed.

    `attempts` holds at least that attempt, oldest first. `chance` is a random number in [0, 1).
    """
    if now - attempts[0].at >= policy.goes_on_for and len(attempts) >= policy.least_attempts:
        return NoMore.GAVE_UP
    return now + pause_after(policy, attempts[-1], len(attempts), chance=chance)


def pause_after(policy: RetryPolicy, last: Tried, in_row: int, *, chance: float) -> timedelta:
    """Return the pause after the last of `in_row` failed attempts in a row, of one message or of one channel.

    A channel that is away is left alone for the longer the more messages have failed there, and not asked the more
    often the more it is to be told.
    """
    if last.outcome is Outcome.AUTH:
        return (last.retry_after or timedelta()) + (1 + chance) / 2 * policy.auth
    failures = Failures(in_row - 1)
    return failed(policy.backoff, failures, held=timedelta(), retry_after=last.retry_after, chance=chance)[1]


def is_over(tried_at: datetime, pause: timedelta, now: datetime) -> bool:
    """Return whether the pause after an attempt is over.

    It is over too if the attempt lies far ahead of `now`: the clock was set back, and nobody knows how long ago it was.
    """
    return not pause or now < tried_at - ADJUSTED_BY or now >= tried_at + pause
