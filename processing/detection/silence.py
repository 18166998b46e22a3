"""Zeros that are no silence: while nothing at all comes, or none of many posts that are expected, nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from processing.detection.detector import DEAD, Judged, ScaleState
from processing.detection.policy import DetectorPolicy
from processing.detection.timeline import Flags, Integers, Timeline

Rows = Integers | slice | int
TOTAL = 1
"""The row of all posts on any subject."""
NEVER = 2**62
_DEAD_POSTS = 30.0
"""So many expected posts that did not come make zeros unknown."""


@dataclass
class Silence:
    """How long each series of the slow scale has been without a post; `rows` are their rows on the fast scale."""

    policy: DetectorPolicy
    rows: Integers
    absent: Timeline
    """[series, hour]: posts that were expected since the last one came."""

    def goes_on(self, hour: int) -> bool:
        """Whether anything was dead in the hour before."""
        return bool((self.absent.at(hour - 1) >= _DEAD_POSTS).any())

    def count(self, slow: ScaleState, judged: Judged) -> None:
        """Take in hours that were judged. Of everything, posts are expected all the time: so many a day."""
        start, end = judged.start, slow.next
        self.absent.reach(start, end)
        counts, before = slow.counts.read(start, end), self.absent.at(start - 1)[:, None]
        least = np.where(self.rows == TOTAL, _DEAD_POSTS / self.policy.slow.day, 0.0)[:, None]
        expected = np.maximum(np.where(judged.settled, judged.expected, 0.0), least)
        missed = np.cumsum(np.where(counts == 0, expected, 0.0), axis=1)
        at_last_post = np.maximum.accumulate(np.where(counts > 0, missed, -before), axis=1)
        self.absent.read(start, end)[:] = missed - at_last_post

    def mark(self, fast: ScaleState, slow: ScaleState, hour: int, *, with_total: bool) -> int:
        """Flag what is dead as it shows, from its begin on: the hours from one on that the slow scale has judged.

        It changes what later bins are judged by. Returned is the first bin that is to be judged again.
        """
        bins = self.policy.slow.bins
        if (self.absent.read(hour - 1, slow.next) >= _DEAD_POSTS).any():
            for each in range(hour, fast.next // bins):
                if self._mark_hour(fast, slow, each, with_total=with_total):
                    return (each + 1) * bins
        return fast.next

    def _mark_hour(self, fast: ScaleState, slow: ScaleState, hour: int, *, with_total: bool) -> bool:
        """Flag what an hour shows to be dead, and say whether anything is."""
        dead, lasts = (self.absent.at(each) >= _DEAD_POSTS for each in (hour, hour - 1))
        bins, flagged = self.policy.slow.bins, False
        for rows, fast_rows, first in self._dead(slow, hour, dead, lasts, with_total=with_total):
            slow.flags.read(first, hour + 1)[rows] |= DEAD
            fast.flags.read(first * bins, (hour + 1) * bins)[fast_rows] |= DEAD
            flagged = True
        ended = self.rows[lasts & (slow.counts.at(hour) > 0)]
        if len(ended):  # within the hour
            posts = np.cumsum(fast.counts.read(hour * bins, (hour + 1) * bins)[ended] > 0, axis=1)
            fast.flags.read(hour * bins, (hour + 1) * bins)[ended] |= (posts == 0) * np.uint8(DEAD)
        return flagged or len(ended) > 0

    def _dead(
        self, slow: ScaleState, hour: int, dead: Flags, lasts: Flags, *, with_total: bool
    ) -> Iterator[tuple[Rows, Rows, int]]:
        """Rows of the slow scale and of the fast one that are dead, and the first hour that is to be flagged."""
        if with_total and dead[TOTAL]:
            yield slice(None), slice(None), hour if lasts[TOTAL] else self._begin(slow, TOTAL, hour)
            return
        lasting = np.flatnonzero(dead & lasts)
        if len(lasting):
            yield lasting, self.rows[lasting], hour
        for row in np.flatnonzero(dead & ~lasts).tolist():
            yield row, int(self.rows[row]), self._begin(slow, row, hour)

    def _begin(self, slow: ScaleState, row: int, hour: int) -> int:
        """The hour behind the last one of a day that had a post."""
        day = self.policy.slow.day
        posts = np.flatnonzero(slow.counts.read(hour - day, hour)[row] > 0)
        return hour - day + (int(posts[-1]) + 1 if len(posts) else 0)

    def take(self, places: Integers, rows: Integers) -> Silence:
        """Another one, of series that have the past of those at these places and are at these rows."""
        return Silence(self.policy, rows, self.absent.take(places))
