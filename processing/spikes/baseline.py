"""What a series shows on an ordinary day at this time: the expectation, from its own earlier days alone.

Around each time of day the mean over an hour (half on either side) is kept; the expectation is the mean of the last
seven days without the lowest and the highest, so that neither an outage nor yesterday's surge moves it. Before there
is a day, it is the mean of everything so far. From the fifth week on the same days of the last four weeks take the
place of the last seven days in a series whose past fortnight they would have foretold better (`rivals`).
"""

from __future__ import annotations

from array import array
from math import sqrt
from typing import TYPE_CHECKING, Self

import msgspec

from processing.spikes.level import ANSCOMBE
from processing.spikes.policy import DetectorPolicy
from processing.spikes.rivals import Rivals

if TYPE_CHECKING:
    Numbers = array[float]
else:  # Python 3.11 cannot subscript it
    Numbers = array

DAYS = 7
WEEKS = 4
MISSING = -1.0
UNKNOWN = -1
_FEWEST_WEEKS = 3


class Baseline(msgspec.Struct):
    """The earlier days of one series. Bins have numbers that count up from 0; unknown ones are left out of means.

    `profile` holds `DAYS` means for each stretch of `policy.stride` bins of the day, `weeks` one for each half hour
    of the last four weeks, `recent` the counts of the last bins (`UNKNOWN` where there is none), which become the
    newest mean once a bin is in their middle.
    """

    profile: Numbers
    weeks: Numbers
    recent: list[int]
    recent_sum: int = 0
    recent_known: int = 0
    total: int = 0
    known: int = 0
    rivals: Rivals = msgspec.field(default_factory=Rivals)
    weekly: float = MISSING
    """What the weeks before say of the half hour under way."""

    @classmethod
    def begin(cls, policy: DetectorPolicy) -> Self:
        rows, steps = policy.bins_a_day // policy.stride, policy.bins_a_day // policy.turn
        return cls(
            array("f", [MISSING]) * (rows * DAYS),
            array("f", [MISSING]) * (steps * DAYS * WEEKS),
            [UNKNOWN] * (2 * policy.half_window + 1),
        )

    def expected(self, policy: DetectorPolicy, index: int) -> float:
        """Posts that the bin `index` should hold, from the bins before it; never below the policy's floor."""
        if self.rivals.weekly and self.weekly >= 0.0:
            return max(policy.floor, self.weekly)
        return self.daily(policy, index)

    def daily(self, policy: DetectorPolicy, index: int) -> float:
        """The expectation by the last seven days."""
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

    def day_means(self, policy: DetectorPolicy, index: int) -> list[float]:
        """Of this time on each of the last seven days, yesterday first; `MISSING` where it is not known."""
        day, time = divmod(index, policy.bins_a_day)
        row = time // policy.stride * DAYS
        return [self.profile[row + (day - back) % DAYS] for back in range(1, DAYS + 1)]

    def add(self, policy: DetectorPolicy, index: int, count: int, expected: float) -> None:
        """Take in the bin `index`, behind its neighbour before it, and what was expected of it.

        `UNKNOWN` is a count.
        """
        recent = self.recent
        oldest = recent.pop(0)
        if oldest >= 0:
            self.recent_sum -= oldest
            self.recent_known -= 1
        recent.append(count)
        if count >= 0:
            if self.weekly >= 0.0:
                self._compare(policy, index, count, expected)
            self.recent_sum += count
            self.recent_known += 1
            self.total += count
            self.known += 1
        middle = index - policy.half_window
        if middle >= 0 and middle % policy.stride == 0:
            self._keep(policy, middle)

    def weekly_means(self, policy: DetectorPolicy, index: int) -> list[float]:
        """Of this half hour on this day of each of the last four weeks; `MISSING` where it is not known."""
        day, time = divmod(index, policy.bins_a_day)
        row = time // policy.turn * DAYS * WEEKS
        return [self.weeks[row + (day - DAYS * week) % (DAYS * WEEKS)] for week in range(1, WEEKS + 1)]

    def assume_silence(self, days: int) -> None:
        """Take the days before bin 0 as known and empty."""
        for row in range(0, len(self.profile), DAYS):
            for day in range(DAYS - days, DAYS):
                self.profile[row + day] = 0.0

    def turn(self, policy: DetectorPolicy, index: int) -> None:
        """To be called before the first bin of every half hour, `policy.turn` bins; the days turn with it."""
        if index % policy.bins_a_day == 0 and index:
            self.rivals.finish_day(policy.bins_a_day, index // policy.bins_a_day)
        if index < _FEWEST_WEEKS * DAYS * policy.bins_a_day:
            return
        means = sorted(mean for mean in self.weekly_means(policy, index) if mean >= 0.0)
        if len(means) == WEEKS:
            means = means[1:-1]
        self.weekly = sum(means) / len(means) if len(means) > 1 else MISSING

    def _compare(self, policy: DetectorPolicy, index: int, count: int, expected: float) -> None:
        at, weekly = sqrt(count + ANSCOMBE), max(policy.floor, self.weekly)
        daily = self.daily(policy, index) if self.rivals.weekly else expected
        self.rivals.add(abs(at - sqrt(daily + ANSCOMBE)), abs(at - sqrt(weekly + ANSCOMBE)))

    def _keep(self, policy: DetectorPolicy, middle: int) -> None:
        """Write down the mean around a bin."""
        day, time = divmod(middle, policy.bins_a_day)
        trusted = 2 * self.recent_known > len(self.recent)
        mean = self.recent_sum / self.recent_known if trusted else MISSING
        self.profile[time // policy.stride * DAYS + day % DAYS] = mean
        if time % policy.turn == middle_of_turn(policy):
            row = time // policy.turn * DAYS * WEEKS
            self.weeks[row + day % (DAYS * WEEKS)] = mean


def middle_of_turn(policy: DetectorPolicy) -> int:
    """Which of the bins of a half hour speaks for it in later weeks."""
    return policy.turn // (2 * policy.stride) * policy.stride
