"""How a channel has answered. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.alerts.notification import Outcome
from processing.alerts.retries import FAILED, is_over
from processing.troubles import DEAD_AFTER


@dataclass(frozen=True)
class ChannelHealth:
    """The failed attempts of a channel in a row, whatever they carried, and the pause behind the last attempt."""

    in_row: int = 0
    tried_at: datetime | None = None
    pause: timedelta = timedelta()

    def after(self, outcome: Outcome, at: datetime, pause: timedelta = timedelta()) -> ChannelHealth:
        """Return the health after one more attempt."""
        return ChannelHealth(self.in_row + 1 if outcome in FAILED else 0, at, pause)

    def rests(self, now: datetime) -> bool:
        """Return whether the channel is left alone for now. `now` is the wall clock."""
        return self.tried_at is not None and not is_over(self.tried_at, self.pause, now)

    @property
    def fails(self) -> bool:
        """Whether so many attempts in a row have failed that the channel is dead."""
        return self.in_row >= DEAD_AFTER
