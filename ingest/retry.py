"""How long to leave a network alone that has failed: a pure decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """Full jitter: the pause is drawn between nothing and a ceiling that doubles from `first` to `cap`.

    A connection that held for `healthy` wipes the slate; a shorter one does not, so that a network which answers
    once and fails again is not asked ever faster. Formula: M. Brooker, "Exponential Backoff And Jitter", 2015.
    """

    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(seconds=60)
    healthy: timedelta = timedelta(seconds=60)


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
    ceiling = policy.cap if in_row > 30 else min(policy.cap, policy.first * 2**in_row)
    return Failures(in_row + 1), (retry_after or timedelta()) + chance * ceiling
