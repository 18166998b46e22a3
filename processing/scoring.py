"""Stored counts through the detector, block by block: the watch, its start and a backtest step the same code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processing.contract import EVERYTHING, BinCount
from processing.coverage import Coverage, known_bins, next_covered
from processing.detection.bins import start_of_bin
from processing.detection.episode import EpisodeKind
from processing.detection.policy import DetectorPolicy
from processing.detection.series import Block, Key, Name, SeriesEvent, SeriesSet
from processing.ports import Counts

DAY = timedelta(days=1)
AT_ONCE = timedelta(days=7)
"""Event time of one block where nothing is told of it as it goes: bounds memory."""

MINUTE = timedelta(minutes=1)


class Stretch(NamedTuple):
    """Bins from `begin` to `end`."""

    begin: datetime
    end: datetime


@dataclass
class Scoring:
    """All series, and the counts that they are stepped over. `roots` maps each watched topic to its root, as of now."""

    counts: Counts
    roots: Callable[[], Mapping[str, str]]
    policy: DetectorPolicy
    series: SeriesSet

    @classmethod
    def begin(cls, counts: Counts, roots: Callable[[], Mapping[str, str]], policy: DetectorPolicy) -> Scoring:
        """Without any series."""
        return cls(counts, roots, policy, SeriesSet.begin(policy))

    def next_stretch(
        self, coverage: Sequence[Coverage], begin: datetime, limit: datetime, longest: timedelta
    ) -> Stretch | None:
        """The next bins to score from `begin` on; None where no bin before `limit` is covered.

        Bins that nobody covered are left out. So is time without any post behind a day without any: the detector
        takes it as unknown, however long it is.
        """
        covered = next_covered(coverage, begin, self.policy.width)
        if covered is None or covered >= limit:
            return None
        counted = self.counts.first(covered - DAY, limit)
        resumed = limit - self.policy.width if counted is None else start_of_bin(counted, self.policy.width)
        if resumed - covered > DAY:
            covered = resumed
        return Stretch(covered, min(limit, covered + longest))

    def step(self, coverage: Sequence[Coverage], stretch: Stretch) -> list[SeriesEvent]:
        """Take every series through these bins; before them, the last half hour again, for posts that came late."""
        begin = stretch.begin
        if begin == self.series.next and self.series.settled_until is not None:
            begin = self.series.settled_until
        known = known_bins(coverage, begin, stretch.end, self.policy.width)
        return self.series.step(self._block(begin, stretch.end, known))

    def through(self, coverage: Sequence[Coverage], begin: datetime, end: datetime) -> Iterator[SeriesEvent]:
        """Take every series from `begin` to `end`."""
        while (stretch := self.next_stretch(coverage, begin, end, AT_ONCE)) is not None:
            yield from self.step(coverage, stretch)
            begin = stretch.end

    def peek(self, coverage: Sequence[Coverage], start: datetime) -> list[SeriesEvent]:
        """What the open bin, the next one, would begin if it closed with what has come of it so far."""
        begin = self.series.settled_until or start
        end = start + self.policy.width
        known = known_bins(coverage, begin, start, self.policy.width)
        return self.series.peek(self._block(begin, end, [*known, True]))

    def reached(self, start: datetime) -> datetime:
        """The end of the newest minute of a bin in which anything was counted; posts are counted before progress."""
        counted = self.counts.minutes([start], self.policy.width, [EVERYTHING])
        return max((each.start + MINUTE for each in counted), default=start)

    def first_minutes(self, events: Iterable[SeriesEvent]) -> dict[Name, datetime]:
        """Of the spikes that begin, the end of the first minute by which their bin held posts enough for that.

        It is when a watch that looks each minute finds them. A spike that the slow scale has found is left out.
        """
        opened = [each for each in events if each.kind is EpisodeKind.OPENED and each.enough is not None]
        if not opened:
            return {}
        width = self.policy.width
        topics = {each.key.topic for each in opened}
        posts: dict[tuple[Key, datetime], list[BinCount]] = {}
        for count in self.counts.minutes({each.at - width for each in opened}, width, topics):
            place = Key(count.topic, count.language), start_of_bin(count.start, width)
            posts.setdefault(place, []).append(count)
        return {
            (each.key, each.episode.start): _first_minute(posts.get((each.key, each.at - width), ()), each)
            for each in opened
        }

    def _block(self, begin: datetime, end: datetime, known: Sequence[bool]) -> Block:
        watched = self.roots().keys()
        counted = self.counts.binned(begin, end, self.policy.width, {*watched, EVERYTHING})
        total: npt.NDArray[np.float64] = np.zeros(len(known))
        for each in counted:
            if (each.topic, each.language) == (EVERYTHING, EVERYTHING):
                total[(each.start - begin) // self.policy.width] = each.posts
        series = (each for each in counted if each.topic in watched)
        return self.series.block(begin, end, series, np.array(known, dtype=bool), total)


def _first_minute(minutes: Iterable[BinCount], event: SeriesEvent) -> datetime:
    """The close of the bin where its minutes hold fewer posts: some were deleted since."""
    so_far = 0
    for count in minutes:
        so_far += count.posts
        if event.enough is not None and so_far >= event.enough:
            return count.start + MINUTE
    return event.at
