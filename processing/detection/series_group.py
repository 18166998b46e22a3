"""The arrays of all series, and the spikes of the few that have one."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Self

import msgspec
import numpy as np

from processing.contract import EVERYTHING
from processing.detection import episodes
from processing.detection.bins import EPOCH, start_of_bin
from processing.detection.detector import Judged
from processing.detection.episode import Episode, EpisodeKind, EpisodeState, Run
from processing.detection.episodes import Scored
from processing.detection.late import changed, reconcile
from processing.detection.policy import DetectorPolicy
from processing.detection.pulses import Observation
from processing.detection.scales import OWN, QUIET, Scales
from processing.detection.silence import NEVER
from processing.detection.timeline import Floats


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

    @property
    def window(self) -> str:
        """The name of the scale that speaks."""
        return self.episode.rarest.window


class Tracked(msgspec.Struct):
    """The spikes of one series, before the bins that may still change and behind them."""

    settled: EpisodeState
    live: EpisodeState


class Part(NamedTuple):
    """A block's bins, with the rows that are nobody's series; `again` of them were judged before.

    What happens before the bin `settled` is settled: late posts change it no more.
    """

    counts: Floats
    backfilled: Floats | None
    with_total: bool
    again: int
    settled: int


class Figure(NamedTuple):
    """What the detector says of one bin of one series; `long_posts` and `long_mean` are of the fast scale's window."""

    posts: float
    expected: float
    score: float
    long_posts: float
    long_mean: float
    raised: bool
    spike: bool
    slow: bool


def _columns(bins: Judged, row: int) -> list[list[float | bool]]:
    """The figures of a series, each of all bins, as numbers of Python's, which are read one by one."""
    posts, mean = (each[1] for each in bins.windows)
    columns = (bins.counts, bins.expected, bins.score, posts, mean, bins.raised, bins.spike, bins.slow)
    return [each[row].tolist() for each in columns]


@dataclass
class SeriesGroup:
    """Series that are stepped together: `scales` has counts and scores, `tracked` the few that have a spike, by row."""

    policy: DetectorPolicy
    phase: timedelta
    """Bins start so long behind a multiple of their width."""
    scales: Scales
    keys: list[Key] = field(default_factory=list)
    tracked: dict[int, Tracked] = field(default_factory=dict)

    @classmethod
    def begin_at(cls, policy: DetectorPolicy, start: datetime, *, silent_before: bool) -> Self:
        """No series, and no bin before this start."""
        phase = (start - EPOCH) % policy.width
        first = (start - EPOCH - phase) // policy.width
        return cls(policy, phase, Scales.begin_at(policy, OWN, first, silent_before=silent_before))

    def add(self, keys: Collection[Key]) -> None:
        """Go on with more series, each with the past of the quiet one."""
        rows = np.concatenate([np.arange(OWN + len(self.keys)), np.full(len(keys), QUIET)])
        self.keys += keys
        slow = np.array([True] * OWN + [key.language == EVERYTHING for key in self.keys])
        self.scales = self.scales.take(rows, slow)

    def step(self, start: int, part: Part) -> list[SeriesEvent]:
        """Take the series through bins, behind unknown ones where `start` lies behind the next bin."""
        events = self._pass_over(start)
        self.scales.return_to(start)
        if part.again:
            events = self._judge_again(part)
        for bins in self._scored(part, slice(part.again, None)):
            events += self._follow(bins, part.settled)
        self.tracked = {
            row: each for row, each in self.tracked.items() if not (each.live.is_idle and each.settled.is_idle)
        }
        return events

    def peek(self, part: Part) -> list[SeriesEvent]:
        """What the bins behind those judged before would open or raise; nothing is changed."""
        reached, tracked = self.scales.fast.next, self.tracked
        self.tracked = {row: Tracked(each.settled, each.live.copy()) for row, each in tracked.items()}
        try:
            steps = self._scored(part, slice(part.again, None), trial=True)
            events = [event for bins in steps for event in self._follow(bins, NEVER)]
        finally:
            self.tracked = tracked
            self.scales.return_to(reached)
        return [each for each in events if each.kind is not EpisodeKind.ENDED]

    def _scored(self, part: Part, some: slice, *, trial: bool = False) -> Iterator[Judged]:
        backfilled = None if part.backfilled is None else part.backfilled[:, some]
        return self.scales.step(part.counts[:, some], backfilled, with_total=part.with_total, trial=trial)

    def _pass_over(self, start: int) -> list[SeriesEvent]:
        """Take the bins up to there as unknown."""
        unknown = np.full((len(self.scales.begun), self.scales.skip_to(start)), np.nan)
        steps = self.scales.step(unknown, None, with_total=False)
        return [event for bins in steps for event in self._follow(bins, start)]

    def _judge_again(self, part: Part) -> list[SeriesEvent]:
        """Judge the last bins with the posts that have come late; what that changed of spikes."""
        told = {row: each.live for row, each in self.tracked.items()}
        for each in self.tracked.values():
            each.live = each.settled.copy()
        kinds: dict[Key, EpisodeKind] = {}
        for bins in self._scored(part, slice(part.again)):
            kinds |= {event.key: event.kind for event in self._follow(bins, part.settled)}
        now, events = self.start_of(self.scales.fast.next), []
        for row, tracked in self.tracked.items():
            before, key = told.get(row, EpisodeState()), self.keys[row - OWN]
            tracked.live = reconcile(before, tracked.live, now, self.policy.late)
            kind = changed(before, tracked.live, kinds.get(key, EpisodeKind.GREW))
            if kind is not None and (episode := tracked.live.episode) is not None:
                events.append(SeriesEvent(key, kind, now, episode))
        return events

    def _follow(self, bins: Judged, settled: int) -> list[SeriesEvent]:
        """The spikes of the series that are raised somewhere or have one already, in order of bins, then of rows."""
        raised = np.flatnonzero(bins.raised[OWN:].any(axis=1)) + OWN
        rows = sorted({*raised.tolist(), *self.tracked})
        events = [event for row in rows for event in self._follow_row(bins, row, settled)]
        return sorted(events, key=lambda event: event.at)

    def _follow_row(self, bins: Judged, row: int, settled: int) -> Iterator[SeriesEvent]:
        tracked = self.tracked.get(row)
        if tracked is None:
            tracked = self.tracked[row] = Tracked(EpisodeState(), EpisodeState())
        columns, raised = _columns(bins, row), [*bins.raised[row].tolist(), False]
        resting = self._rests_up_to(tracked.live)
        for number in range(len(raised) - 1):
            if bins.start + number == settled:
                tracked.settled = tracked.live.copy()
            if not raised[number] and bins.start + number <= resting:
                continue
            figure = Figure._make([each[number] for each in columns])
            kind = episodes.step(self.policy, tracked.live, self._scored_bin(bins, row, number, figure))
            resting = self._rests_up_to(tracked.live)
            grows_on = kind is EpisodeKind.GREW and raised[number + 1]
            # Where it grows on, the next bin's event says all of it.
            if kind is None or (grows_on and not self._is_told_at(self.start_of(bins.start + number + 1))):
                continue
            if kind is EpisodeKind.OPENED:
                blocks = self.scales.blocks(row, bins.start + number, slow=figure.slow)
                tracked.live.provisional = blocks < self.policy.settled_blocks
            if (episode := tracked.live.episode) is not None:
                yield self._series_event(bins, row, number, kind, episode)

    def _is_told_at(self, moment: datetime) -> bool:
        return start_of_bin(moment, self.policy.told_every) == moment

    def _rests_up_to(self, live: EpisodeState) -> int:
        """The last bin that changes nothing unless it is raised."""
        until = episodes.rests_until(self.policy, live)
        return -NEVER if until is None else self.number_of(until)

    def _scored_bin(self, bins: Judged, row: int, number: int, figure: Figure) -> Scored:
        start = self.start_of(bins.start + number)
        slow, window = figure.slow and figure.raised, Observation(start, int(figure.long_posts), figure.long_mean)
        return Scored(
            start=start,
            count=None if math.isnan(figure.posts) else int(figure.posts),
            expected=figure.expected,
            score=figure.score,
            raised=figure.raised,
            spike=figure.spike,
            scale=(self.policy.slow if figure.slow else self.policy.fast).name,
            window=window,
            in_window=self._day(row, bins.start + number) if slow else window,
            rise=partial(self._slow_rise, bins, row, number) if slow else None,
        )

    def _day(self, row: int, bin_: int) -> Observation:
        """The long window of the slow scale."""
        _, posts, mean = self.scales.slow_window(row, bin_)
        return Observation(self.start_of(bin_), int(posts), mean)

    def _slow_rise(self, bins: Judged, row: int, number: int, after: datetime | None) -> Run:
        """What the slow scale saw rise: its long window from the first post on, behind the last spike."""
        fast, bin_ = self.scales.fast, bins.start + number
        first, posts, mean = self.scales.slow_window(row, bin_)
        first = first if after is None else max(first, min(bin_, self.number_of(after)))
        counts = np.nan_to_num(fast.counts.read(first, bin_ + 1)[row])
        silent = int(np.argmax(counts > 0))
        first, counts = first + silent, counts[silent:]
        expected = fast.expected.read(first, bin_ + 1)[row]
        highest = int(np.argmax(counts - expected))
        return Run(
            start=self.start_of(first),
            until=self.start_of(bin_ + 1),
            observed=int(counts.sum()),
            expected=mean,
            highest=Observation(self.start_of(first + highest), int(counts[highest]), float(expected[highest])),
            score=float(bins.score[row, number]),
            ratio=(posts + 1.0) / (mean + 1.0),
            window=self.policy.slow.name,
            in_window=self._day(row, bin_),
        )

    def _series_event(self, bins: Judged, row: int, number: int, kind: EpisodeKind, episode: Episode) -> SeriesEvent:
        enough = None
        if kind is EpisodeKind.OPENED and not bins.slow[row, number]:
            count, settled = int(bins.counts[row, number]), bool(bins.settled[row, number])
            enough = self.scales.least(row, bins.start + number, count, settled=settled)
        return SeriesEvent(self.keys[row - OWN], kind, self.start_of(bins.start + number + 1), episode, enough)

    def number_of(self, start: datetime) -> int:
        """The number of the bin that starts then."""
        return (start - EPOCH - self.phase) // self.policy.width

    def start_of(self, number: int) -> datetime:
        """When a bin starts."""
        return EPOCH + self.phase + number * self.policy.width
