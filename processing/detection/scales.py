"""The two scales of all series together: bins and half an hour, and on hours of the same counts six hours and a day.

The slow scale sees the counts without what the fast one calls a spike, so that a surge is not told for a day. Here
zeros are told from silence: while nothing at all comes, or none of many posts that are expected, nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from processing.detection.detector import (
    DEAD,
    OTHER,
    RAISED,
    SPIKE,
    Judged,
    ScaleState,
    Windows,
    finished,
    is_large,
    judge,
    levels,
    longest,
    score_of,
    window_sums,
)
from processing.detection.policy import DetectorPolicy
from processing.detection.silence import NEVER, TOTAL, Silence
from processing.detection.timeline import Flags, Floats, Integers, Timeline

QUIET, OWN = 0, 2
"""Rows: a series that never has a post, and, behind all posts on any subject, the first one that is a series."""


@dataclass
class Scales:
    """The state of all series."""

    policy: DetectorPolicy
    fast: ScaleState
    slow: ScaleState
    told: Timeline
    """[series, figure, hour], of the slow scale: the score, and posts and expectation of the long window."""
    silence: Silence
    begun: Integers
    """The first bin with a post, before which nothing is known of a series."""

    @classmethod
    def begin_at(cls, policy: DetectorPolicy, series: int, start: int, *, silent_before: bool) -> Self:
        """No bin is judged yet."""
        slow_start, kept = start // policy.slow.bins, 2 * policy.slow.day
        fast = ScaleState.begin_at(policy, policy.fast, series, start)
        slow = ScaleState.begin_at(policy, policy.slow, series, slow_start)
        if silent_before:
            fast.assume_silence(policy, policy.fast)
            slow.assume_silence(policy, policy.slow)
        told, absent = (Timeline.begin_at(shape, slow_start, kept, blank=0.0) for shape in ((series, 3), (series,)))
        begun = np.full(series, start - 1 if silent_before else NEVER)
        return cls(policy, fast, slow, told, Silence(policy, np.arange(series), absent), begun)

    @property
    def slow_rows(self) -> Integers:
        """The series that the slow scale judges, in the order of its rows."""
        return self.silence.rows

    def take(self, rows: Integers, slow: Flags) -> Scales:
        """Others, of series that have these rows' past; the slow scale goes on with those in `slow`."""
        of_slow = np.searchsorted(self.slow_rows, rows[slow])
        return Scales(
            self.policy,
            self.fast.take(rows),
            self.slow.take(of_slow),
            self.told.take(of_slow),
            self.silence.take(of_slow, np.flatnonzero(slow)),
            self.begun[rows],
        )

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
    ) -> Iterator[Judged]:
        """Judge the bins behind the last one, stretch by stretch. A `trial` is to be returned from.

        `with_total`: the row `TOTAL` is known. `busy` is what the fast scale's expectations are multiplied by.
        """
        first, end = self.fast.next, self.fast.next + counts.shape[1]
        while self.fast.next < end:
            start = self.fast.next
            stretch = slice(start - first, self._reach(start, end) - first)
            known = self._begin_series(start, counts[:, stretch], with_total=with_total)
            filled, factor = (None if each is None else each[:, stretch] for each in (backfilled, busy))
            fast = judge(self.policy, self.policy.fast, self.fast, known, filled, busy=factor)
            hour = self.slow.next
            self._step_slow()
            if not trial:
                self.return_to(self.silence.mark(self.fast, self.slow, hour, with_total=with_total))
            yield self._together(fast.until(self.fast.next))

    def _reach(self, start: int, end: int) -> int:
        """How far the next stretch goes: what is dead changes what is behind it, so then hour by hour."""
        fast, slow = self.policy.fast, self.policy.slow
        if self.silence.goes_on(self.slow.next):
            return min(end, (self.slow.next + 1) * slow.bins)
        return min(end, start + min(longest(fast), longest(slow) * slow.bins))

    def _begin_series(self, start: int, counts: Floats, *, with_total: bool) -> Floats:
        """The counts, unknown before the first post: on any subject, or of the series where that is not known."""
        self.begun[self.begun >= start] = NEVER
        late = self.begun == NEVER
        if not late.any():
            return counts
        some = counts > 0
        self.begun = np.where(late & some.any(axis=1), start + some.argmax(axis=1), self.begun)
        if with_total:
            self.begun = np.full_like(self.begun, self.begun[TOTAL])
        return np.where(np.arange(start, start + counts.shape[1]) < self.begun[:, None], np.nan, counts)

    def _step_slow(self) -> None:
        """Judge the hours that are over."""
        start, end = self.slow.next, self.fast.next // self.policy.slow.bins
        if start == end:
            return
        posts, backfilled, other = self._hours(start, end)
        slow = judge(self.policy, self.policy.slow, self.slow, posts, backfilled, other=other)
        self.told.reach(start, end)
        told = np.where(slow.settled, slow.score, 0.0), slow.windows.posts[1], slow.windows.expected[1]
        self.told.read(start, end)[:] = np.stack(told, axis=1)
        self.silence.count(self.slow, slow)

    def _hours(self, start: int, end: int) -> tuple[Floats, Floats, Flags]:
        """Posts of hours, without the bins that the fast scale raised; backfilled posts; which are mostly raised."""
        bins = self.policy.slow.bins
        shape = (len(self.slow_rows), end - start, bins)
        counts, flags, backfilled = (
            each.read(start * bins, end * bins)[self.slow_rows].reshape(shape)
            for each in (self.fast.counts, self.fast.flags, self.fast.backfilled)
        )
        known = ~np.isnan(counts) & ((flags & DEAD) == 0)
        apart = (flags & (RAISED | SPIKE)) > 0
        other = 2 * np.count_nonzero(apart, axis=2) > bins
        used = known & (~apart | other[..., None])
        posts = counts.sum(axis=2) if used.all() else np.where(used, counts, 0.0).sum(axis=2)
        return np.where(2 * np.count_nonzero(known, axis=2) >= bins, posts, np.nan), backfilled.sum(axis=2), other

    def _together(self, judged: Judged) -> Judged:
        """The higher score of the two; the slow scale's stands until its next hour is over.

        In its spikes its expectation counts, too: the least that a bin expects makes several posts a day.
        """
        start, end, bins = judged.start, self.fast.next, self.policy.slow.bins
        known, score, spike, expected = ~np.isnan(judged.counts), judged.score, judged.spike, judged.expected
        spike &= known
        hours = np.arange(start + 1, end + 1) // bins - 1
        first, last = int(hours[0]), int(hours[-1]) + 1
        spiking = (self.slow.flags.read(first, last) & SPIKE) > 0
        if spiking.any():
            rows = self.slow_rows
            slow_spike = spiking[:, hours - first] & known[rows]
            slow_score = np.where(slow_spike, self.told.read(first, last)[:, 0, hours - first], 0.0)
            self.fast.flags.read(start, end)[rows] |= slow_spike * np.uint8(OTHER)
            judged.slow[rows] = slow_score > score[rows]
            score[rows] = np.maximum(score[rows], slow_score)
            spike[rows] |= slow_spike
            hourly = self.slow.expected.read(first, last)[:, hours - first] / bins
            expected = expected.copy()
            expected[rows] = np.where(slow_spike, np.minimum(expected[rows], hourly), expected[rows])
        return judged._replace(expected=expected, raised=score >= self.policy.leave)

    def skip_to(self, start: int) -> int:
        """How many unknown bins lie before one; a day stands for a time that is longer than what is remembered."""
        if start - self.fast.next > self.policy.history // self.policy.width:
            self._forget(start - self.policy.fast.day)
        return max(0, start - self.fast.next)

    def _forget(self, start: int) -> None:
        """Go on from a bin before which nothing is known, but that a series has begun."""
        fresh = Scales.begin_at(self.policy, len(self.begun), start, silent_before=False).take(
            np.arange(len(self.begun)), np.isin(np.arange(len(self.begun)), self.slow_rows)
        )
        self.fast, self.slow, self.told, self.silence = fresh.fast, fresh.slow, fresh.told, fresh.silence

    def slow_window(self, row: int, bin_: int) -> tuple[int, float, float]:
        """The long window of the slow scale that stands at a bin: its first bin, its posts and expectation."""
        scale, hour = self.policy.slow, (bin_ + 1) // self.policy.slow.bins
        _, posts, mean = self.told.at(hour - 1)[self.slow_row(row)].tolist()
        return (hour - scale.long) * scale.bins, posts, mean

    def slow_row(self, row: int) -> int:
        """The row of a series on the slow scale, which judges it."""
        return int(np.searchsorted(self.slow_rows, row))

    def blocks(self, row: int, bin_: int, *, slow: bool) -> int:
        """How many blocks calibrate a bin."""
        if not slow:
            return self.fast.maxima.known(row, finished(self.policy.fast, self.fast, bin_))
        hour = (bin_ + 1) // self.policy.slow.bins - 1
        return self.slow.maxima.known(self.slow_row(row), finished(self.policy.slow, self.slow, hour))

    def least(self, row: int, bin_: int, count: int, *, settled: bool) -> int:
        """The least posts, of the `count` of a bin, with which the fast scale would have opened its spike."""
        scale = self.policy.fast
        windows = window_sums(scale, self.fast, bin_, bin_ + 1).at(row, slice(None))
        fit = self.fast.maxima.fit(np.array([row]), finished(scale, self.fast, bin_))
        bar = self.policy.enter if settled else self.policy.first_day
        tried = np.arange(count + 1)
        posts = Windows(windows.posts - count + tried, windows.expected + 0.0 * tried)
        opens = is_large(scale, posts) & (score_of(levels(fit.take(0 * tried), posts)) >= bar)
        return int(np.argmax(opens)) if opens.any() else count
