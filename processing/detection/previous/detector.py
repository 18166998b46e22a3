"""Which bins of a series are a surge, each decided from the bins before it and itself alone.

`step` compares the bin, and the half hour that it ends, with the same time on the days before (`baseline`), asks
how rare each of the two excesses is for this series, beside the noise and in posts (`level`), and weighs the two.
docs/spikes.md has the formula with an example.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import sqrt

import msgspec

from processing.contract import BinState, Severity
from processing.detection.previous.background import Rest
from processing.detection.previous.baseline import UNKNOWN
from processing.detection.previous.policy import DetectorPolicy
from processing.detection.previous.return_level import ANSCOMBE, level, reduced
from processing.detection.previous.return_level import score as score_of
from processing.detection.previous.state import DetectorState

__all__ = ["Bin", "DetectorPolicy", "DetectorState", "OutOfOrder", "Scored", "severity", "step"]

_FORGOTTEN_DAYS = 29
"""A gap as long as this leaves nothing to calibrate or compare with: it and a longer one are passed over at once."""
_UNKNOWN, _SPIKE, _QUIET, _WARMING = BinState.UNKNOWN, BinState.SPIKE, BinState.QUIET, BinState.WARMING


class Bin(msgspec.Struct, frozen=True, gc=False):
    """What is known of one bin when it closes.

    `count` is None where the collector was silent or behind: unknown, not zero. `authors` are the distinct ones
    of the half hour that ends with the bin, where known. A half hour made mostly of backfill is not `alertable`: it is
    history, and opens no spike. `total` are all posts that the source delivered, these among them, for a series that
    is to be judged by its share: give it for every bin or for none. `surge`: of a language, the posts of its topic in
    all languages over the same half hour, while those are a spike; 0 while they are none. See `DetectorPolicy.joining`.
    """

    start: datetime
    count: int | None
    authors: int | None = None
    alertable: bool = True
    total: int | None = None
    surge: int = 0


class Scored(msgspec.Struct, frozen=True, gc=False):
    """The detector's word on one bin.

    `expected` are posts a bin. `score` weighs the levels of both windows (`level.score`), and is 0 where the series
    is too small, has too few authors or did not rise. `state` is SPIKE from the bin that reached `enter` until the
    score has been below `leave` for an hour.
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
    alone = policy
    if observed.surge:
        policy = policy.joining(observed.surge)
    advance(policy, state, observed.start)
    baseline, index = state.baseline, state.index
    usual = baseline.expected(policy, index)
    expected = usual if state.rest is None and observed.total is None else _by_share(policy, state, observed, usual)
    provisional = state.known_blocks < policy.settled_blocks
    count = observed.count
    if count is None:
        _miss(policy, state, usual)
        return state, Scored(observed.start, None, expected, 0.0, _UNKNOWN, provisional)
    warm = state.silent_before or baseline.known >= policy.warm
    counts, means = state.long_counts, state.long_expected  # as in `_miss`; one call more in each bin costs 3 %
    del counts[0], means[0]
    counts.append(count)
    means.append(expected)
    baseline.add(policy, index, count, usual)
    excess = _excess(policy, state, count, expected, observed.authors) if warm else ()
    score = score_of(excess) if excess else 0.0
    if observed.surge and score > alone.highest:
        large = _is_large(alone, *_posts_and_rise(alone, state, count, expected))
        score = score if large else alone.highest
    if score or state.open:
        settled = state.silent_before or baseline.known > policy.bins_a_day  # this bin is one of them by now
        enter = policy.enter if settled else policy.first_day
        _open_or_close(policy, state, score, may_open=score >= enter and observed.alertable)
    if baseline.known == policy.silence == index + 1 and not state.silent_before:
        state.look_for_silence(policy)
    verdict = _SPIKE if state.open else _QUIET if warm else _WARMING
    return state, Scored(observed.start, count, expected, score, verdict, provisional, excess)


def advance(policy: DetectorPolicy, state: DetectorState, start: datetime) -> None:
    """Move to the bin that starts then, over unknown ones where some were left out."""
    if start == state.due:
        state.index += 1
        state.due += policy.width
    else:
        _find(policy, state, start)
    if state.index % policy.turn == 0:
        _turn(policy, state)


def _find(policy: DetectorPolicy, state: DetectorState, start: datetime) -> None:
    if state.origin is None:
        if start.tzinfo is None:
            raise ValueError(f"The bin of {start} has no time zone: say UTC.")
        state.origin = start.astimezone(UTC)  # differences within a zone with summer time are the wall's, not time's
    index = (start - state.origin + policy.width / 2) // policy.width
    if index <= state.index:
        raise OutOfOrder(f"The bin of {start} is not later than the one before it.")
    if index > state.index + 1:
        _pass_over(policy, state, index)
    state.index = index
    state.due = state.origin + (index + 1) * policy.width


def _pass_over(policy: DetectorPolicy, state: DetectorState, index: int) -> None:
    if index - state.index > _FORGOTTEN_DAYS * policy.bins_a_day:
        state.forget(policy)
        state.index = index - 1
    while state.index + 1 < index:
        state.index += 1
        if state.index % policy.turn == 0:
            _turn(policy, state)
        _miss(policy, state, 0.0)
        if state.rest is not None:
            state.rest.pass_over(policy, state.index)


def _turn(policy: DetectorPolicy, state: DetectorState) -> None:
    """At the turn of a half hour. When a block ends its maxima are kept; they speak once they are hours old."""
    state.baseline.turn(policy, state.index)
    if state.rest is not None:
        state.rest.turn(policy, state.index)
    position = state.index % policy.block
    if position == 0 and state.index:
        state.finish_block(policy)
    if position == policy.block_age and state.maxima:
        state.refit()


def _by_share(policy: DetectorPolicy, state: DetectorState, observed: Bin, usual: float) -> float:
    """The expectation, were the rest of the source as busy on the days before as it is now."""
    if state.rest is None:
        state.rest = Rest.begin(policy)
    known = observed.count is not None and observed.total is not None
    rest = max(0, (observed.total or 0) - (observed.count or 0)) if known else UNKNOWN
    return max(policy.floor, usual * state.rest.factor(policy, state.index, rest))


def _miss(policy: DetectorPolicy, state: DetectorState, usual: float) -> None:
    """Take an unknown bin into the trailing window, where it adds to neither side, and into the baseline."""
    counts, means = state.long_counts, state.long_expected
    del counts[0], means[0]
    counts.append(0)
    means.append(0.0)
    state.baseline.add(policy, state.index, UNKNOWN, usual)


def _excess(
    policy: DetectorPolicy, state: DetectorState, count: int, expected: float, authors: int | None
) -> tuple[float, float, float, float] | tuple[()]:
    """The four reduced excesses, or nothing where the bin is no rise, or too small a one."""
    long_count, long_expected = sum(state.long_counts), sum(state.long_expected)
    short_rise, long_rise = count - expected, long_count - long_expected
    short = 2.0 * (sqrt(count + ANSCOMBE) - sqrt(expected + ANSCOMBE))
    long = 2.0 * (sqrt(long_count + ANSCOMBE) - sqrt(long_expected + ANSCOMBE))
    state.raise_maxima(short, short_rise, long, long_rise)
    if short_rise <= 0.0 or long_rise <= 0.0:
        return ()
    posts, rise = (count, short_rise) if policy.half_hour < policy.long else (long_count, long_rise)
    if not _is_large(policy, posts, rise):
        return ()
    if authors is not None and authors < policy.minimum_authors:
        return ()
    fits = state.fits
    of_bin = reduced(fits[0], fits[1], short, short_rise, expected)
    return of_bin + reduced(fits[2], fits[3], long, long_rise, long_expected)


def _posts_and_rise(policy: DetectorPolicy, state: DetectorState, count: int, expected: float) -> tuple[float, float]:
    """Of the half hour, or of the bin where that is longer."""
    if policy.half_hour < policy.long:
        return count, count - expected
    posts = sum(state.long_counts)
    return posts, posts - sum(state.long_expected)


def _is_large(policy: DetectorPolicy, posts: float, rise: float) -> bool:
    return posts >= policy.minimum_posts and rise >= policy.minimum_excess


def _open_or_close(policy: DetectorPolicy, state: DetectorState, score: float, *, may_open: bool) -> None:
    idle = state.index - state.last_raised
    raised = score >= policy.leave
    if idle > policy.hold or (idle == policy.hold and not raised):
        state.open = False
    if may_open:
        state.open = True
    if raised:
        state.last_raised = state.index
