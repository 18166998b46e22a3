"""The two scales of all series together: bins and half an hour, and on hours of the same counts six hours and a day.

The slow scale sees the counts without what the fast one calls a spike, so that a surge is not told for a day. Here
zeros are told from silence: while nothing at all comes, or none of many posts that are expected, nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from processing.detection import detector
from processing.detection.detector import DEAD, RAISED, SPIKE, Judged, ScaleState, judge, next_cut, window_sums
from processing.detection.policy import DetectorPolicy
from processing.detection.timeline import Flags, Floats, Integers, Timeline

QUIET, TOTAL, OWN = 0, 1, 2
"""Rows: a series that never has a post, all posts on any subject, and the first one that is a series."""
NEVER = 2**62
_DEAD_POSTS = 30.0
"""So many expected posts that did not come make zeros unknown."""


class Bins(NamedTuple):
    """The word on a block of bins: [series, bin]. `slow` tells where the slow scale's score is the higher one."""

    start: int
    counts: Floats
    expected: Floats
    score: Floats
    raised: Flags
    spike: Flags
    warm: Flags
    slow: Flags
    ratio: Floats
    fast: Judged


@dataclass
class Scales:
    """The state of all series."""

    policy: DetectorPolicy
    fast: ScaleState
    slow: ScaleState
    scores: Timeline
    """Of the slow scale."""
    absent: Timeline
    """Of the slow scale: posts that were expected since the last one came."""
    slow_rows: Flags
    """The series that the slow scale judges."""
    begun: Integers
    """The first bin with a post, before which nothing is known of a series."""

    @classmethod
    def begin_at(cls, policy: DetectorPolicy, series: int, start: int, *, silent_before: bool) -> Self:
        """No bin is judged yet."""
        slow_start = start // policy.slow.bins
        fast = ScaleState.begin_at(policy, policy.fast, series, start)
        slow = ScaleState.begin_at(policy, policy.slow, series, slow_start)
        if silent_before:
            fast.assume_silence(policy, policy.fast)
            slow.assume_silence(policy, policy.slow)
        kept = 2 * policy.slow.day
        return cls(
            policy,
            fast,
            slow,
            Timeline.begin_at(series, slow_start, kept, blank=0.0),
            Timeline.begin_at(series, slow_start, kept, blank=0.0),
            np.ones(series, dtype=bool),
            np.full(series, start - 1 if silent_before else NEVER),
        )

    def take(self, rows: Integers) -> Scales:
        """Others, of series that have these rows' past."""
        fast, slow = self.fast.take(rows), self.slow.take(rows)
        scores, absent = self.scores.take(rows), self.absent.take(rows)
        return Scales(self.policy, fast, slow, scores, absent, self.slow_rows[rows], self.begun[rows])

    def return_to(self, start: int) -> None:
        """Judge again from an earlier bin on."""
        self.fast.next = start
        self.slow.next = min(self.slow.next, start // self.policy.slow.bins)

    def step(
        self,
        counts: Floats,
        backfilled: Floats | None,
        *,
        with_total: bool,
        busy: Floats | None = None,
        trial: bool = False,
    ) -> Iterator[Bins]:
        """Judge the bins behind the last one, part by part. A `trial` is to be returned from.

        `with_total`: the row `TOTAL` is known. `busy` is what the fast scale's expectations are multiplied by.
        """
        first, end = self.fast.next, self.fast.next + counts.shape[1]
        while self.fast.next < end:
            start = self.fast.next
            cut = self._next_cut(start, end)
            part = slice(start - first, cut - first)
            known = self._begin_series(start, counts[:, part], with_total=with_total)
            filled, factor = (None if each is None else each[:, part] for each in (backfilled, busy))
            fast = judge(self.policy, self.policy.fast, self.fast, known, filled, busy=factor)
            self._step_slow(cut, with_total=with_total, trial=trial)
            yield self._together(known, fast, start, cut)

    def _next_cut(self, start: int, end: int) -> int:
        """How far the next part may reach: an hour while any series may be judged by its first day."""
        cut, bins = next_cut(self.policy.fast, start, end), self.policy.slow.bins
        known = detector.has_days(self.policy.fast, self.fast, start, cut) | (self.begun == NEVER)
        return cut if known.all() else min(cut, start - start % bins + bins)

    def _begin_series(self, start: int, counts: Floats, *, with_total: bool) -> Floats:
        """The counts, unknown before the first post: on any subject, or of the series where that is not known."""
        self.begun[self.begun >= start] = NEVER
        late = self.begun == NEVER
        if not late.any():
            return counts
        some = counts > 0
        self.begun = np.where(late & some.any(axis=1), start + some.argmax(axis=1), self.begun)
        begun = np.full_like(self.begun, self.begun[TOTAL]) if with_total else self.begun
        self.begun = begun
        return np.where(np.arange(start, start + counts.shape[1]) < begun[:, None], np.nan, counts)

    def _step_slow(self, until: int, *, with_total: bool, trial: bool) -> None:
        """Judge the hours that are over by then."""
        bins = self.policy.slow.bins
        start, end = self.slow.next, until // bins
        if start >= end:
            return
        hours = slice(start * bins, end * bins)
        shape = (len(self.begun), end - start, bins)
        counts = self.fast.counts.read(hours.start, hours.stop)
        flags = self.fast.flags.read(hours.start, hours.stop).reshape(shape)
        known = ~np.isnan(counts.reshape(shape)) & ((flags & DEAD) == 0)
        apart = (flags & (RAISED | SPIKE)) > 0
        other = 2 * apart.sum(axis=2) > bins
        posts = np.where(known & (~apart | other[..., None]), counts.reshape(shape), 0.0).sum(axis=2)
        hourly = np.where((2 * known.sum(axis=2) >= bins) & self.slow_rows[:, None], posts, np.nan)
        backfilled = self.fast.backfilled.read(hours.start, hours.stop).reshape(shape).sum(axis=2)
        for each in (self.scores, self.absent):
            each.reach(start, end)
        while self.slow.next < end:
            first = self.slow.next
            cut = next_cut(self.policy.slow, first, end)
            part = slice(first - start, cut - start)
            judged = judge(
                self.policy, self.policy.slow, self.slow, hourly[:, part], backfilled[:, part], other=other[:, part]
            )
            self.scores.read(first, cut)[:] = np.where(judged.settled, judged.score, 0.0)
            self._mark_dead(judged, first, cut, with_total=with_total, trial=trial)

    def _mark_dead(self, judged: Judged, start: int, end: int, *, with_total: bool, trial: bool) -> None:
        """Flag stretches in which posts were expected and none came, from their begin on."""
        a_day = np.where(np.arange(len(self.begun)) == TOTAL, _DEAD_POSTS / self.policy.slow.day, 0.0)
        for number, hour in enumerate(range(start, end)):
            counts, before = self.slow.counts.at(hour), self.absent.at(hour - 1)
            expected = np.where(judged.settled[:, number], judged.expected[:, number], 0.0)
            missed = np.where(counts == 0, before + np.maximum(expected, a_day), before)
            self.absent.at(hour)[:] = np.where(counts > 0, 0.0, missed)
            if trial:
                continue
            dead = self.absent.at(hour) >= _DEAD_POSTS
            if with_total and dead[TOTAL]:
                dead[:] = True
                before = np.full_like(before, before[TOTAL])
            ended = (counts > 0) & (before >= _DEAD_POSTS)
            if ended.any():
                self._flag_until_post(ended, hour)
            if dead.any():
                self._flag(dead & (before >= _DEAD_POSTS), hour, hour)
                self._flag_from_begin(dead & (before < _DEAD_POSTS), hour, with_total=with_total)

    def _flag_from_begin(self, rows: Flags, hour: int, *, with_total: bool) -> None:
        day = self.policy.slow.day
        for row in np.flatnonzero(rows).tolist():
            leading = TOTAL if with_total and self.absent.at(hour)[TOTAL] >= _DEAD_POSTS else row
            posts = np.flatnonzero(self.slow.counts.read(hour - day, hour)[leading] > 0)
            first = hour - day + (int(posts[-1]) + 1 if len(posts) else 0)
            self._flag(np.arange(len(rows)) == row, first, hour)

    def _flag_until_post(self, rows: Flags, hour: int) -> None:
        """The dead stretch ends within an hour."""
        bins = self.policy.slow.bins
        counts = self.fast.counts.read(hour * bins, (hour + 1) * bins)
        before = (np.cumsum(counts > 0, axis=1) == 0) & rows[:, None]
        self.fast.flags.read(hour * bins, (hour + 1) * bins)[before] |= DEAD

    def _flag(self, rows: Flags, first: int, last: int) -> None:
        bins = self.policy.slow.bins
        self.slow.flags.read(first, last + 1)[rows] |= DEAD
        self.fast.flags.read(first * bins, (last + 1) * bins)[rows] |= DEAD

    def _together(self, counts: Floats, fast: Judged, start: int, end: int) -> Bins:
        """The higher score of the two; the slow scale's stands until its next hour is over.

        In its spikes its expectation counts, too: the least that a bin expects makes several posts a day.
        """
        hours = np.arange(start + 1, end + 1) // self.policy.slow.bins - 1
        first, last = int(hours[0]), int(hours[-1]) + 1
        slow_score = self.scores.read(first, last)[:, hours - first]
        flags = self.slow.flags.read(first, last)[:, hours - first]
        known = ~np.isnan(counts)
        slow_spike = ((flags & SPIKE) > 0) & known
        slow_score = np.where(slow_spike, slow_score, 0.0)
        self.fast.flags.read(start, end)[:] |= slow_spike * np.uint8(detector.OTHER)
        hourly = self.slow.expected.read(first, last)[:, hours - first]
        expected = np.where(slow_spike, np.minimum(fast.expected, hourly / self.policy.slow.bins), fast.expected)
        slow = slow_score > fast.score
        score = np.maximum(fast.score, slow_score)
        ratio = (np.nan_to_num(counts) + 1.0) / (expected + 1.0)
        return Bins(
            start,
            counts,
            expected,
            score,
            score >= self.policy.leave,
            (fast.spike & known) | slow_spike,
            fast.warm,
            slow,
            ratio,
            fast,
        )

    def skip_to(self, start: int) -> int:
        """How many unknown bins lie before one; a day stands for a time that is longer than what is remembered."""
        if start - self.fast.next > self.policy.history // self.policy.width:
            self._forget(start - self.policy.fast.day)
        return max(0, start - self.fast.next)

    def _forget(self, start: int) -> None:
        """Go on from a bin before which nothing is known, but that a series has begun."""
        fresh = Scales.begin_at(self.policy, len(self.begun), start, silent_before=False)
        self.fast, self.slow, self.scores, self.absent = fresh.fast, fresh.slow, fresh.scores, fresh.absent

    def slow_window(self, row: int, bin_: int) -> tuple[int, float, float]:
        """The long window of the slow scale that stands at a bin: its first bin, its posts and expectation."""
        hour = (bin_ + 1) // self.policy.slow.bins - 1
        _, (counts, means) = window_sums(self.policy.slow, self.slow, hour, hour + 1)
        first = (hour + 1 - self.policy.slow.long) * self.policy.slow.bins
        return first, float(counts[row, 0]), float(means[row, 0])

    def least(self, row: int, bin_: int, count: int, *, settled: bool) -> int:
        """The least posts, of the `count` of a bin, with which the fast scale would have opened its spike."""
        scale = self.policy.fast
        short, long = window_sums(scale, self.fast, bin_, bin_ + 1)
        others = float(long[0][row, 0]) - count
        means = float(short[1][row, 0]), float(long[1][row, 0])
        bar = self.policy.enter if settled else self.policy.first_day
        low, high = -1, count
        while high - low > 1:
            tried = np.unique(np.linspace(low + 1, high, 64).astype(np.int64))
            fits = tried.astype(np.float64)
            rows = np.full(len(tried), row)
            windows = ((fits, np.full(len(tried), means[0])), (fits + others, np.full(len(tried), means[1])))
            opens = detector.score_windows(scale, self.fast.maxima, rows, windows) >= bar
            found = int(np.argmax(opens)) if opens.any() else len(tried) - 1
            low, high = (int(tried[found - 1]) if found else low), int(tried[found])
        return high
