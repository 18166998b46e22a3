"""What a series shows on an ordinary day at this time: the expectation, from its own earlier days alone.

Around each time of day the mean over an hour (half on either side) is kept for a week; the expectation is the
mean of those seven without the lowest and the highest, so that neither an outage nor yesterday's surge moves it.
Before there is a day, it is the mean of everything so far.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Self

import msgspec

from processing.spikes.policy import DetectorPolicy

if TYPE_CHECKING:
    Numbers = array[float]
else:  # Python 3.11 cannot subscript it
    Numbers = array

DAYS = 7
MISSING = -1.0
UNKNOWN = -1


class Baseline(msgspec.Struct):
    """The earlier days of one series. Bins have numbers that count up from 0; unknown ones are left out of means.

    `profile` holds `DAYS` means for each stretch of `policy.stride` bins of the day, `recent` the counts of the
    last bins (`UNKNOWN` where there is none), which become the newest mean once a bin is in their middle.
    """

    profile: Numbers
    recent: list[int]
    recent_sum: int = 0
    recent_known: int = 0
    total: int = 0
    known: int = 0

    @classmethod
    def begin(cls, policy: DetectorPolicy) -> Self:
        rows = policy.bins_a_day // policy.stride
        return cls(array("f", [MISSING]) * (rows * DAYS), [UNKNOWN] * (2 * policy.half_window + 1))

    def expected(self, policy: DetectorPolicy, index: int) -> float:
        """Posts that the bin `index` should hold, from the bins before it; never below the policy's floor."""
        row = index % policy.bins_a_day // policy.stride * DAYS
        days = self.profile[row : row + DAYS]
        lowest = min(days)
        if lowest < 0.0:
            days = array("f", [mean for mean in days if mean >= 0.0])
            if not days:
                return max(policy.floor, self.total / self.known if self.known else 0.0)
            lowest = min(days)
        kept = len(days) - 2
        mean = (sum(days) - lowest - max(days)) / kept if kept > 0 else sum(days) / len(days)
        return mean if mean > policy.floor else policy.floor

    def add(self, policy: DetectorPolicy, index: int, count: int) -> None:
        """Take in the bin `index`, behind its neighbour before it. `UNKNOWN` is a count."""
        recent = self.recent
        oldest = recent.pop(0)
        if oldest >= 0:
            self.recent_sum -= oldest
            self.recent_known -= 1
        recent.append(count)
        if count >= 0:
            self.recent_sum += count
            self.recent_known += 1
            self.total += count
            self.known += 1
        middle = index - policy.half_window
        if middle >= 0 and middle % policy.stride == 0:
            day, time = divmod(middle, policy.bins_a_day)
            trusted = 2 * self.recent_known > len(recent)
            self.profile[time // policy.stride * DAYS + day % DAYS] = (
                self.recent_sum / self.recent_known if trusted else MISSING
            )

    def assume_silence(self, days: int) -> None:
        """Take the days before bin 0 as known and empty."""
        for row in range(0, len(self.profile), DAYS):
            for day in range(DAYS - days, DAYS):
                self.profile[row + day] = 0.0
