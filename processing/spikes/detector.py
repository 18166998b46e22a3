"""Which bins of a series are a surge, each decided from the bins before it and itself alone.

`step` compares the bin, and the half hour that it ends, with the same time on the days before (`baseline`), asks
how rare each of the two excesses is on two scales for this series (`level`), and takes the least of the four: an
excess must be large beside the noise and in posts, at once and for a while.
"""

from __future__ import annotations

from datetime import datetime
from math import sqrt

import msgspec

from processing.contract import BinState, Severity
from processing.spikes.baseline import UNKNOWN
from processing.spikes.level import ANSCOMBE, level, reduced
from processing.spikes.policy import DetectorPolicy
from processing.spikes.state import DetectorState

__all__ = ["Bin", "DetectorPolicy", "DetectorState", "OutOfOrder", "Scored", "severity", "step"]

_FORGOTTEN_DAYS = 15
"""A gap as long as this leaves nothing to calibrate or compare with, and neither does a longer one."""


class Bin(msgspec.Struct, frozen=True):
    """What is known of one bin when it closes.

    `count` is None where the collector was silent or behind: unknown, not zero. `authors` are the distinct ones
    of the half hour that ends with the bin, where known. A bin made mostly of backfill is not `alertable`: it is
    history, and opens no spike.
    """

    start: datetime
    count: int | None
    authors: int | None = None
    alertable: bool = True


class Scored(msgspec.Struct, frozen=True):
    """The detector's word on one bin.

    `expected` are posts a bin. `score` is the smallest of the four levels, and 0 where the series is too small,
    has too few authors or did not rise. `state` is SPIKE from the bin that reached `enter` until the score has been
    below `leave` for an hour.
    """

    start: datetime
    count: int | None
    expected: float
    score: float
    state: BinState
    provisional: bool
    reduced: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """How many times the expectation, steadied at small numbers."""
        return ((self.count or 0) + 1.0) / (self.expected + 1.0)

    @property
    def levels(self) -> tuple[float, ...]:
        """One bin on Anscombe's scale and in posts, then the long window on both; empty where there was no need."""
        return tuple(level(excess) for excess in self.reduced)


class OutOfOrder(ValueError):
    """A bin does not follow the one before it."""


def severity(score: float, ratio: float) -> Severity:
    """How rare and how large: extreme from level 3 and five times normal, major from 2 and three times."""
    if score >= 3.0 and ratio >= 5.0:
        return Severity.EXTREME
    return Severity.MAJOR if score >= 2.0 and ratio >= 3.0 else Severity.NOTABLE


def step(policy: DetectorPolicy, state: DetectorState, observed: Bin) -> tuple[DetectorState, Scored]:
    """Judge the next bin of a series. The state is changed in place and returned.

    Bins left out since the last one count as unknown.

    Raises:
        OutOfOrder: the bin starts no later than the last one.
        ValueError: its start has no time zone.
    """
    _advance(policy, state, observed.start)
    baseline = state.baseline
    expected = baseline.expected(policy, state.index)
    provisional = state.known_blocks < policy.settled_blocks
    count = observed.count
    if count is None:
        _remember(policy, state, UNKNOWN, expected)
        return state, Scored(observed.start, None, expected, 0.0, BinState.UNKNOWN, provisional)
    warm = state.silent_before or baseline.known >= policy.warm
    settled = state.silent_before or baseline.known >= policy.bins_a_day
    _remember(policy, state, count, expected)
    excess = _excess(policy, state, count, expected, observed.authors) if warm else ()
    score = level(min(excess)) if excess else 0.0
    enter = policy.enter if settled else policy.first_day
    _open_or_close(policy, state, score, may_open=score >= enter and warm and observed.alertable)
    if state.index + 1 == policy.silence == baseline.known and baseline.total <= policy.silent_posts:
        state.assume_silence(policy)
    verdict = BinState.SPIKE if state.open else BinState.QUIET if warm else BinState.WARMING
    return state, Scored(observed.start, count, expected, score, verdict, provisional, excess)


def _advance(policy: DetectorPolicy, state: DetectorState, start: datetime) -> None:
    """Move to the bin that starts then, over unknown ones where some were left out."""
    if state.origin is None:
        if start.tzinfo is None:
            raise ValueError(f"The bin of {start} has no time zone: say UTC.")
        state.origin = start
    index = (start - state.origin + policy.width / 2) // policy.width
    missing = index - state.index - 1
    if missing < 0:
        raise OutOfOrder(f"The bin of {start} is not later than the one before it.")
    if missing:
        _pass_over(policy, state, index)
    state.index = index
    _calibrate(policy, state)


def _pass_over(policy: DetectorPolicy, state: DetectorState, index: int) -> None:
    state.index = max(state.index, index - _FORGOTTEN_DAYS * policy.bins_a_day - 1)
    while state.index + 1 < index:
        state.index += 1
        _calibrate(policy, state)
        _remember(policy, state, UNKNOWN, 0.0)


def _calibrate(policy: DetectorPolicy, state: DetectorState) -> None:
    """At the turn of a block, keep its maxima; let them speak only once they are hours old."""
    position = state.index % policy.block
    if position == 0 and state.index:
        state.finish_block(policy)
    if position == policy.block_age and state.maxima:
        state.refit()


def _remember(policy: DetectorPolicy, state: DetectorState, count: int, expected: float) -> None:
    """Take the bin into the trailing window and the baseline; an unknown one adds to neither side."""
    known = count >= 0
    state.long_counts.pop(0)
    state.long_counts.append(count if known else 0)
    state.long_expected.pop(0)
    state.long_expected.append(expected if known else 0.0)
    state.baseline.add(policy, state.index, count)


def _excess(
    policy: DetectorPolicy, state: DetectorState, count: int, expected: float, authors: int | None
) -> tuple[float, ...]:
    """The four reduced excesses, or nothing where the bin is no rise, or too small a one."""
    long_count, long_expected = sum(state.long_counts), sum(state.long_expected)
    short = (2.0 * (sqrt(count + ANSCOMBE) - sqrt(expected + ANSCOMBE)), count - expected)
    long = (
        2.0 * (sqrt(long_count + ANSCOMBE) - sqrt(long_expected + ANSCOMBE)),
        long_count - long_expected,
    )
    state.block_known += 1
    state.raise_maxima(short[0], short[1], long[0], long[1])
    posts, rise = (count, short[1]) if policy.half_hour < policy.long else (long_count, long[1])
    few = posts < policy.minimum_posts or rise < policy.minimum_excess
    if few or short[1] <= 0.0 or long[1] <= 0.0 or (authors is not None and authors < policy.minimum_authors):
        return ()
    fits = state.fits
    return reduced(fits[0], fits[1], short, expected) + reduced(fits[2], fits[3], long, long_expected)


def _open_or_close(policy: DetectorPolicy, state: DetectorState, score: float, *, may_open: bool) -> None:
    idle = state.index - state.last_raised
    raised = score >= policy.leave
    if idle > policy.hold or (idle == policy.hold and not raised):
        state.open = False
    if may_open:
        state.open = True
    if raised:
        state.last_raised = state.index
