"""When which feed is asked: politely, at random moments, and rarely where it fails. Pure decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

JITTER = 0.2
"""Part of the pause by which it is made longer or shorter, so that feeds are not asked all at once."""

RAREST = timedelta(hours=6)
"""A feed that keeps failing is still asked so often."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a feed is next asked, and how often in a row it has failed; `read` is when it last answered."""

    due: datetime
    failures: int = 0
    read: datetime | None = None


def succeeded(now: datetime, every: timedelta, chance: float) -> Turn:
    """After an answer. `chance` is a random number in [0, 1)."""
    return Turn(now + every * (1 + JITTER * (2 * chance - 1)), 0, now)


def failed(turn: Turn, now: datetime, every: timedelta, retry_after: timedelta | None, chance: float) -> Turn:
    """After a failure: the pause doubles with each, and is never shorter than the feed asks for."""
    failures = turn.failures + 1
    pause = min(every * 2 ** min(failures - 1, 16), max(RAREST, every))
    return replace(turn, due=now + max(pause * (1 + JITTER * chance), retry_after or timedelta()), failures=failures)
