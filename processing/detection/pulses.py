"""The separate rises inside one spike: an order in the afternoon and its retraction in the evening are two.

The excess over the trailing half hour is followed down from its peak to a valley and up again. A second pulse is
believed where the fall went below half of the peak, the rise reached twice the valley and a fifth of the highest
pulse, and neither can be Poisson noise. It began where the counts changed, which is found by a cumulative sum (E. S.
Page, Biometrika 41, 1954).
"""

from __future__ import annotations

from datetime import datetime
from itertools import accumulate
from math import sqrt
from operator import attrgetter

import msgspec

from processing.contract import Pulse
from processing.detection.return_level import ANSCOMBE

FALL = 0.5
RISE = 2.0
SHARE = 0.2
CLEAR = 4.0
_TRAIL = 200


class Observation(msgspec.Struct, frozen=True):
    """Posts and expectation of one known bin of a spike, or of the half hour that ends with it."""

    start: datetime
    """Of the bin."""
    count: int
    expected: float

    @property
    def excess(self) -> float:
        """Posts above the expectation."""
        return self.count - self.expected


class PulseState(msgspec.Struct, frozen=True):
    """The pulses of one spike so far."""

    started: datetime
    highest: Observation
    """The bin furthest above its expectation in the pulse under way."""
    peak: Observation
    valley: Observation
    tallest: float
    """The excess at the peak of the highest pulse."""
    done: tuple[Pulse, ...] = ()
    trail: tuple[Observation, ...] = ()
    """The bins since the valley: they belong to the pulse under way or begin the next one."""

    def pulses(self) -> tuple[Pulse, ...]:
        """All of them, oldest first; the last is the one under way."""
        return (*self.done, _pulse(self.started, highest_of(self.highest, *self.trail)))


def highest_of(*bins: Observation) -> Observation:
    """The bin furthest above its expectation; the first one of several."""
    return max(bins, key=attrgetter("excess"))


def follow(state: PulseState, bin_: Observation, window: Observation, bins: int, *, may_begin: bool) -> PulseState:
    """Take in the next known bin, and the window of so many bins that ends with it.

    `may_begin` says whether a new pulse can: only while the spike lasts.
    """
    highest, trail = state.highest, (*state.trail, bin_)
    if len(trail) > _TRAIL:
        highest, trail = highest_of(highest, trail[0]), trail[1:]
    tallest = max(state.tallest, window.excess)
    if may_begin and _fell(state) and _rose(state, window):
        risen = trail[_onset(trail, state.valley, window, bins) :]
        done = (*state.done, _pulse(state.started, highest))
        return PulseState(risen[0].start, highest_of(*risen), window, window, tallest, done)
    if state.valley.excess <= window.excess <= state.peak.excess:
        return msgspec.structs.replace(state, highest=highest, trail=trail)
    peak = window if window.excess > state.peak.excess else state.peak
    return PulseState(state.started, highest_of(highest, *trail), peak, window, tallest, state.done)


def _fell(state: PulseState) -> bool:
    return state.valley.excess < FALL * state.peak.excess and _clearer(state.peak, state.valley)


def _rose(state: PulseState, window: Observation) -> bool:
    enough = max(RISE * state.valley.excess, SHARE * state.tallest)
    return window.excess >= enough and _clearer(window, state.valley)


def _clearer(high: Observation, low: Observation) -> bool:
    """Whether two half hours differ by more than noise, had the excess stayed what it was in the lower one."""
    unchanged = high.expected + max(0.0, low.excess)
    difference = 2.0 * (sqrt(high.count + ANSCOMBE) - sqrt(unchanged + ANSCOMBE))
    return difference >= CLEAR * sqrt(2.0)


def _onset(trail: tuple[Observation, ...], valley: Observation, window: Observation, bins: int) -> int:
    """The bin of the trail from which on the excess is no longer the valley's: where its cumulative sum turns."""
    between = (valley.excess + window.excess) / 2.0 / bins
    sums = list(accumulate((each.excess - between for each in trail[:-1]), initial=0.0))
    return sums.index(min(sums))


def _pulse(started: datetime, highest: Observation) -> Pulse:
    return Pulse(started, highest.start, highest.count, highest.expected)
