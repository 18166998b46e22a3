"""Which bins of many series are a surge, each decided from the bins before it and itself alone.

`ScaleState.judge` takes every series of one scale through a stretch of bins. It compares the short and the long window
that end with a bin with the same time on the days before (`baseline`) and asks how rare each of the two excesses is for
its series, beside the noise and in posts (`return_level`). docs/spikes.md has the formula with an example.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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


class Judged(NamedTuple):
    """The detector's word on a stretch of bins: [series, bin]. `settled`: the days before are known."""

    start: int
    counts: Floats
    expected: Floats
    score: Floats
    spike: Flags
    warm: Flags
    settled: Flags
    slow: Flags
    """Where the slow scale's score stands for the fast one's."""
    windows: Floats
    """See `ScaleState.window_sums`."""

    def part(self, first_row: int, end: int) -> Judged:
        """It, of the series from a row on, up to a bin."""
        arrays: tuple[NDArray[Any], ...] = self[1:]
        return Judged(self.start, *(each[..., first_row:, : end - self.start] for each in arrays))


class ScaleState:
    """All series of one scale so far. Bins have numbers that count up from 1970; rows are series."""

    def __init__(self, policy: DetectorPolicy, scale: Scale, series: int, start: int) -> None:
        """Nothing is known before the bin `start`."""
        self.policy, self.scale = policy, scale
        self.next = start
        """The first bin that is not judged yet."""
        self.begun = start
        """The first bin that was judged."""
        kept = max(scale.day + scale.long, scale.silence) + 2 * (scale.half_window + scale.block)
        self.counts = Timeline((series,), start, kept, blank=np.nan)
        """Posts a bin; NaN where they are unknown."""
        self.backfilled = Timeline((series,), start, kept, blank=0.0)
        self.expected = Timeline((series,), start, kept, blank=0.0)
        self.flags = Timeline((series,), start, kept, blank=0, kind=np.uint8)
        self.means = Timeline((series,), start, (scale.past + 1) * scale.day, blank=np.nan, kind=np.float32)
        """See `baseline.day_mean`."""
        self.timelines: tuple[Timeline, ...] = self.counts, self.backfilled, self.expected, self.flags, self.means
        self.maxima = Maxima(series, start // scale.block, policy.blocks)

    @property
    def longest(self) -> int:
        """How many bins may be judged at once: the days before, with what is said of them, are then known of each."""
        return self.scale.day - self.scale.half_window

    def add(self, series: int) -> None:
        """Go on with so many more series, each with the past of the first one."""
        for each in (*self.timelines, *self.maxima.timelines):
            each.add(series)

    def assume_silence(self) -> None:
        """Take the two days before the first bin as known and empty."""
        scale, floor = self.scale, self.policy.floor
        since = self.next - _EMPTY_DAYS * scale.day
        for each, value in ((self.counts, 0.0), (self.expected, floor), (self.means, 0.0)):
            each.read(max(since, each.begin), self.next)[:] = value
        known = np.ones((len(self.counts.values), scale.block), dtype=bool)
        expected = np.stack([known * (length * floor) for length in (scale.short, scale.long)])
        for block in range(since // scale.block, self.next // scale.block):
            self.maxima.take_in(block, excesses(0.0 * expected, expected), known, ~known)

    def judge(
        self,
        counts: Floats,
        backfilled: Floats | None = None,
        *,
        busy: Floats | None = None,
        other: Flags | None = None,
    ) -> Judged:
        """Judge the bins from `next` on, at most `longest` of them.

        Expectations are multiplied by `busy`. Bins in `other` are of a spike on the other scale: they are in no window.
        """
        start, end, length = self.next, self.next + counts.shape[1], self.scale.block
        for each in self.timelines:
            each.reach(start, end)
        self.counts.read(start, end)[:] = counts
        self.backfilled.read(start, end)[:] = 0.0 if backfilled is None else backfilled
        expected, settled, warm = self._expect(start, end)
        if busy is not None:
            expected = baseline.rounded(self.policy.floor, expected * busy)
        self.expected.read(start, end)[:] = expected
        flags = self.flags.read(start, end)
        flags[:] = ~warm * np.uint8(COLD)
        if other is not None:
            flags |= other * np.uint8(OTHER)
        blocks = self._finishing(start, end)
        first = blocks.start * length if blocks else start
        windows = self.window_sums(first, end)
        excess, now = excesses(*windows[..., : max(0, blocks.stop * length - first)]), windows[..., start - first :]
        score, spike, slow = np.zeros(counts.shape), np.zeros(counts.shape, bool), np.zeros(counts.shape, bool)
        judged = Judged(start, counts, expected, score, spike, warm, settled, slow, now)
        large = warm & self.is_large(now)
        while self.next < end:
            for block in self._finishing(self.next, self.next + 1):
                self._take_in(block, excess[:, :, block * length - first : (block + 1) * length - first])
            # So far the same blocks calibrate.
            cut = min(end, (self.finished(self.next) + 1) * length + self.scale.block_age)
            self._score(judged, large, cut)
            self._follow(judged, cut)
            self.next = cut
        return judged

    def _expect(self, start: int, end: int) -> tuple[Floats, Flags, Flags]:
        """What each bin should hold, whether that comes of days before, and whether enough is known to say anything."""
        scale = self.scale
        first, last = start - scale.day, end - scale.day
        around = first - scale.half_window, last + scale.half_window
        masked = (self.flags.read(*around) & _MASKED) > 0
        # By now it is known which of yesterday's bins were of a spike.
        earlier = self.means.before(first, last, scale.day, scale.past - 1)
        self.means.read(first, last)[:] = baseline.day_mean(scale, self._known_counts(*around), masked, earlier)
        mean, days = baseline.by_days(self.means.before(start, end, scale.day, scale.past))
        settled = days >= scale.days
        warm = ~np.isnan(self.counts.read(start, end))
        young = np.nonzero(~settled.all(axis=1))[0]
        if scale.days == 1 and len(young):
            usual, number = baseline.of_first_day(scale, self._known_counts(first, end)[young])
            mean[young] = np.where(settled[young], mean[young], usual)
            warm[young] &= settled[young] | (number >= scale.warm)
        elif len(young):
            warm &= settled
        return baseline.rounded(self.policy.floor, mean), settled, warm

    def _known_counts(self, start: int, end: int) -> Floats:
        """The counts of which dead stretches are unknown."""
        dead = (self.flags.read(start, end) & DEAD) > 0
        counts = self.counts.read(start, end)
        return np.where(dead, np.nan, counts) if dead.any() else counts

    def window_sums(self, start: int, end: int, rows: Integers | slice = slice(None)) -> Floats:
        """Posts and expectations of the short and the long window that end with some bins: [figure, window, row, bin].

        An unknown bin adds to neither.
        """
        first, back = start - self.scale.long + 1, self.scale.long - self.scale.short
        counts, means = self.counts.read(first, end)[rows], self.expected.read(first, end)[rows]
        known = ~np.isnan(counts)
        if self.scale.bins > 1:
            known &= (self.flags.read(first, end)[rows] & OTHER) == 0
        if not known.all():
            counts, means = np.where(known, counts, 0.0), np.where(known, means, 0.0)
        sums = [
            [trailing(each[:, back:], self.scale.short), trailing(each, self.scale.long)] for each in (counts, means)
        ]
        return np.array(sums)

    def finished(self, bin_: int) -> int:
        """The number of the first block that is not old enough to calibrate a bin; those before the first bin are."""
        return max(self.begun // self.scale.block, (bin_ - self.scale.block_age) // self.scale.block)

    def fit(self, rows: Integers, bin_: int) -> Fit:
        """What calibrates series at a bin; a row may stand several times."""
        return self.maxima.fit(rows, self.finished(bin_))

    def _finishing(self, start: int, end: int) -> range:
        """The blocks that get old enough to calibrate from one of some bins on."""
        return range(self.finished(start - 1), self.finished(end - 1))

    def _take_in(self, block: int, excess: Floats) -> None:
        first, end = block * self.scale.block, (block + 1) * self.scale.block
        flags = self.flags.read(first, end)
        known = ~np.isnan(self.counts.read(first, end)) & ((flags & (DEAD | COLD)) == 0)
        self.maxima.take_in(block, excess, known, (flags & APART) > 0)

    def _score(self, judged: Judged, large: Flags, cut: int) -> None:
        """Score the bins from the next one on that are a rise, and no small one."""
        start = self.next - judged.start
        rows, bins = large[:, start : cut - judged.start].nonzero()
        if len(rows):
            bins += start
            judged.score[rows, bins] = score_of(levels(self.fit(rows, self.next), judged.windows[:, :, rows, bins]))

    def is_large(self, windows: Floats) -> Flags:
        """Which bins are a rise, and no small one."""
        scale, ((short_posts, long_posts), (short_mean, long_mean)) = self.scale, windows
        large: Flags = (short_posts > short_mean) & (long_posts >= scale.minimum_posts)
        large &= (long_posts - long_mean >= scale.minimum_excess) & (long_mean <= scale.most_expected)
        return large

    def least(self, row: int, bin_: int, count: int, *, settled: bool) -> int:
        """The least posts, of the `count` of a bin, with which it would have opened its spike."""
        posts, expected = self.window_sums(bin_, bin_ + 1, np.array([row]))[:, :, 0]
        bar = self.policy.enter if settled else self.policy.first_day
        tried = np.array(np.broadcast_arrays(posts - count + np.arange(count + 1), expected))
        opens = self.is_large(tried) & (score_of(levels(self.fit(np.array([row]), bin_), tried)) >= bar)
        return int(np.argmax(opens)) if opens.any() else count

    def _follow(self, judged: Judged, cut: int) -> None:
        """Flag the bins that are raised, and those of a spike.

        A spike lasts from a bin that opens it until `hold` bins behind the last raised one.
        """
        scale, policy, part = self.scale, self.policy, slice(self.next - judged.start, cut - judged.start)
        raised = judged.score[:, part] >= policy.leave
        before = self.flags.read(self.next - scale.hold, self.next)
        rows = np.nonzero(raised.any(axis=1) | ((before[:, -1] & SPIKE) > 0))[0]
        if not len(rows):
            return
        raised, before, score = raised[rows], before[rows], judged.score[rows, part]
        opens = score >= np.where((judged.settled & judged.warm)[rows, part], policy.enter, policy.first_day)
        if opens.any():
            opens &= self._may_open(rows, cut)
        bins = np.arange(self.next - scale.hold, cut)
        all_raised = np.concatenate([(before & RAISED) > 0, raised], axis=1)
        last_raised = np.maximum.accumulate(np.where(all_raised, bins, 0), axis=1)[:, scale.hold :]
        now = bins[scale.hold :]
        over = np.maximum.accumulate(np.where(now - last_raised >= scale.hold, now, 0), axis=1)
        spike = _lasts(opens, (before[:, -1] & SPIKE) > 0, over, now)
        ordinary = np.maximum.accumulate(np.where(raised | spike, 0, now), axis=1)
        apart = _lasts(score >= scale.apart, (before[:, -1] & APART) > 0, ordinary, now)
        judged.spike[rows, part] = spike
        self.flags.read(self.next, cut)[rows] |= (
            raised * np.uint8(RAISED) | spike * np.uint8(SPIKE) | apart * np.uint8(APART)
        )

    def _may_open(self, rows: Integers, cut: int) -> Flags:
        """Whether a bin may begin a spike: not while most posts are backfilled, or soon behind the other scale's."""
        scale, window = self.scale, (self.next - self.scale.long + 1, cut)
        counts = np.nan_to_num(self.counts.read(*window)[rows])
        may: Flags = 2 * trailing(self.backfilled.read(*window)[rows], scale.long) <= trailing(counts, scale.long)
        if scale.silence:
            others = (self.flags.read(self.next - scale.silence, cut)[rows] & OTHER) > 0
            may &= trailing(others.astype(np.float64), scale.silence + 1) == 0
        return may


def levels(fit: Fit, windows: Floats) -> Floats:
    """[kind, bin]: the return levels of some bins' excesses."""
    mode, scale = calibrated(fit, windows[1])
    return level((excesses(*windows) - mode) / scale)


def score_of(levels: Floats) -> Floats:
    """The score of bins from their four levels.

    Of each window the lower level counts: an excess must be large beside the noise and in posts. The two are averaged,
    `SHORT` of the one for the short window: a surge need not be as rare in every bin as it is over half an hour.
    """
    short, long = np.minimum(levels[0], levels[1]), np.minimum(levels[2], levels[3])
    score: Floats = SHORT * short + (1.0 - SHORT) * long
    return score


def _lasts(begins: Flags, before: Flags, over: Integers, now: Integers) -> Flags:
    """What begins in some bins lasts until it is over."""
    begun = np.maximum.accumulate(np.where(begins, now, 0), axis=1)
    begun = np.maximum(begun, np.where(before, now[0] - 1, 0)[:, None])
    lasts: Flags = begun > over
    return lasts
