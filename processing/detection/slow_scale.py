"""The slow scale: six hours and a day, over hours that are made of the bins of the fast scale.

It sees the counts without what the fast scale calls a spike, so that a surge is not told for a day. It also finds zeros
that are no silence: while nothing at all comes, or none of many posts that are expected, nothing is known.
"""

from __future__ import annotations

import numpy as np

from processing.detection.detector import DEAD, RAISED, SPIKE, Judged, ScaleState
from processing.detection.policy import DetectorPolicy
from processing.detection.timeline import Flags, Floats, Integers, Timeline

TOTAL = 1
"""The row of all posts on any subject."""
_DEAD_POSTS = 30.0
"""So many expected posts that did not come make zeros unknown."""


class SlowScale(ScaleState):
    """The series of the slow scale; its bins are called hours."""

    def __init__(self, policy: DetectorPolicy, fast: ScaleState, rows: Integers) -> None:
        """Begin where the fast scale stands. `rows` are those of the series on the fast scale, in order."""
        super().__init__(policy, policy.slow, len(rows), fast.next // policy.slow.bins)
        self.fast, self.rows = fast, rows
        self.told = Timeline((len(rows), 3), self.next, 2 * self.scale.day, blank=0.0)
        """[series, figure, hour]: the score, and posts and expectation of the long window."""
        self.absent = Timeline((len(rows),), self.next, 2 * self.scale.day, blank=0.0)
        """[series, hour]: posts that were expected since the last one came."""
        self.timelines = (*self.timelines, self.told, self.absent)

    def follow(self) -> None:
        """Judge the hours that are over on the fast scale."""
        start, end = self.next, self.fast.next // self.scale.bins
        if start == end:
            return
        posts, backfilled, other = self._hours(start, end)
        judged = self.judge(posts, backfilled, other=other)
        self.told.read(start, end)[:] = np.stack([judged.score, *judged.windows[:, 1]], axis=1)
        self._count_absent(judged)

    def _hours(self, start: int, end: int) -> tuple[Floats, Floats, Flags]:
        """Posts of hours, without the bins that the fast scale raised; backfilled posts; which are mostly raised."""
        bins = self.scale.bins
        counts, flags, backfilled = (
            each.read(start * bins, end * bins)[self.rows].reshape(len(self.rows), end - start, bins)
            for each in (self.fast.counts, self.fast.flags, self.fast.backfilled)
        )
        known = ~np.isnan(counts) & ((flags & DEAD) == 0)
        apart = (flags & (RAISED | SPIKE)) > 0
        other = 2 * np.count_nonzero(apart, axis=2) > bins
        used = known & (~apart | other[..., None])
        posts = counts.sum(axis=2) if used.all() else np.where(used, counts, 0.0).sum(axis=2)
        return np.where(2 * np.count_nonzero(known, axis=2) >= bins, posts, np.nan), backfilled.sum(axis=2), other

    def _count_absent(self, judged: Judged) -> None:
        """Take in hours that were judged. Of everything, posts are expected all the time: so many a day."""
        counts, before = judged.counts, self.absent.at(judged.start - 1)[:, None]
        least = np.where(self.rows == TOTAL, _DEAD_POSTS / self.scale.day, 0.0)[:, None]
        expected = np.maximum(np.where(judged.settled, judged.expected, 0.0), least)
        missed = np.cumsum(np.where(counts == 0, expected, 0.0), axis=1)
        at_last_post = np.maximum.accumulate(np.where(counts > 0, missed, -before), axis=1)
        self.absent.read(judged.start, self.next)[:] = missed - at_last_post

    def is_dead_before(self, hour: int) -> bool:
        """Whether any series was dead in the hour before."""
        return bool((self.absent.at(hour - 1) >= _DEAD_POSTS).any())

    def mark_dead(self, hour: int, *, with_total: bool) -> int:
        """Flag what is dead as it shows, from its begin on: the hours from one on that were judged.

        It changes what later bins are judged by. Returned is the first bin that is to be judged again.
        """
        if (self.absent.read(hour - 1, self.next) >= _DEAD_POSTS).any():
            for each in range(hour, self.next):
                if self._mark_hour(each, with_total=with_total):
                    return (each + 1) * self.scale.bins
        return self.fast.next

    def _mark_hour(self, hour: int, *, with_total: bool) -> bool:
        """Flag what an hour shows to be dead, and say whether anything is. While all posts are, every series is."""
        begin, end, bins = hour - self.scale.day, hour + 1, self.scale.bins
        dead, lasts = (self.absent.at(each) >= _DEAD_POSTS for each in (hour, hour - 1))
        if dead.any():
            since = np.where(dead, np.where(lasts, hour, self._since_last_post(hour)), end)
            of_fast = np.full(len(self.fast.flags.values), end)
            of_fast[self.rows] = since
            if with_total and dead[TOTAL]:
                since[:] = of_fast[:] = since[TOTAL]
            hours = np.arange(begin, end)
            self.flags.read(begin, end)[:] |= (hours >= since[:, None]) * np.uint8(DEAD)
            of_bins = np.repeat(hours >= of_fast[:, None], bins, axis=1)
            self.fast.flags.read(begin * bins, end * bins)[:] |= of_bins * np.uint8(DEAD)
        ended = self.rows[lasts & (self.counts.at(hour) > 0)]
        if len(ended):  # within the hour
            posts = np.cumsum(self.fast.counts.read(hour * bins, end * bins)[ended] > 0, axis=1)
            self.fast.flags.read(hour * bins, end * bins)[ended] |= (posts == 0) * np.uint8(DEAD)
        return bool(dead.any()) or len(ended) > 0

    def _since_last_post(self, hour: int) -> Integers:
        """The hour behind the last one of the day before that had a post."""
        posts = self.counts.read(hour - self.scale.day, hour)[:, ::-1] > 0
        return np.where(posts.any(axis=1), hour - posts.argmax(axis=1), hour - self.scale.day)
