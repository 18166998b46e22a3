"""Which bins of many series are a surge, each decided from the bins before it and itself alone.

`judge` takes every series of one scale through a block of bins. It compares the short and the long window that end
with a bin with the same time on the days before (`baseline`) and asks how rare each of the two excesses is for its
series, beside the noise and in posts (`return_level`). docs/spikes.md has the formula with an example.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from processing.detection import baseline
from processing.detection.policy import DetectorPolicy, Scale
from processing.detection.return_level import ANSCOMBE, KINDS, Maxima, calibrated, level
from processing.detection.timeline import Flags, Floats, Integers, Timeline, trailing

RAISED, SPIKE, APART, DEAD, OTHER, COLD = 1, 2, 4, 8, 16, 32
"""What is said of a bin: it is above `leave`, of a spike, of a spike that calibrates nothing, of a dead stretch, of a
spike on the other scale, of a time when too little was known."""
_MASKED = RAISED | SPIKE | OTHER
_EMPTY_DAYS = 2
SHORT = 0.25
"""What the short window weighs in a score."""


@dataclass
class ScaleState:
    """All series of one scale so far. Bins have numbers that count up from 1970; rows are series."""

    next: int
    """The first bin that is not judged yet."""
    counts: Timeline
    """Posts a bin; NaN where they are unknown."""
    backfilled: Timeline
    expected: Timeline
    flags: Timeline
    means: Timeline
    """See `baseline.day_mean`."""
    maxima: Maxima

    @classmethod
    def begin_at(cls, policy: DetectorPolicy, scale: Scale, series: int, start: int) -> Self:
        """Nothing is known before this bin."""
        kept = max(scale.day + scale.long + 2 * scale.half_window + 2 * scale.block, scale.silence)
        return cls(
            start,
            Timeline.begin_at(series, start, kept, blank=np.nan),
            Timeline.begin_at(series, start, kept, blank=0.0),
            Timeline.begin_at(series, start, kept, blank=0.0),
            Timeline.begin_at(series, start, kept, blank=0, kind=np.uint8),
            Timeline.begin_at(series, start, (scale.past + 1) * scale.day, blank=np.nan, kind=np.float32),
            Maxima.begin_at(series, start // scale.block, policy.blocks),
        )

    @property
    def timelines(self) -> tuple[Timeline, ...]:
        """All of them."""
        return self.counts, self.backfilled, self.expected, self.flags, self.means

    def take(self, rows: Integers) -> ScaleState:
        """Another one, of series that have these rows' past."""
        counts, backfilled, expected, flags, means = (each.take(rows) for each in self.timelines)
        return ScaleState(self.next, counts, backfilled, expected, flags, means, self.maxima.take(rows))

    def assume_silence(self, policy: DetectorPolicy, scale: Scale) -> None:
        """Take the two days before the first bin as known and empty."""
        since = self.next - _EMPTY_DAYS * scale.day
        self.counts.read(max(since, self.counts.begin), self.next)[:] = 0.0
        self.expected.read(max(since, self.expected.begin), self.next)[:] = policy.floor
        self.means.read(since, self.next)[:] = 0.0
        floor = np.full((len(self.counts.values), scale.block), policy.floor)
        nothing = np.zeros_like(floor)
        windows = ((nothing, scale.short * floor), (nothing, scale.long * floor))
        known = np.ones(floor.shape, dtype=bool)
        for block in range(since // scale.block, self.next // scale.block):
            self.maxima.take_in(block, excesses(windows), known, ~known)
        self.maxima.fit()


class Judged(NamedTuple):
    """The detector's word on a block of bins of one scale: [series, bin].

    `count` and `mean` are posts and expectation of the long window; `settled` tells series whose days before are known.
    """

    start: int
    score: Floats
    spike: Flags
    expected: Floats
    warm: Flags
    settled: Flags
    short: tuple[Floats, Floats]
    long: tuple[Floats, Floats]


def next_cut(scale: Scale, start: int, end: int) -> int:
    """How far a block that begins at `start` may reach: the maxima of more blocks count from there on."""
    return min(end, start + scale.block - (start - scale.block_age) % scale.block)


def has_days(scale: Scale, state: ScaleState, start: int, end: int) -> Flags:
    """Which series are settled in all of some bins, whatever yesterday was: [series]."""
    state.means.reach(start, end)
    known: Flags = np.zeros((len(state.counts.values), end - start), dtype=bool)
    for lag in range(2, scale.past + 1):
        known |= state.means.read(start - lag * scale.day, end - lag * scale.day) >= 0.0
        if known.all():
            break
    settled: Flags = known.all(axis=1)  # type: ignore[assignment]
    return settled


def judge(
    policy: DetectorPolicy,
    scale: Scale,
    state: ScaleState,
    counts: Floats,
    backfilled: Floats | None,
    *,
    busy: Floats | None = None,
    other: Flags | None = None,
) -> Judged:
    """Judge the bins from `state.next` on, no further than `next_cut`.

    Expectations are multiplied by `busy`. Bins in `other` are of a spike on the other scale: they are in no window.
    """
    start, end = state.next, state.next + counts.shape[1]
    for each in state.timelines:
        each.reach(start, end)
    state.counts.read(start, end)[:] = counts
    state.backfilled.read(start, end)[:] = 0.0 if backfilled is None else backfilled
    _finish_blocks(scale, state, start)
    expected, settled, warm = _expect(policy, scale, state, start, end)
    if busy is not None:
        expected = baseline.rounded(policy.floor, expected * busy)
    state.expected.read(start, end)[:] = expected
    flags = state.flags.read(start, end)
    flags[:] = ~warm * np.uint8(COLD)
    if other is not None:
        flags |= other * np.uint8(OTHER)
    short, long = window_sums(scale, state, start, end)
    score = _score(scale, state.maxima, (short, long), warm)
    spike = _follow(policy, scale, state, score, settled & warm)
    state.next = end
    return Judged(start, score, spike, expected, warm, settled, short, long)


def _expect(
    policy: DetectorPolicy, scale: Scale, state: ScaleState, start: int, end: int
) -> tuple[Floats, Flags, Flags]:
    """What each bin should hold, whether that comes of days before, and whether enough is known to say anything."""
    _keep_means(scale, state, start, end)
    mean, days = baseline.by_days(state.means, scale, start, end)
    settled = days >= scale.days
    known = ~np.isnan(state.counts.read(start, end))
    if scale.days > 1 or settled.all():
        return baseline.rounded(policy.floor, np.nan_to_num(mean)), settled, known & settled
    past = _known_counts(state, start - scale.day, end)
    mean = np.where(settled, mean, baseline.of_first_day(scale, past))
    number = trailing((~np.isnan(past)).astype(np.float64), scale.day)[:, :-1]
    return baseline.rounded(policy.floor, mean), settled, known & (settled | (number >= scale.warm))


def _keep_means(scale: Scale, state: ScaleState, start: int, end: int) -> None:
    """Write down what yesterday's bins were like, one day later: by then it is known which were a spike."""
    first, last = start - scale.day, end - scale.day
    counts = _known_counts(state, first - scale.half_window, last + scale.half_window)
    masked = (state.flags.read(first - scale.half_window, last + scale.half_window) & _MASKED) > 0
    earlier = np.stack(
        [state.means.read(first - lag * scale.day, last - lag * scale.day) for lag in range(1, scale.past)], axis=1
    )
    state.means.read(first, last)[:] = baseline.day_mean(scale, counts, masked, earlier)


def _known_counts(state: ScaleState, start: int, end: int) -> Floats:
    """The counts of which dead stretches are unknown."""
    dead = (state.flags.read(start, end) & DEAD) > 0
    counts = state.counts.read(start, end)
    return np.where(dead, np.nan, counts) if dead.any() else counts


def window_sums(
    scale: Scale, state: ScaleState, start: int, end: int
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Posts and expectation of the short window, and of the long one; an unknown bin adds to neither."""
    first = start - scale.long + 1
    counts, means = state.counts.read(first, end), state.expected.read(first, end)
    known = ~np.isnan(counts)
    if scale.bins > 1:
        known &= (state.flags.read(first, end) & OTHER) == 0
    if not known.all():
        counts, means = np.where(known, counts, 0.0), np.where(known, means, 0.0)
    back = scale.long - scale.short
    short = (trailing(counts[:, back:], scale.short), trailing(means[:, back:], scale.short))
    return short, (trailing(counts, scale.long), trailing(means, scale.long))


def excesses(windows: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]) -> Floats:
    """[kind, series, bin]: of both windows on Anscombe's scale and in posts."""
    found = []
    for count, mean in windows:
        found.append(2.0 * (np.sqrt(count + ANSCOMBE) - np.sqrt(mean + ANSCOMBE)))
        found.append(count - mean)
    return np.stack(found)


def _finish_blocks(scale: Scale, state: ScaleState, start: int) -> None:
    """Take in the blocks that are old enough by now."""
    last = (start - scale.block_age) // scale.block
    if last <= state.maxima.next:
        return
    kept = (state.counts.begin + scale.long) // scale.block + 1
    state.maxima.skip(max(state.maxima.next, min(kept, last)))
    for block in range(state.maxima.next, last):
        first, end = block * scale.block, (block + 1) * scale.block
        flags = state.flags.read(first, end)
        known = ~np.isnan(state.counts.read(first, end)) & ((flags & (DEAD | COLD)) == 0)
        excess = excesses(window_sums(scale, state, first, end))
        state.maxima.take_in(block, excess, known, (flags & APART) > 0)
    state.maxima.fit()


def _score(
    scale: Scale, maxima: Maxima, windows: tuple[tuple[Floats, Floats], tuple[Floats, Floats]], warm: Flags
) -> Floats:
    score = np.zeros(warm.shape)
    rows, bins = np.nonzero(warm & _is_large(scale, windows))
    if len(rows):
        short, long = ((count[rows, bins], mean[rows, bins]) for count, mean in windows)
        score[rows, bins] = score_of(levels(maxima, rows, (short, long)))
    return score


def score_windows(
    scale: Scale, maxima: Maxima, rows: Integers, windows: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
) -> Floats:
    """The scores of some bins, of which `rows` are the series, by posts and expectation of their windows."""
    return np.where(_is_large(scale, windows), score_of(levels(maxima, rows, windows)), 0.0)


def _is_large(scale: Scale, windows: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]) -> Flags:
    """Which bins are a rise, and no small one."""
    (short_count, short_mean), (long_count, long_mean) = windows
    large: Flags = (short_count > short_mean) & (long_count >= scale.minimum_posts)
    large &= (long_count - long_mean >= scale.minimum_excess) & (long_mean <= scale.most_expected)
    return large


def levels(maxima: Maxima, rows: Integers, windows: tuple[tuple[Floats, Floats], ...]) -> Floats:
    """[kind, bin]: the return levels of some bins' excesses; `windows` are posts and expectation of both windows."""
    found = np.empty((KINDS, len(rows)))
    for number, (count, mean) in enumerate(windows):
        values = (2.0 * (np.sqrt(count + ANSCOMBE) - np.sqrt(mean + ANSCOMBE)), count - mean)
        for unit, value in enumerate(values):
            kind = 2 * number + unit
            mode, spread = calibrated(maxima, kind, rows, mean)
            found[kind] = (value - mode) / spread
    return level(found)


def score_of(levels: NDArray[np.float64]) -> Floats:
    """The score of bins from their four levels.

    Of each window the lower level counts: an excess must be large beside the noise and in posts. The two are averaged,
    `SHORT` of the one for the short window: a surge need not be as rare in every bin as it is over half an hour.
    """
    short, long = np.minimum(levels[0], levels[1]), np.minimum(levels[2], levels[3])
    score: Floats = SHORT * short + (1.0 - SHORT) * long
    return score


def _follow(policy: DetectorPolicy, scale: Scale, state: ScaleState, score: Floats, settled: Flags) -> Flags:
    """Flag the bins that are raised, and those of a spike.

    A spike lasts from a bin that opens it until `hold` bins behind the last raised one.
    """
    start, end = state.next, state.next + score.shape[1]
    raised = score >= policy.leave
    flags = state.flags.read(start, end)
    before = state.flags.read(start - scale.hold, start)
    if not raised.any() and not (before[:, -1] & SPIKE).any():
        return np.zeros(score.shape, dtype=bool)
    opens = score >= np.where(settled, policy.enter, policy.first_day)
    opens &= ~_mostly_backfilled(scale, state, start, end)
    if scale.silence:
        others = (state.flags.read(start - scale.silence, end) & OTHER) > 0
        opens &= trailing(others.astype(np.float64), scale.silence + 1) == 0
    bins = np.arange(start - scale.hold, end)
    all_raised = np.concatenate([(before & RAISED) > 0, raised], axis=1)
    last_raised = np.maximum.accumulate(np.where(all_raised, bins, 0), axis=1)[:, scale.hold :]
    now = bins[scale.hold :]
    over = np.maximum.accumulate(np.where(now - last_raised >= scale.hold, now, 0), axis=1)
    spike = _lasts(opens, (before[:, -1] & SPIKE) > 0, over, now)
    apart = _lasts(score >= scale.apart, (before[:, -1] & APART) > 0, over, now)
    flags[:] |= raised * np.uint8(RAISED) | spike * np.uint8(SPIKE) | apart * np.uint8(APART)
    return spike


def _lasts(begins: Flags, before: Flags, over: Integers, now: Integers) -> Flags:
    """What begins in some bins lasts until it is over."""
    begun = np.maximum.accumulate(np.where(begins, now, 0), axis=1)
    begun = np.maximum(begun, np.where(before, now[0] - 1, 0)[:, None])
    lasts: Flags = begun > over
    return lasts


def _mostly_backfilled(scale: Scale, state: ScaleState, start: int, end: int) -> Flags:
    backfilled = state.backfilled.read(start - scale.long + 1, end)
    if not backfilled.any():
        return np.zeros((len(backfilled), end - start), dtype=bool)
    backfilled = trailing(backfilled, scale.long)
    counts = np.nan_to_num(state.counts.read(start - scale.long + 1, end))
    mostly: Flags = 2 * backfilled > trailing(counts, scale.long)
    return mostly
