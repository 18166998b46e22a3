"""The decision about a child that died: when to start it again, or whether to give up. This module is pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from ingest.retry import BackoffPolicy

RESTART_BACKOFF = BackoffPolicy(first=timedelta(milliseconds=200), cap=timedelta(seconds=5))


@dataclass(frozen=True)
class RestartPolicy:
    """`most` deaths within `window` seconds are too many.

    Before that, the back-off's ceiling is the pause before a restart.
    """

    most: int = 6
    window: float = 60.0
    backoff: BackoffPolicy = RESTART_BACKOFF


@dataclass(frozen=True)
class Restart:
    """Start the child again at the time `at`, in seconds of the monotonic clock."""

    at: float


@dataclass(frozen=True)
class GiveUp:
    """The child keeps dying. The caller stops everything and reports `deaths`."""

    deaths: int


@dataclass
class Deaths:
    """The times at which one child died within the window, in seconds of the monotonic clock."""

    times: list[float] = field(default_factory=list)


def died(policy: RestartPolicy, deaths: Deaths, now: float) -> Restart | GiveUp:
    """Record a death and return the decision. `now` is in seconds of the monotonic clock."""
    deaths.times = [at for at in deaths.times if now - at < policy.window]
    deaths.times.append(now)
    if len(deaths.times) >= policy.most:
        return GiveUp(len(deaths.times))
    return Restart(now + policy.backoff.ceiling(len(deaths.times) - 1).total_seconds())
