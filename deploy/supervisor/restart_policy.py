"""When a child that died is started again: a pure decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from ingest.retry import BackoffPolicy

RESTART_BACKOFF = BackoffPolicy(first=timedelta(milliseconds=200), cap=timedelta(seconds=5))


@dataclass(frozen=True)
class RestartPolicy:
    """`most` deaths within `window` seconds are too many; until then the pause is the back-off's ceiling."""

    most: int = 6
    window: float = 60.0
    backoff: BackoffPolicy = RESTART_BACKOFF


@dataclass(frozen=True)
class Restart:
    """Start it again at this moment of the monotonic clock."""

    at: float


@dataclass(frozen=True)
class GiveUp:
    """It keeps dying: stop everything and say so."""

    deaths: int


@dataclass
class Deaths:
    """When one child died, in seconds of the monotonic clock; only what the window still holds."""

    times: list[float] = field(default_factory=list)


def died(policy: RestartPolicy, deaths: Deaths, now: float) -> Restart | GiveUp:
    """Note a death and decide."""
    deaths.times = [at for at in deaths.times if now - at < policy.window]
    deaths.times.append(now)
    if len(deaths.times) >= policy.most:
        return GiveUp(len(deaths.times))
    return Restart(now + policy.backoff.ceiling(len(deaths.times) - 1).total_seconds())
