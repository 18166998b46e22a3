"""Steps the detector through stored counts, block by block. The watch, its start and the backtest share this code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processing.contract import EVERYTHING, BinCount
from processing.coverage import Coverage, known_bins, next_covered
from processing.detection.bins import bins, end_of_bin, start_of_bin
from processing.detection.episode import EpisodeKind
from processing.detection.policy import DetectorPolicy
from processing.detection.series import Block, Key, Name, SeriesEvent, SeriesSet
from processing.ports import Counts

DAY = timedelta(days=1)
AT_ONCE = timedelta(days=7)
"""Event time of one block where all of the past is scored at once. It bounds the memory."""

MINUTE = timedelta(minutes=1)


class Stretch(NamedTuple):
    """Bins from `begin` to `end`."""

    begin: datetime
    end: datetime

    def parts(self, width: timedelta) -> Iterator[datetime]:
        """The ends of the parts of this width that the stretch is cut into, at multiples of it since the epoch."""
        yield from bins(end_of_bin(self.begin, width), self.end, width)
        yield self.end


@dataclass
class Scoring:
    """All series, and the counts that they are stepped over. `roots` maps each watched topic to its root, as of now."""

    counts: Counts
    roots: Callable[[], Mapping[str, str]]
    policy: DetectorPolicy
    series: SeriesSet

    @classmethod
    def begin(cls, counts: Counts, roots: Callable[[], Mapping[str, str]], policy: DetectorPolicy) -> Scoring:
        """Return a scoring that has no series yet."""
        return cls(counts, roots, policy, SeriesSet(policy))

    def next_stretch(
        self, coverage: Sequence[Coverage], begin: datetime, limit: datetime, longest: timedelta
    ) -> Stretch | None:
        """Return the next bins to score from `begin` on; None where no bin before `limit` is covered.

        Bins that no collector covered are left out. After a day without any post, further time without posts is left
        out too. The detector takes what is left out as unknown, however long it is.
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
        """Score every series over these bins. The half hour before them is scored again, for posts that came late."""
        begin = stretch.begin
        if begin == self.series.next and self.series.settled_until is not None:
            begin = self.series.settled_until
        known = known_bins(coverage, begin, stretch.end, self.policy.width)
        return self.series.step(self._block(begin, stretch.end, known))

    def through(self, coverage: Sequence[Coverage], begin: datetime, end: datetime) -> Iterator[SeriesEvent]:
        """Score every series from `begin` to `end`."""
        while (stretch := self.next_stretch(coverage, begin, end, AT_ONCE)) is not None:
            yield from self.step(coverage, stretch)
            begin = stretch.end

    def peek(self, coverage: Sequence[Coverage], start: datetime) -> list[SeriesEvent]:
        """Return the events that the open bin would bring if it closed with the posts that it has so far."""
        begin = self.series.settled_until or start
        end = start + self.policy.width
        known = known_bins(coverage, begin, start, self.policy.width)
        return self.series.peek(self._block(begin, end, [*known, True]))

    def reached(self, start: datetime) -> datetime:
        """Return the end of the newest minute with a post in the bin that begins at `start`; without any, `start`.

        It may lie past the watermark: posts are counted before the progress behind them is reported.
        """
        counted = self.counts.minutes([start], self.policy.width, [EVERYTHING])
        return max((each.start + MINUTE for each in counted), default=start)

    def first_minutes(self, events: Iterable[SeriesEvent]) -> dict[Name, datetime]:
        """Return, for each spike that opens, the end of the first minute by which its bin had enough posts to open it.

        At that time a watch that looks each minute finds the spike. Spikes of the slow scale are left out.
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
        return self.series.block(begin, series, np.array(known, dtype=bool), total)


def _first_minute(minutes: Iterable[BinCount], event: SeriesEvent) -> datetime:
    """Return the end of the minute with which the bin had enough posts; the bin's end if some were deleted since."""
    so_far = 0
    for count in minutes:
        so_far += count.posts
        if event.enough is not None and so_far >= event.enough:
            return count.start + MINUTE
    return event.at
