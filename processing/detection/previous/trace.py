"""How one row came about: every figure between the counts and the score, for people who want to check it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

import msgspec

from processing.contract import BinState
from processing.detection.previous.baseline import MISSING
from processing.detection.previous.detector import Bin, DetectorPolicy, DetectorState, Scored, advance, step
from processing.detection.previous.return_level import ANSCOMBE, LONG, MOST, SHORT, calibrated, level


class Rule(StrEnum):
    """Why a score is what it is, as a sentence."""

    UNKNOWN = "the count is unknown, so nothing is said of the bin"
    WARMING = "too little of the series is known yet"
    NO_RISE = "the bin or the long window is no rise, so the score is 0"
    SMALL = "there are too few posts or too small an excess, so the score is 0"
    FEW_AUTHORS = "too few people spoke, so the score is 0"
    OVER = "the bin itself is ordinary, which bounds the score"
    WEIGHED = "the two windows' levels are weighed"


class Excess(msgspec.Struct, frozen=True):
    """One of the four: its value, the mode and scale of this series' six-hourly maxima, and its level."""

    name: str
    value: float
    mode: float
    scale: float

    @property
    def level(self) -> float:
        """-log10 of the probability that six hours hold as much."""
        return level((self.value - self.mode) / self.scale)


class Derivation(msgspec.Struct, frozen=True):
    """One row with everything that made it.

    `past` are (days before, posts a bin) that the expectation was made of; empty before the first day. `factor` is
    how busy the rest of the source was; 1 for a series that is not judged by its share.
    """

    scored: Scored
    past: tuple[tuple[int, float], ...]
    weekly: bool
    factor: float
    long_count: int
    long_expected: float
    excesses: tuple[Excess, ...]
    blocks: int
    rule: Rule
    enter: float
    policy: DetectorPolicy

    def lines(self) -> Iterator[str]:
        """It, for a terminal."""
        row, policy = self.scored, self.policy
        count = "unknown" if row.count is None else f"{row.count:,} posts"
        yield f"{row.start:%Y-%m-%d %H:%M} UTC, {_minutes(policy.width)}: {count}, {row.state}, score {row.score:.3f}"
        yield f"expected {row.expected:.3f}: {self._origin()}"
        yield from (f"  {days} days before: {mean:.3f}" for days, mean in self.past)
        if self.factor != 1.0:
            yield f"  times {self.factor:.3f}, for the rest of the source is that busy"
        window = _minutes(policy.long * policy.width)
        yield f"{window}: {self.long_count:,} posts, expected {self.long_expected:.3f}"
        yield f"calibrated by {self.blocks} blocks of six hours{', provisional' if row.provisional else ''}"
        for each in self.excesses:
            yield (
                f"  {each.name}: {each.value:.3f}, mode {each.mode:.3f}, scale {each.scale:.3f}, level {each.level:.3f}"
            )
        yield f"score {row.score:.3f}: {self.rule}"
        yield f"a spike begins at {self.enter:.2f} and lasts while the score is at least {policy.leave:.2f}"

    def _origin(self) -> str:
        if not self.past:
            return "the mean of everything before"
        kind = "the same half hour of the last weeks" if self.weekly else "the same time on the last days"
        known = len(self.past)
        trimmed = known == 4 if self.weekly else known > 2
        return f"{kind}, their mean{' without the lowest and the highest' if trimmed else ''}"


def derive(policy: DetectorPolicy, state: DetectorState, observed: Bin) -> Derivation:
    """Judge a bin as `step` does, leaving the state as it was, and tell how.

    Raises:
        OutOfOrder: the bin starts no later than the last one.
    """
    before = DetectorState.from_json(policy, state.to_json())
    advance(policy, before, observed.start)
    after, scored = step(policy, DetectorState.from_json(policy, state.to_json()), observed)
    baseline = before.baseline
    weekly = baseline.rivals.weekly and baseline.weekly >= 0.0
    lag, means = (
        (7, baseline.weekly_means(policy, before.index)) if weekly else (1, baseline.day_means(policy, before.index))
    )
    settled = before.silent_before or baseline.known >= policy.bins_a_day
    warm = before.silent_before or baseline.known >= policy.warm
    excesses = _excesses(policy, after, scored) if scored.count is not None and warm else ()
    return Derivation(
        scored,
        tuple((number * lag, mean) for number, mean in enumerate(means, 1) if mean != MISSING),
        weekly,
        1.0 if after.rest is None else scored.expected / baseline.expected(policy, before.index),
        sum(after.long_counts),
        sum(after.long_expected),
        excesses,
        before.known_blocks,
        _rule(policy, observed, scored, excesses, warm=warm),
        policy.enter if settled else policy.first_day,
        policy,
    )


def _excesses(policy: DetectorPolicy, state: DetectorState, scored: Scored) -> tuple[Excess, ...]:
    found = []
    windows = (
        (_minutes(policy.width), scored.count or 0, scored.expected),
        (_minutes(policy.long * policy.width), sum(state.long_counts), sum(state.long_expected)),
    )
    for number, (window, count, expected) in enumerate(windows):
        anscombe, raw = state.fits[2 * number : 2 * number + 2]
        mode, scale, raw_mode, raw_scale = calibrated(anscombe, raw, expected)
        deviation = 2.0 * ((count + ANSCOMBE) ** 0.5 - (expected + ANSCOMBE) ** 0.5)
        found.append(Excess(f"{window}, in standard deviations", deviation, mode, scale))
        found.append(Excess(f"{window}, in posts", count - expected, raw_mode, raw_scale))
    return tuple(found)


def _rule(policy: DetectorPolicy, observed: Bin, scored: Scored, excesses: tuple[Excess, ...], *, warm: bool) -> Rule:
    if scored.state is BinState.UNKNOWN:
        return Rule.UNKNOWN
    if not warm:
        return Rule.WARMING
    if excesses[1].value <= 0.0 or excesses[3].value <= 0.0:
        return Rule.NO_RISE
    if not scored.reduced:
        few = observed.authors is not None and observed.authors < policy.minimum_authors
        return Rule.FEW_AUTHORS if few else Rule.SMALL
    short, long = (min(each.level for each in excesses[first : first + 2]) for first in (0, 2))
    return Rule.OVER if MOST * short < SHORT * short + LONG * long else Rule.WEIGHED


def _minutes(width: timedelta) -> str:
    return f"{width // timedelta(minutes=1)} minutes"
