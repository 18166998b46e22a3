"""The figures of the detector for a bin width: two scales of windows, thresholds, the least that is judged."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Self

import msgspec

from processing.detection.bins import EPOCH

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_BLOCK = timedelta(hours=6)
_DAY = timedelta(days=1)
_LEAST = 10
_SPARSE = 2.0
"""Posts an hour up to which the slow scale judges a stream: half an hour of it seldom holds `_LEAST`."""
LONG_WINDOW = "1 day"
"""The name of the slow scale."""

AGREEMENT = 0.7
"""Of the blocks in which one excess reaches a level, those in which a spike is told; by `make bench-spikes`."""
MOST_FALSE_ALERTS = 3.0


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """Two windows that are judged together, and what they need to be judged at all.

    All lengths but `bins` are numbers of the scale's own bins.
    """

    name: str
    """The length of the longer window, as users read it."""
    bins: int
    """Bins of the series that make one bin of the scale."""
    short: int
    long: int
    half_window: int
    """The baseline averages so many bins on either side of the same time on earlier days."""
    day: int
    block: int
    """Bins of a block whose maxima calibrate the series: six hours."""
    block_age: int
    """Bins that must pass before a finished block is used: three hours, or one bin."""
    apart: float
    """A spike that reaches this score is left out of the maxima that calibrate its series."""
    hold: int
    """A spike is over this many bins after its score was last at `leave`."""
    silence: int
    """No spike begins within so many bins of one on the other scale."""
    warm: int
    """Known bins that a series needs on its first day, where one of `days` is enough, before anything is said of it."""
    past: int
    """Earlier days that make an expectation: a fortnight where a day holds a post or none."""
    days: int
    """Earlier days of which the same time must be known for the series to be settled."""
    minimum_posts: int
    people: int
    """Fewer make no incident, however many posts they write."""
    minimum_excess: float
    most_expected: float
    """A long window of which more posts are expected is left to the other scale."""


class DetectorPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Every parameter of the detector. Levels are log10 of quarter days.

    A level L means that a series reaches such an excess once in 0.25 days x 10^L: 1.5 is once in 8 days, 2 in 25 days,
    3 in 250 days. Beyond the fortnight that calibrates it, it names a class and is no probability.
    """

    width: timedelta
    fast: Scale
    slow: Scale
    enter: float = 1.5
    leave: float = 0.7
    first_day: float = 2.0
    """Stands for `enter` while a series is not settled."""
    floor: float = 0.02
    """The smallest expectation, in posts a bin of a scale."""
    blocks: int = 56
    """A fortnight of blocks."""
    settled_blocks: int = 8
    """With fewer blocks a score is provisional."""
    rest: timedelta = timedelta(hours=12)
    """A rise that starts within this time of a spike's end continues the spike."""
    escalation: float = 2.0
    """A spike that comes back is told again above so many times its old highest bin."""
    late: timedelta = timedelta(minutes=30)
    """Posts that come no later than this behind the end of their bin still change its score."""
    history: timedelta = timedelta(days=35)
    """What a series is judged by lies within this time."""
    told_every: timedelta = timedelta(hours=4)
    """However much is judged at once, what grows on is told at the end of each such stretch of event time."""

    @classmethod
    def for_bins(cls, width: timedelta) -> Self:
        """The recommended figures for bins of this width.

        Raises:
            ValueError: the width is below a minute or does not divide six hours evenly.
        """
        if width < _MINUTE or _BLOCK % width:
            raise ValueError(
                f"Bins of {width} cannot be judged: take a width of at least a minute that divides six hours "
                "evenly, such as 1, 5, 15 or 60 minutes."
            )
        late = max(width, round(_HOUR / 2 / width) * width)
        told_every = max(width, 4 * _HOUR // width * width)
        return cls(width=width, fast=_fast(width), slow=_slow(width), late=late, told_every=told_every)

    def number_of(self, moment: datetime) -> int:
        """The number of the bin that a moment falls into: bins count up from 1970."""
        return (moment - EPOCH) // self.width

    def start_of(self, number: int) -> datetime:
        """When a bin starts."""
        return EPOCH + number * self.width

    def with_false_alerts(self, a_week: float) -> Self:
        """The same with the threshold at which an ordinary series alerts so often.

        A series reaches level L in 28 x 10^-L of its blocks a week. Two windows must reach it together and a
        spike is told once, which leaves `AGREEMENT` of that on real series.

        Raises:
            ValueError: it is not above 0, or so many that nothing would be left to tell apart.
        """
        if not 0.0 < a_week <= MOST_FALSE_ALERTS:
            raise ValueError(f"{a_week} false alerts a series-week cannot be had: ask for up to {MOST_FALSE_ALERTS}.")
        return self.with_thresholds(math.log10(AGREEMENT * 28 / a_week), None)

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


def _fast(width: timedelta) -> Scale:
    """One bin and half an hour in whole bins, or one and three bins where half an hour is one bin."""
    half_hour = round(_HOUR / 2 / width)
    fine = half_hour > 1
    long = half_hour if fine else 3
    block = _BLOCK // width
    return Scale(
        name=length_name(long * width),
        bins=1,
        short=1,
        long=long,
        half_window=half_hour if fine else 0,
        day=4 * block,
        block=block,
        block_age=max(1, block // 2),
        apart=3.0,
        hold=max(3, _HOUR // width),
        silence=0,
        warm=max(6, _HOUR // width),
        past=7,
        days=1,
        minimum_posts=_LEAST,
        people=5,
        minimum_excess=5.0,
        most_expected=math.inf,
    )


def _slow(width: timedelta) -> Scale:
    """Six hours and a day, in steps of an hour or the next longer one that both bins and six hours allow."""
    steps = (each for each in range(1, _BLOCK // width + 1) if not _BLOCK % (each * width))
    bins = next(each for each in steps if each * width >= _HOUR)
    block = _BLOCK // (bins * width)
    return Scale(
        name=LONG_WINDOW,
        bins=bins,
        short=block,
        long=4 * block,
        half_window=block // 2,
        day=4 * block,
        block=block,
        block_age=max(1, block // 2),
        apart=1.5,
        hold=4 * block,
        silence=7 * 4 * block,
        warm=0,
        past=14,
        days=3,
        minimum_posts=3,
        people=3,
        minimum_excess=2.0,
        most_expected=_SPARSE * (_DAY / _HOUR),
    )


def length_name(length: timedelta) -> str:
    """A length of time as people write it: "30 min", "3 h", "1 day"."""
    if length >= _DAY:
        return f"{length / _DAY:g} day"
    if length >= _HOUR:
        return f"{length / _HOUR:g} h"
    return f"{length / _MINUTE:g} min"
