"""The judgement of whether a timeline is read faster than it grows. This module is pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

JUDGED_EVERY = timedelta(minutes=10)
"""The time between two judgements: 200 pages, long enough for the instance's rate limit to take effect."""

FAR = timedelta(minutes=15)
"""A timeline that is less far behind is not given up, because a surge passes."""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """How far a timeline was behind now at the last judgement, and whether it can no longer catch up."""

    judged_at: datetime
    behind: timedelta | None = None
    is_lost: bool = False

    def step(self, now: datetime, reached: datetime | None) -> Pursuit:
        """Return the judgement after a page whose newest status has the time `reached`.

        None means that the status's id contains no time.
        """
        if reached is None:
            return self
        behind = now - reached
        if self.behind is None:
            return replace(self, judged_at=now, behind=behind)
        if now - self.judged_at < JUDGED_EVERY:
            return replace(self, is_lost=False)
        return Pursuit(now, behind, is_lost=behind > FAR and behind >= self.behind)
