"""From judged bins to what becomes of one series: it is tracked while it is raised or has a spike."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Set
from copy import copy
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from processing.detection import episodes
from processing.detection.bins import start_of_bin
from processing.detection.detector import Judged
from processing.detection.episode import Episode, EpisodeKind, Run
from processing.detection.episodes import EpisodeState
from processing.detection.policy import DetectorPolicy
from processing.detection.pulses import Observation
from processing.detection.scales import OWN, Scales


class Key(NamedTuple):
    """A series: a topic in one language, or in all (`*`)."""

    topic: str
    language: str


class SeriesEvent(msgspec.Struct, frozen=True):
    """What a bin changed of one series, known at the end of that bin.

    `enough`: of a spike that the fast scale opens, the least posts of the bin with which it would have opened.
    """

    key: Key
    kind: EpisodeKind
    at: datetime
    episode: Episode
    enough: int | None = None


class Tracked(msgspec.Struct):
    """One series with its spikes."""

    key: Key
    row: int
    """Its row in the arrays that are judged."""
    settled: EpisodeState = msgspec.field(default_factory=EpisodeState)
    """Before the bins that late posts may still change."""
    live: EpisodeState = msgspec.field(default_factory=EpisodeState)
    """Behind the last bin."""

    @property
    def is_idle(self) -> bool:
        """Nothing is remembered."""
        return not any(each.run or each.segments for each in (self.live, self.settled))

    def follow(self, scales: Scales, bins: Judged, settled: int) -> Iterator[SeriesEvent]:
        """Take in judged bins. What happens before the bin `settled` is settled: late posts change it no more."""
        policy = scales.policy
        raised = {*np.flatnonzero(bins.score[self.row] >= policy.leave).tolist()}
        for number in self._stirring(policy, bins, raised, settled):
            bin_, at = bins.start + number, (self.row, number)
            if bin_ == settled:
                self.settled = copy(self.live)
            start, end = policy.start_of(bin_), policy.start_of(bin_ + 1)
            if np.isnan(bins.counts[at]):
                kind = episodes.step_unknown(policy, self.live, start)
            else:
                own = Observation(start, int(bins.counts[at]), float(bins.expected[at]))
                window = Observation(start, int(bins.windows[0, 1, *at]), float(bins.windows[1, 1, *at]))
                run = self._run(scales, bins, number, own, window) if number in raised else None
                kind = episodes.step(policy, self.live, own, window, run, spike=bool(bins.spike[at]))
            enough = self._opened(scales, bins, number) if kind is EpisodeKind.OPENED else None
            # Where it grows on, the next bin's event says all of it.
            waits = kind is EpisodeKind.GREW and number + 1 in raised and start_of_bin(end, policy.told_every) != end
            if kind is not None and not waits and (episode := self.live.episode) is not None:
                yield SeriesEvent(self.key, kind, end, episode, enough)

    def _stirring(self, policy: DetectorPolicy, bins: Judged, raised: Set[int], settled: int) -> Iterator[int]:
        """The bins that may change something, and the settled one: while no spike lasts, only raised ones may."""
        number, end = 0, bins.score.shape[1]
        stops = sorted({*raised, settled - bins.start, end})
        while number < end:
            rests = self.live.rests_until(policy) - bins.start
            if number <= rests:
                number = min(stops[bisect_left(stops, number)], rests + 1)
            if number < end:
                yield number
            number += 1

    def _run(self, scales: Scales, bins: Judged, number: int, own: Observation, window: Observation) -> Run:
        """One raised bin; what the slow scale saw rise, where that scale raises the first one."""
        policy, bin_ = scales.policy, bins.start + number
        run = Run(
            start=own.start,
            until=own.start + policy.width,
            observed=own.count,
            expected=own.expected,
            highest=own,
            score=float(bins.score[self.row, number]),
            ratio=(own.count + 1.0) / (own.expected + 1.0),
            window=policy.fast.name,
            in_window=window,
        )
        if not bins.slow[self.row, number]:
            return run
        first, posts, mean = scales.slow_window(self.row, bin_)
        run = msgspec.structs.replace(run, window=policy.slow.name, in_window=Observation(own.start, int(posts), mean))
        return self._slow_rise(scales, bin_, first, run) if self.live.is_at_rest else run

    def _slow_rise(self, scales: Scales, bin_: int, first: int, run: Run) -> Run:
        """A bin with the slow scale's long window before it, from the first post on, behind the last spike."""
        policy, fast, day = scales.policy, scales.fast, run.in_window
        if self.live.segments:
            first = max(first, min(bin_, policy.number_of(self.live.segments[-1].until)))
        counts = np.nan_to_num(fast.counts.read(first, bin_ + 1)[OWN + self.row])
        silent = int(np.argmax(counts > 0))
        first, counts = first + silent, counts[silent:]
        expected = fast.expected.read(first, bin_ + 1)[OWN + self.row]
        highest = int(np.argmax(counts - expected))
        return msgspec.structs.replace(
            run,
            start=policy.start_of(first),
            observed=int(counts.sum()),
            expected=day.expected,
            highest=Observation(policy.start_of(first + highest), int(counts[highest]), float(expected[highest])),
            ratio=(day.count + 1.0) / (day.expected + 1.0),
        )

    def _opened(self, scales: Scales, bins: Judged, number: int) -> int | None:
        """Note whether the spike that a bin opens is provisional. Return the posts with which it would have opened."""
        bin_, slow = bins.start + number, bool(bins.slow[self.row, number])
        self.live.provisional = scales.blocks(self.row, bin_, slow=slow) < scales.policy.settled_blocks
        if slow:
            return None
        count, settled = int(bins.counts[self.row, number]), bool(bins.settled[self.row, number])
        return scales.fast.least(OWN + self.row, bin_, count, settled=settled)
