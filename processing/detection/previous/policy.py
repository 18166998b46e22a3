"""The figures of the detector for a bin width: windows in bins, thresholds, the low-volume rule."""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import timedelta
from typing import Self

import msgspec

_HOUR = timedelta(hours=1)
_BLOCK = timedelta(hours=6)
_SMALLEST = timedelta(minutes=1)
_PROFILE = timedelta(minutes=5)

MISTAKE = 1 / 2000
"""Of the posts of a surge, those that are taken for one and the same language that they are not in: the worst case."""
BY_MISTAKE = 0.005
"""How likely it may be that mistakes alone, which are Poisson's, make a language join in one half hour."""

AGREEMENT = 0.55
"""Of the blocks in which one excess reaches a level, those in which a spike is told."""
MOST_FALSE_ALERTS = 3.0


class DetectorPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Every parameter of `detector.step`. Windows are numbers of bins, levels are log10 of quarter days.

    A level L means that a series reaches such an excess once in 0.25 days x 10^L: 1.5 is once in 8 days,
    2 in 25 days, 3 in 250 days. Beyond the fortnight that calibrates it, it names a class, not a probability.
    """

    width: timedelta
    bins_a_day: int
    long: int
    """Bins of the longer trailing window under test; the shorter one is the bin alone."""
    half_hour: int
    """Bins over which the low-volume rule counts, and within which late posts still change a score."""
    half_window: int
    """The baseline averages this many bins on either side of the same time on earlier days."""
    stride: int
    """The baseline keeps one value for this many bins."""
    turn: int
    """The weeks before are kept in steps of so many bins, half an hour or the next smaller one that fits a block."""
    block: int
    """Bins of a block whose maxima calibrate the series: six hours."""
    block_age: int
    """Bins that must pass before a finished block is used: three hours."""
    hold: int
    """A spike is over this many bins after its score was last at `leave`."""
    warm: int
    """Bins that a series not known to come from silence needs before anything is said of it."""
    silence: int
    """A series with at most `silent_posts` in its first bins, this many, is taken to come from silence."""
    silent_posts: int = 2
    minimum_posts: int = 10
    minimum_excess: float = 5.0
    minimum_authors: int = 5
    enter: float = 1.5
    leave: float = 0.7
    first_day: float = 2.0
    """Stands for `enter` while less than a day is known."""
    joining_posts: int = 3
    joining_excess: float = 2.0
    """What a language needs, in place of the minima, while its topic surges in all languages; see `joining`."""
    floor: float = 0.02
    """The smallest expectation, in posts a bin."""
    blocks: int = 56
    """A fortnight of blocks."""
    settled_blocks: int = 8
    """With fewer blocks a score is provisional."""

    @classmethod
    def for_bins(cls, width: timedelta) -> Self:
        """The recommended figures for bins of this width.

        Raises:
            ValueError: the width is below a minute or does not divide six hours evenly.
        """
        if width < _SMALLEST or _BLOCK % width:
            raise ValueError(
                f"Bins of {width} cannot be judged: take a width of at least a minute that divides six hours "
                "evenly, such as 1, 5, 15 or 60 minutes."
            )
        block = _BLOCK // width
        half_hour = round(_HOUR / 2 / width)
        fine = half_hour > 1
        return cls(
            width=width,
            bins_a_day=4 * block,
            long=half_hour if fine else 3,
            half_hour=max(1, half_hour),
            half_window=half_hour if fine else 0,
            stride=1 if _PROFILE % width else _PROFILE // width,
            turn=_largest_step(math.gcd(block, block // 2), max(1, half_hour)),
            block=block,
            block_age=block // 2,
            hold=max(3, _HOUR // width),
            warm=max(6, _HOUR // width),
            silence=max(6, 2 * _HOUR // width),
        )

    def with_false_alerts(self, a_week: float) -> Self:
        """The same with the threshold at which an ordinary series alerts so often.

        A series reaches level L in 28 x 10^-L of its blocks a week. Two windows must reach it together and a
        spike is told once, which leaves about half of that on real series: `AGREEMENT`, by `make bench-spikes`.

        Raises:
            ValueError: it is not above 0, or so many that nothing would be left to tell apart.
        """
        if not 0.0 < a_week <= MOST_FALSE_ALERTS:
            raise ValueError(f"{a_week} false alerts a series-week cannot be had: ask for up to {MOST_FALSE_ALERTS}.")
        return self.with_thresholds(math.log10(AGREEMENT * 28 / a_week), None)

    def joining(self, surge: int) -> Self:
        """The same for a series that is part of a larger one, while that surges with so many posts in the half hour.

        That a language joins a surge is likely before its posts are seen. So it needs fewer of them, and no higher
        score than a spike needs to go on; none above `highest` comes of it, so it does not join on its first day. Of a
        large surge it needs more: posts whose language was mistaken come with every surge, and must not look like one
        of their own.
        """
        posts = self.joining_posts + bisect_left(MISTAKEN, surge)
        return msgspec.structs.replace(
            self,
            enter=self.leave,
            minimum_posts=min(self.minimum_posts, posts),
            minimum_excess=min(self.minimum_excess, self.joining_excess),
            minimum_authors=min(self.minimum_authors, self.joining_posts),
        )

    @property
    def highest(self) -> float:
        """Of bins that are large enough to join only; below what begins a spike, so that it can be told from one."""
        return self.enter - 0.01

    def with_thresholds(self, enter: float | None, leave: float | None) -> Self:
        """The same with other thresholds; None is as it was, and `leave` no higher than `enter`.

        Raises:
            ValueError: a spike would end above the score at which it begins.
        """
        enter = self.enter if enter is None else enter
        if leave is not None and leave > enter:
            raise ValueError(
                f"A spike cannot end below {leave} and begin at {enter}: it ends no higher than it begins."
            )
        leave = min(self.leave, enter) if leave is None else leave
        return msgspec.structs.replace(self, enter=enter, leave=leave, first_day=max(self.first_day, enter))


def _largest_step(whole: int, most: int) -> int:
    """The largest divisor of a number that is not above another."""
    return next(step for step in range(most, 0, -1) if whole % step == 0)


def _most_posts(mistaken: int) -> float:
    """The largest surge that brings so many posts of one mistaken language no more often than `BY_MISTAKE`."""
    low, high = 0.0, mistaken / MISTAKE
    while high - low > 1.0:
        middle = (low + high) / 2.0
        mean = middle * MISTAKE
        fewer = math.exp(-mean) * sum(mean**posts / math.factorial(posts) for posts in range(mistaken))
        low, high = (middle, high) if 1.0 - fewer <= BY_MISTAKE else (low, middle)
    return low


MISTAKEN = tuple(_most_posts(3 + more) for more in range(7))
"""The largest surge for which three posts are enough, four, and so on up to nine."""
