"""Which bins of many series are a surge, each decided from the bins before it and itself alone.

`judge` takes every series of one scale through a stretch of bins. It compares the short and the long window that end
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
from processing.detection.return_level import Fit, Maxima, calibrated, excesses, level
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
    begun: int
    """The first bin that was judged."""
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
        kept, shape = max(scale.day + scale.long, scale.silence) + 2 * (scale.half_window + scale.block), (series,)
        return cls(
            start,
            start,
            Timeline.begin_at(shape, start, kept, blank=np.nan),
            Timeline.begin_at(shape, start, kept, blank=0.0),
            Timeline.begin_at(shape, start, kept, blank=0.0),
            Timeline.begin_at(shape, start, kept, blank=0, kind=np.uint8),
            Timeline.begin_at(shape, start, (scale.past + 1) * scale.day, blank=np.nan, kind=np.float32),
            Maxima.begin_at(series, start // scale.block, policy.blocks),
        )

    @property
    def timelines(self) -> tuple[Timeline, ...]:
        """All that have the scale's bins."""
        return self.counts, self.backfilled, self.expected, self.flags, self.means

    def take(self, rows: Integers) -> ScaleState:
        """Another one, of series that have these rows' past."""
        counts, backfilled, expected, flags, means = (each.take(rows) for each in self.timelines)
        return ScaleState(self.next, self.begun, counts, backfilled, expected, flags, means, self.maxima.take(rows))

    def assume_silence(self, policy: DetectorPolicy, scale: Scale) -> None:
        """Take the two days before the first bin as known and empty."""
        since = self.next - _EMPTY_DAYS * scale.day
        for each, value in ((self.counts, 0.0), (self.expected, policy.floor), (self.means, 0.0)):
            each.read(max(since, each.begin), self.next)[:] = value
        known = np.ones((len(self.counts.values), scale.block), dtype=bool)
        expected = np.stack([known * (length * policy.floor) for length in (scale.short, scale.long)])
        for block in range(since // scale.block, self.next // scale.block):
            self.maxima.take_in(block, excesses(0.0 * expected, expected), known, ~known)


Place = slice | int | Integers | list[int]


class Windows(NamedTuple):
    """Posts and expectations of the short and the long window: [window, ...]."""

    posts: Floats
    expected: Floats

    def at(self, *where: Place) -> Windows:
        """Those of some series and bins."""
        return Windows(self.posts[:, *where], self.expected[:, *where])


class Judged(NamedTuple):
    """The detector's word on a stretch of bins: [series, bin]. `settled`: the days before are known."""

    start: int
    counts: Floats
    expected: Floats
    score: Floats
    raised: Flags
    spike: Flags
    warm: Flags
    settled: Flags
    slow: Flags
    """Where the slow scale's score stands for the fast one's."""
    windows: Windows

    def until(self, end: int) -> Judged:
        """It, as far as it has come."""
        part = slice(end - self.start)
        counts, expected, score = (each[:, part] for each in (self.counts, self.expected, self.score))
        raised, spike, warm = (each[:, part] for each in (self.raised, self.spike, self.warm))
        settled, slow, windows = self.settled[:, part], self.slow[:, part], self.windows.at(slice(None), part)
        return Judged(self.start, counts, expected, score, raised, spike, warm, settled, slow, windows)


def longest(scale: Scale) -> int:
    """How many bins may be judged at once: the days before, with what is said of them, are then known of each."""
    return scale.day - scale.half_window


def finished(scale: Scale, state: ScaleState, bin_: int) -> int:
    """The number of the first block that is not old enough to calibrate a bin; those before the first bin are."""
    return max(state.begun // scale.block, (bin_ - scale.block_age) // scale.block)


def next_cut(scale: Scale, start: int, end: int) -> int:
    """How far the same blocks calibrate the bins from `start` on."""
    return min(end, ((start - scale.block_age) // scale.block + 1) * scale.block + scale.block_age)


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
    """Judge the bins from `state.next` on, at most `longest` of them.

    Expectations are multiplied by `busy`. Bins in `other` are of a spike on the other scale: they are in no window.
    """
    start, end = state.next, state.next + counts.shape[1]
    for each in state.timelines:
        each.reach(start, end)
    state.counts.read(start, end)[:] = counts
    state.backfilled.read(start, end)[:] = 0.0 if backfilled is None else backfilled
    expected, settled, warm = _expect(policy, scale, state, start, end)
    if busy is not None:
        expected = baseline.rounded(policy.floor, expected * busy)
    state.expected.read(start, end)[:] = expected
    flags = state.flags.read(start, end)
    flags[:] = ~warm * np.uint8(COLD)
    if other is not None:
        flags |= other * np.uint8(OTHER)
    blocks = _finishing(scale, state, start, end)
    first = blocks.start * scale.block if blocks else start
    windows = window_sums(scale, state, first, end)
    excess = excesses(*windows.at(slice(None), slice(max(0, blocks.stop * scale.block - first))))
    now = windows.at(slice(None), slice(start - first, None))
    raised, spike, slow = (np.zeros(counts.shape, dtype=bool) for _ in range(3))
    judged = Judged(start, counts, expected, np.zeros(counts.shape), raised, spike, warm, settled, slow, now)
    large = warm & is_large(scale, now)
    while state.next < end:
        cut = next_cut(scale, state.next, end)
        for block in _finishing(scale, state, state.next, state.next + 1):
            _take_in(scale, state, block, excess[:, :, block * scale.block - first :])
        _score(scale, state, judged, large, cut)
        _follow(policy, scale, state, judged, cut)
        state.next = cut
    return judged


def _expect(
    policy: DetectorPolicy, scale: Scale, state: ScaleState, start: int, end: int
) -> tuple[Floats, Flags, Flags]:
    """What each bin should hold, whether that comes of days before, and whether enough is known to say anything."""
    first, last = start - scale.day, end - scale.day
    around = first - scale.half_window, last + scale.half_window
    masked = (state.flags.read(*around) & _MASKED) > 0
    # By now it is known which of yesterday's bins were of a spike.
    earlier = state.means.before(first, last, scale.day, scale.past - 1)
    state.means.read(first, last)[:] = baseline.day_mean(scale, _known_counts(state, *around), masked, earlier)
    mean, days = baseline.by_days(state.means.before(start, end, scale.day, scale.past))
    settled = days >= scale.days
    warm = ~np.isnan(state.counts.read(start, end))
    young = np.nonzero(~settled.all(axis=1))[0]
    if scale.days == 1 and len(young):
        usual, number = baseline.of_first_day(scale, _known_counts(state, first, end)[young])
        mean[young] = np.where(settled[young], mean[young], usual)
        warm[young] &= settled[young] | (number >= scale.warm)
    elif len(young):
        warm &= settled
    return baseline.rounded(policy.floor, mean), settled, warm


def _known_counts(state: ScaleState, start: int, end: int) -> Floats:
    """The counts of which dead stretches are unknown."""
    dead = (state.flags.read(start, end) & DEAD) > 0
    counts = state.counts.read(start, end)
    return np.where(dead, np.nan, counts) if dead.any() else counts


def window_sums(scale: Scale, state: ScaleState, start: int, end: int) -> Windows:
    """Posts and expectations of the windows that end with some bins; an unknown bin adds to neither."""
    first, back = start - scale.long + 1, scale.long - scale.short
    counts, means = state.counts.read(first, end), state.expected.read(first, end)
    known = ~np.isnan(counts)
    if scale.bins > 1:
        known &= (state.flags.read(first, end) & OTHER) == 0
    if not known.all():
        counts, means = np.where(known, counts, 0.0), np.where(known, means, 0.0)
    posts, expected = (
        np.stack([trailing(each[:, back:], scale.short), trailing(each, scale.long)]) for each in (counts, means)
    )
    return Windows(posts, expected)


def _finishing(scale: Scale, state: ScaleState, start: int, end: int) -> range:
    """The blocks that get old enough to calibrate from one of some bins on."""
    return range(finished(scale, state, start - 1), finished(scale, state, end - 1))


def _take_in(scale: Scale, state: ScaleState, block: int, excess: Floats) -> None:
    first, end = block * scale.block, (block + 1) * scale.block
    flags = state.flags.read(first, end)
    known = ~np.isnan(state.counts.read(first, end)) & ((flags & (DEAD | COLD)) == 0)
    state.maxima.take_in(block, excess[:, :, : scale.block], known, (flags & APART) > 0)


def _score(scale: Scale, state: ScaleState, judged: Judged, large: Flags, cut: int) -> None:
    """Score the bins from the next one on that are a rise, and no small one."""
    start = state.next - judged.start
    large = large[:, start : cut - judged.start]
    rows, bins = large.nonzero()
    if len(rows):
        bins += start
        some = large.any(axis=1)
        fit = state.maxima.fit(np.nonzero(some)[0], finished(scale, state, state.next)).take(
            (np.cumsum(some) - 1)[rows]
        )
        judged.score[rows, bins] = score_of(levels(fit, judged.windows.at(rows, bins)))


def is_large(scale: Scale, windows: Windows) -> Flags:
    """Which bins are a rise, and no small one."""
    (short_posts, long_posts), (short_mean, long_mean) = windows
    large: Flags = (short_posts > short_mean) & (long_posts >= scale.minimum_posts)
    large &= (long_posts - long_mean >= scale.minimum_excess) & (long_mean <= scale.most_expected)
    return large


def levels(fit: Fit, windows: Windows) -> Floats:
    """[kind, bin]: the return levels of some bins' excesses."""
    mode, scale = calibrated(fit, windows.expected)
    return level((excesses(*windows) - mode) / scale)


def score_of(levels: NDArray[np.float64]) -> Floats:
    """The score of bins from their four levels.

    Of each window the lower level counts: an excess must be large beside the noise and in posts. The two are averaged,
    `SHORT` of the one for the short window: a surge need not be as rare in every bin as it is over half an hour.
    """
    short, long = np.minimum(levels[0], levels[1]), np.minimum(levels[2], levels[3])
    score: Floats = SHORT * short + (1.0 - SHORT) * long
    return score


def _follow(policy: DetectorPolicy, scale: Scale, state: ScaleState, judged: Judged, cut: int) -> None:
    """Flag the bins that are raised, and those of a spike.

    A spike lasts from a bin that opens it until `hold` bins behind the last raised one.
    """
    part = slice(state.next - judged.start, cut - judged.start)
    raised = judged.score[:, part] >= policy.leave
    before = state.flags.read(state.next - scale.hold, state.next)
    rows = np.nonzero(raised.any(axis=1) | ((before[:, -1] & SPIKE) > 0))[0]
    if not len(rows):
        return
    raised, before, score = raised[rows], before[rows], judged.score[rows, part]
    opens = score >= np.where((judged.settled & judged.warm)[rows, part], policy.enter, policy.first_day)
    if opens.any():
        opens &= _may_open(scale, state, rows, cut)
    bins = np.arange(state.next - scale.hold, cut)
    all_raised = np.concatenate([(before & RAISED) > 0, raised], axis=1)
    last_raised = np.maximum.accumulate(np.where(all_raised, bins, 0), axis=1)[:, scale.hold :]
    now = bins[scale.hold :]
    over = np.maximum.accumulate(np.where(now - last_raised >= scale.hold, now, 0), axis=1)
    spike = _lasts(opens, (before[:, -1] & SPIKE) > 0, over, now)
    ordinary = np.maximum.accumulate(np.where(raised | spike, 0, now), axis=1)
    apart = _lasts(score >= scale.apart, (before[:, -1] & APART) > 0, ordinary, now)
    judged.spike[rows, part] = spike
    state.flags.read(state.next, cut)[rows] |= (
        raised * np.uint8(RAISED) | spike * np.uint8(SPIKE) | apart * np.uint8(APART)
    )


def _may_open(scale: Scale, state: ScaleState, rows: Integers, cut: int) -> Flags:
    """Whether a bin may begin a spike: not while most of what came is backfilled, or soon behind the other scale's."""
    window = state.next - scale.long + 1, cut
    counts = np.nan_to_num(state.counts.read(*window)[rows])
    may: Flags = 2 * trailing(state.backfilled.read(*window)[rows], scale.long) <= trailing(counts, scale.long)
    if scale.silence:
        others = (state.flags.read(state.next - scale.silence, cut)[rows] & OTHER) > 0
        may &= trailing(others.astype(np.float64), scale.silence + 1) == 0
    return may


def _lasts(begins: Flags, before: Flags, over: Integers, now: Integers) -> Flags:
    """What begins in some bins lasts until it is over."""
    begun = np.maximum.accumulate(np.where(begins, now, 0), axis=1)
    begun = np.maximum(begun, np.where(before, now[0] - 1, 0)[:, None])
    lasts: Flags = begun > over
    return lasts
