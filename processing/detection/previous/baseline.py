"""What a series shows on an ordinary day at this time: the expectation, from its own earlier days alone.

Around each time of day the mean over an hour (half on either side) is kept; the expectation is the mean of the last
seven days without the lowest and the highest, so that neither an outage nor yesterday's surge moves it. Before there
is a day, it is the mean of everything so far. From the fifth week on the same days of the last four weeks take the
place of the last seven days in a series whose past fortnight they would have foretold better (`rivals`).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Self

import msgspec

from processing.detection.previous.policy import DetectorPolicy
from processing.detection.previous.rivals import Rivals

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
        weekly = self.weekly
        if weekly >= 0.0 and self.rivals.weekly:
            return weekly if weekly > policy.floor else policy.floor
        return self.daily(policy, index)

    def daily(self, policy: DetectorPolicy, index: int) -> float:
        """The expectation by the last seven days."""
        row = index % policy.bins_a_day // policy.stride * DAYS
        days = self.profile[row : row + DAYS].tolist()
        days.sort()
        lowest, second, third, fourth, fifth, sixth, _ = days
        # Naming the five is quicker than min(), max() and sum(), and the sum of such short numbers is exact anyway.
        mean = (second + third + fourth + fifth + sixth) / 5 if lowest >= 0.0 else self._of_few(days)
        return mean if mean > policy.floor else policy.floor

    def _of_few(self, days: list[float]) -> float:
        """The same where some of the days are `MISSING`; they are in the order of their means."""
        known = [mean for mean in days if mean >= 0.0]
        kept = known[1:-1] if len(known) > 2 else known
        if kept:
            return sum(kept) / len(kept)
        return self.total / self.known if self.known else 0.0

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
        recent.append(count)
        known, was_known = count >= 0, oldest >= 0
        self.recent_sum += (count if known else 0) - (oldest if was_known else 0)
        if known is not was_known:
            self.recent_known += 1 if known else -1
        if known:
            weekly = self.weekly
            if weekly >= 0.0:
                daily = self.daily(policy, index) if self.rivals.weekly else expected
                self.rivals.compare(count, daily, weekly if weekly > policy.floor else policy.floor)
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

    def forget(self, policy: DetectorPolicy) -> None:
        """Be as `WEEKS` without a known bin leave it, however much longer they were."""
        fresh = Baseline.begin(policy)
        self.profile, self.weeks, self.recent = fresh.profile, fresh.weeks, fresh.recent
        self.recent_sum = self.recent_known = 0
        self.weekly = MISSING
        self.rivals = Rivals.undecided()

    def turn(self, policy: DetectorPolicy, index: int) -> None:
        """To be called before the first bin of every half hour, `policy.turn` bins; the days turn with it."""
        if index % policy.bins_a_day == 0 and index:
            self.rivals.finish_day(policy.bins_a_day, index // policy.bins_a_day)
        if index < _FEWEST_WEEKS * DAYS * policy.bins_a_day:
            return
        day, time = divmod(index, policy.bins_a_day)
        row = time // policy.turn * DAYS * WEEKS
        weeks = self.weeks[row + day % DAYS : row + DAYS * WEEKS : DAYS].tolist()
        weeks.sort()
        lowest, second, third, _ = weeks
        if lowest >= 0.0:
            self.weekly = (second + third) / 2
            return
        known = [mean for mean in weeks if mean >= 0.0]
        self.weekly = sum(known) / len(known) if len(known) > 1 else MISSING

    def _keep(self, policy: DetectorPolicy, middle: int) -> None:
        """Write down the mean around a bin."""
        day, time = middle // policy.bins_a_day, middle % policy.bins_a_day  # divmod() takes four times as long
        known = self.recent_known
        mean = self.recent_sum / known if known > policy.half_window else MISSING
        self.profile[time // policy.stride * DAYS + day % DAYS] = mean
        if time % policy.turn == middle_of_turn(policy):
            row = time // policy.turn * DAYS * WEEKS
            self.weeks[row + day % (DAYS * WEEKS)] = mean


def middle_of_turn(policy: DetectorPolicy) -> int:
    """Which of the bins of a half hour speaks for it in later weeks."""
    return policy.turn // (2 * policy.stride) * policy.stride
