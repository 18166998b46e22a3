"""History that a user asks for: since when, and the slices of time that a network answers whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

Since = Annotated[datetime, AfterValidator(lambda given: given if given.tzinfo else given.replace(tzinfo=UTC))]
"""A setting: a date or an RFC 3339 time; UTC where it names no zone."""


@dataclass(slots=True)
class Backfill:
    """History that is read beside the present; `asked` is the question, so that another one begins anew."""

    asked: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SliceWidth:
    """How wide the next slice of time is: halved when one was too full, doubled when one was nearly empty."""

    now: timedelta = timedelta(hours=1)
    least: timedelta = timedelta(seconds=1)
    most: timedelta = timedelta(days=30)

    def narrower(self) -> SliceWidth | None:
        """Half of it, in whole seconds; None when it cannot be cut any more."""
        if self.now <= self.least:
            return None
        return SliceWidth(max(self.least, timedelta(seconds=self.now.total_seconds() // 2)), self.least, self.most)

    def after(self, found: int, most: int) -> SliceWidth:
        """What fits after a slice that held `found` of `most`."""
        return SliceWidth(min(self.now * 2, self.most), self.least, self.most) if found * 4 < most else self
