"""Which days foretell a series better: the last seven, or the same day of the last four weeks.

Both are held against what came, by the mean distance of the square roots (Anscombe's scale, on which a busy hour
weighs no more than a quiet one), over the last fortnight; the series keeps to the better one for a day.
"""

from __future__ import annotations

from math import sqrt
from typing import Self

import msgspec

from processing.detection.previous.return_level import ANSCOMBE

TRIAL = 14
FIRST_DAY = 35
FEWEST_DAYS = 10


class Day(msgspec.Struct, frozen=True):
    """One day's sums of distances, over bins that both could foretell."""

    daily: float
    weekly: float


class Rivals(msgspec.Struct):
    """The trial of one series; it changes in place."""

    days: list[Day | None] = []
    """The last fortnight, oldest first; None for a day of which too little is known."""
    daily: float = 0.0
    weekly_error: float = 0.0
    bins: int = 0
    weekly: bool = False
    """Whether the weeks have won."""

    @classmethod
    def undecided(cls) -> Self:
        """Behind a fortnight of which nothing is known."""
        return cls([None] * TRIAL)

    def compare(self, count: int, daily: float, weekly: float) -> None:
        """Note how far either expectation of a bin was from what came."""
        came = sqrt(count + ANSCOMBE)
        self.daily += abs(came - sqrt(daily + ANSCOMBE))
        self.weekly_error += abs(came - sqrt(weekly + ANSCOMBE))
        self.bins += 1

    def finish_day(self, bins_a_day: int, day: int) -> None:
        """Decide for the day that begins, the series' `day`th counted from 0."""
        known = 2 * self.bins > bins_a_day
        self.days.append(Day(self.daily, self.weekly_error) if known else None)
        del self.days[:-TRIAL]
        self.daily, self.weekly_error, self.bins = 0.0, 0.0, 0
        tried = [each for each in self.days if each is not None]
        self.weekly = (
            day >= FIRST_DAY
            and len(tried) >= FEWEST_DAYS
            and sum(each.weekly for each in tried) < sum(each.daily for each in tried)
        )
