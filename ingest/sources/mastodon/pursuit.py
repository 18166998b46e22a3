"""Whether a timeline is read faster than it grows: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

JUDGED_EVERY = timedelta(minutes=10)
"""Long enough for the limits of an instance to show: 200 pages of paging."""

FAR = timedelta(minutes=15)
"""What is less far behind is not given up: a surge passes."""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """How far behind now a timeline was when it was last judged, and whether it cannot be caught up with."""

    judged_at: datetime
    behind: timedelta | None = None
    is_lost: bool = False

    def step(self, now: datetime, reached: datetime | None) -> Pursuit:
        """After a page whose newest status is from `reached`, None where its number does not tell."""
        if reached is None:
            return self
        behind = now - reached
        if self.behind is None:
            return replace(self, judged_at=now, behind=behind)
        if now - self.judged_at < JUDGED_EVERY:
            return replace(self, is_lost=False)
        return Pursuit(now, behind, is_lost=behind > FAR and behind >= self.behind)
