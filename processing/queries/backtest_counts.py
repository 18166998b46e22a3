"""What a backtest reads: the counts of every series side by side, and what single bins held minute by minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from ingest.event_time import LATEST
from processing import queries
from processing.detection.bins import bins, start_of_bin
from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.matrix import Matrix
from processing.detection.previous.matrix_baseline import Floats
from processing.detection.previous.series_set import NOTHING, Counted, Key
from processing.detection.previous.within import Place
from processing.queries import BinCount, Coverage, Reader
from processing.queries.counts import HISTORY
from processing.queries.coverage import is_covered

SoFar = Mapping[int, Sequence[Counted]]
"""By number of a bin: what it held at the end of each of its minutes but the last."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Series side by side, from `begin` on: posts, and those of them that are backfilled, [series, bin].

    NaN stands for unknown. `surge` as in `Matrix`.
    """

    begin: datetime
    policy: DetectorPolicy
    keys: tuple[Key, ...]
    posts: Floats
    backfilled: Floats
    surge: Floats | None = None

    @property
    def half_hours(self) -> Floats:
        """Posts of the half hour that ends with each bin."""
        return _half_hours(self.posts, self.policy.half_hour)

    @property
    def matrix(self) -> Matrix:
        """As the detector takes it: a half hour that is mostly backfilled opens nothing."""
        backfilled = 2 * _half_hours(self.backfilled, self.policy.half_hour) > self.half_hours
        return Matrix(self.posts, backfilled=backfilled, surge=self.surge)

    def part(self, rows: Iterable[int]) -> Counts:
        """Some of them."""
        chosen = np.fromiter(rows, dtype=np.int64)
        keys = tuple(self.keys[each] for each in chosen)
        surge = None if self.surge is None else self.surge[chosen]
        return replace(self, keys=keys, posts=self.posts[chosen], backfilled=self.backfilled[chosen], surge=surge)

    def growing(self, places: Sequence[Place], so_far: SoFar) -> tuple[Matrix, Floats]:
        """Some bins at the end of their minutes, and the posts of the half hours that would have ended then.

        Both are [place, minute].
        """
        seen = [[counted.get(self.keys[series], NOTHING) for counted in so_far[number]] for series, number in places]
        posts = np.array([[each.posts for each in minutes] for minutes in seen], dtype=float)
        backfilled = np.array([[each.backfilled for each in minutes] for minutes in seen], dtype=float)
        half_hours = self._before(self.posts, places) + posts
        mostly_backfilled = 2 * (self._before(self.backfilled, places) + backfilled) > half_hours
        return Matrix(posts, backfilled=mostly_backfilled), half_hours

    def _before(self, values: Floats, places: Sequence[Place]) -> Floats:
        """Of the half hour that ends with each bin, what lies before the bin: [place, 1]."""
        first = self.policy.half_hour - 1
        return np.array([[np.nansum(values[series, max(0, at - first) : at])] for series, at in places])


def read(
    reader: Reader,
    policy: DetectorPolicy,
    coverage: Sequence[Coverage],
    roots: Mapping[str, str],
    between: tuple[datetime, datetime],
) -> Iterator[Counts]:
    """The series of the topics in `roots`, with what lies before the range; nothing where nobody listened.

    They come stretch by stretch: where nothing was counted for longer than two `HISTORY`, what lies behind is judged
    without what lies before, and most of the empty bins are left out.
    """
    start, end = between
    earliest = min((start_of_bin(each.since, policy.width) for each in coverage), default=end)
    begin = earliest if start - earliest < HISTORY else start - HISTORY
    if begin >= end:
        return
    series: dict[Key, list[BinCount]] = {}
    for count in queries.binned_counts(reader, begin, min(end, LATEST), policy.width):
        if count.topic in roots:
            series.setdefault(Key(count.topic, count.language), []).append(count)
    series = {key: counted for key, counted in series.items() if may_be_large(policy, counted)}
    for since, until in stretches({each.start for counted in series.values() for each in counted}):
        yield _counts(policy, coverage, series, (max(begin, since), min(end, until)))


def may_be_large(policy: DetectorPolicy, counted: Sequence[BinCount]) -> bool:
    """Whether any half hour of a series holds as many posts as the least that is judged: of a language that joins."""
    half_hour: deque[BinCount] = deque()
    for each in counted:
        half_hour.append(each)
        while half_hour[0].start <= each.start - policy.half_hour * policy.width:
            half_hour.popleft()
        if sum(of.posts for of in half_hour) >= min(policy.minimum_posts, policy.joining_posts):
            return True
    return False


def stretches(counted: Collection[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """The time around bins in which anything was counted, `HISTORY` before and behind; in order, without overlap."""
    starts = sorted(counted)
    ends = [at for at, later in pairwise(starts) if later - at > 2 * HISTORY]
    begins = [later for at, later in pairwise(starts) if later - at > 2 * HISTORY]
    for first, last in zip(starts[:1] + begins, ends + starts[-1:], strict=True):
        yield first - HISTORY, last + HISTORY


def _counts(
    policy: DetectorPolicy,
    coverage: Sequence[Coverage],
    series: Mapping[Key, Sequence[BinCount]],
    between: tuple[datetime, datetime],
) -> Counts:
    begin, end = between
    rows = {key: [each for each in counted if begin <= each.start < end] for key, counted in series.items()}
    rows = {key: counted for key, counted in rows.items() if counted}
    starts = list(bins(begin, end, policy.width))
    zero = np.where([is_covered(coverage, each, policy.width) for each in starts], 0.0, np.nan)
    posts, backfilled = np.tile(zero, (len(rows), 1)), np.zeros((len(rows), len(starts)))
    for number, counted in enumerate(rows.values()):
        places = [(each.start - begin) // policy.width for each in counted]
        known = ~np.isnan(zero[places])
        posts[number, places] = np.where(known, [each.posts for each in counted], np.nan)
        backfilled[number, places] = np.where(known, [each.backfilled for each in counted], 0.0)
    return Counts(begin, policy, tuple(rows), posts, backfilled)


def _half_hours(counts: Floats, half_hour: int) -> Floats:
    sums = np.cumsum(np.nan_to_num(counts), axis=1)
    sums[:, half_hour:] -= sums[:, :-half_hour].copy()
    return sums
