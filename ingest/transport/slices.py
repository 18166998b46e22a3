"""History that a user requests: its beginning, and the slices of time that a network returns completely."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

Since = Annotated[datetime, AfterValidator(lambda given: given if given.tzinfo else given.replace(tzinfo=UTC))]
"""A setting that holds a date or an RFC 3339 time. A time without a zone is UTC."""


@dataclass(slots=True)
class Backfill:
    """History that is read beside new posts. `asked` is a text of the request; another request begins again."""

    asked: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SliceWidth:
    """The width of the next slice of time.

    It is halved after a slice that was too full and doubled after a nearly empty one.
    """

    now: timedelta = timedelta(hours=1)
    least: timedelta = timedelta(seconds=1)
    most: timedelta = timedelta(days=30)

    def narrower(self) -> SliceWidth | None:
        """Return half the width, in whole seconds, or None if it is the smallest."""
        if self.now <= self.least:
            return None
        return SliceWidth(max(self.least, timedelta(seconds=self.now.total_seconds() // 2)), self.least, self.most)

    def after(self, found: int, most: int) -> SliceWidth:
        """Return the width after a slice that held `found` of at most `most` items."""
        return SliceWidth(min(self.now * 2, self.most), self.least, self.most) if found * 4 < most else self
