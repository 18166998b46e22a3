"""The two scales of all series together: bins and half an hour, and on hours of the same counts six hours and a day."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from processing.detection.bins import NEVER
from processing.detection.detector import OTHER, SPIKE, Judged, ScaleState
from processing.detection.policy import DetectorPolicy
from processing.detection.slow_scale import TOTAL, SlowScale
from processing.detection.timeline import Flags, Floats

OWN = 2
"""The first row of the arrays that is a series, behind one that never has a post and all posts on any subject."""


class Scales:
    """The state of all series."""

    def __init__(self, policy: DetectorPolicy, start: int, slow: Flags, *, silent_before: bool = False) -> None:
        """Begin with no bin judged. `slow` says which series the slow scale judges."""
        self.policy = policy
        self.fast = ScaleState(policy, policy.fast, OWN, start)
        self.slow = SlowScale(policy, self.fast, np.arange(OWN))
        if silent_before:
            self.fast.assume_silence()
            self.slow.assume_silence()
        self.begun = np.full(OWN, start - 1 if silent_before else NEVER)
        """The first bin with a post, before which nothing is known of a series."""
        self.add(slow)

    def add(self, slow: Flags) -> None:
        """Go on with more series, each with the past of one that was zero wherever that was known."""
        series = len(self.begun)
        self.fast.add(len(slow))
        self.slow.add(int(slow.sum()))
        self.slow.rows = np.append(self.slow.rows, series + np.flatnonzero(slow))
        self.begun = np.append(self.begun, np.full(len(slow), self.begun[0]))

    def return_to(self, start: int) -> None:
        """Judge again from an earlier bin on."""
        self.fast.next = start
        self.slow.next = min(self.slow.next, start // self.policy.slow.bins)

    def step(
        self,
        counts: Floats,
        backfilled: Floats | None = None,
        total: Floats | None = None,
        *,
        busy: Floats | None = None,
        trial: bool = False,
    ) -> Iterator[Judged]:
        """Judge the bins behind the last one, [series, bin], stretch by stretch.

        `total` is [bin]: all posts on any subject, if they are known. `busy` is what the fast scale's expectations are
        multiplied by. A `trial` is to be returned from.
        """
        first, end, with_total = self.fast.next, self.fast.next + counts.shape[1], total is not None
        total = np.full(counts.shape[1], np.nan) if total is None else total
        rows = np.vstack([np.where(np.isnan(total), np.nan, 0.0), total, counts])
        filled = None if backfilled is None else np.pad(backfilled, ((OWN, 0), (0, 0)))
        while self.fast.next < end:
            start, hour = self.fast.next, self.slow.next
            some = slice(start - first, self._reach(start, end) - first)
            known = self._begin_series(start, rows[:, some], with_total=with_total)
            back, factor = (None if each is None else each[:, some] for each in (filled, busy))
            judged = self.fast.judge(known, back, busy=factor)
            self.slow.follow()
            if not trial:
                self.return_to(self.slow.mark_dead(hour, with_total=with_total))
            self._join_slow(judged)
            yield judged.part(OWN, self.fast.next)

    def _reach(self, start: int, end: int) -> int:
        """How far the next stretch goes: what is dead changes what is behind it, so then hour by hour."""
        if self.slow.is_dead_before(self.slow.next):
            return min(end, (self.slow.next + 1) * self.policy.slow.bins)
        return min(end, start + min(self.fast.longest, self.slow.longest * self.policy.slow.bins))

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

    def _join_slow(self, judged: Judged) -> None:
        """Let the slow scale speak where its score is higher; it stands until the next hour is over.

        In its spikes its expectation counts, too: the least that a bin expects makes several posts a day.
        """
        known, start, end = ~np.isnan(judged.counts), judged.start, judged.start + judged.score.shape[1]
        judged.spike[:] &= known
        # Of each bin the last hour that is over when it ends.
        hours = np.arange(start + 1, end + 1) // self.policy.slow.bins - 1
        first, last = int(hours[0]), int(hours[-1]) + 1
        spiking = (self.slow.flags.read(first, last) & SPIKE) > 0
        if not spiking.any():
            return
        rows = self.slow.rows
        score, expected = judged.score[rows], judged.expected[rows]
        spike = spiking[:, hours - first] & known[rows]
        slow_score = np.where(spike, self.slow.told.read(first, last)[:, 0, hours - first], 0.0)
        hourly = self.slow.expected.read(first, last)[:, hours - first] / self.policy.slow.bins
        self.fast.flags.read(start, end)[rows] |= spike * np.uint8(OTHER)
        judged.slow[rows] = slow_score > score
        judged.score[rows] = np.maximum(score, slow_score)
        judged.spike[rows] |= spike
        judged.expected[rows] = np.where(spike, np.minimum(expected, hourly), expected)

    def skip_to(self, start: int) -> Iterator[Judged]:
        """Take the bins before one as unknown; a day stands for a time that is longer than what is remembered."""
        if start - self.fast.next > self.policy.history // self.policy.width:
            of_slow = np.isin(np.arange(OWN, len(self.begun)), self.slow.rows)
            fresh = Scales(self.policy, start - self.policy.fast.day, of_slow)
            self.fast, self.slow = fresh.fast, fresh.slow
        unknown = np.full((len(self.begun) - OWN, max(0, start - self.fast.next)), np.nan)
        yield from self.step(unknown)

    def blocks(self, row: int, bin_: int, *, slow: bool) -> int:
        """How many blocks calibrate a bin of a series, on the scale that speaks."""
        if not slow:
            return int(self.fast.fit(np.array([OWN + row]), bin_).known[0])
        hour = (bin_ + 1) // self.policy.slow.bins - 1
        return int(self.slow.fit(np.array([self._slow_row(row)]), hour).known[0])

    def slow_window(self, row: int, bin_: int) -> tuple[int, float, float]:
        """The slow scale's long window that stands at a bin of a series: its first bin, its posts and expectation."""
        scale, hour = self.policy.slow, (bin_ + 1) // self.policy.slow.bins
        _, posts, mean = self.slow.told.at(hour - 1)[self._slow_row(row)].tolist()
        return (hour - scale.long) * scale.bins, posts, mean

    def _slow_row(self, row: int) -> int:
        return int(np.searchsorted(self.slow.rows, OWN + row))
