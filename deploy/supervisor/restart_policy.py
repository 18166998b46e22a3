"""When a child that died is started again: a pure decision."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RestartPolicy:
    """`most` deaths within `window` seconds are too many; the pause doubles from `first` up to `longest` seconds."""

    most: int = 6
    window: float = 60.0
    first: float = 0.2
    longest: float = 5.0


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
    return Restart(now + min(policy.longest, policy.first * 2 ** (len(deaths.times) - 1)))
