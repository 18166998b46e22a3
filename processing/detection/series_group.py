"""Series that are stepped together: so many that their arrays stay near the processor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import msgspec
import numpy as np

from processing.detection import episodes
from processing.detection.bins import EPOCH, start_of_bin
from processing.detection.episode import Episode, EpisodeKind, EpisodeState, Run
from processing.detection.episodes import Scored
from processing.detection.late import changed, reconcile
from processing.detection.policy import DetectorPolicy
from processing.detection.pulses import BinExcess, Window
from processing.detection.scales import OWN, Bins, Scales
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
        return self.episode.window


class Tracked(msgspec.Struct):
    """The spikes of one series, before the bins that may still change and behind them."""

    settled: EpisodeState
    live: EpisodeState


class Part(NamedTuple):
    """A block's bins of a group, its own rows among them; `again` of them were judged before.

    What happens before the bin `settled` is settled: late posts change it no more.
    """

    counts: Floats
    backfilled: Floats | None
    with_total: bool
    again: int
    settled: int


@dataclass
class SeriesGroup:
    """Some series: `scales` has their counts and scores, `tracked` the few that have a spike, by row."""

    policy: DetectorPolicy
    phase: timedelta
    """Bins start so long behind a multiple of their width."""
    scales: Scales
    keys: list[Key] = field(default_factory=list)
    tracked: dict[int, Tracked] = field(default_factory=dict)

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
        """What the bins behind those judged before would open or escalate; nothing is changed."""
        reached, tracked = self.scales.fast.next, self.tracked
        self.tracked = {row: Tracked(each.settled, each.live.copy()) for row, each in tracked.items()}
        try:
            steps = self._scored(part, slice(part.again, None), trial=True)
            events = [event for bins in steps for event in self._follow(bins, NEVER)]
        finally:
            self.tracked = tracked
            self.scales.return_to(reached)
        return [each for each in events if each.kind in {EpisodeKind.OPENED, EpisodeKind.ESCALATED}]

    def _scored(self, part: Part, some: slice, *, trial: bool = False) -> Iterator[Bins]:
        backfilled = None if part.backfilled is None else part.backfilled[:, some]
        return self.scales.step(part.counts[:, some], backfilled, with_total=part.with_total, trial=trial)

    def _pass_over(self, start: int) -> list[SeriesEvent]:
        """Take the bins up to there as unknown."""
        unknown = np.full((len(self.scales.begun), self.scales.skip_to(start)), np.nan)
        steps = self.scales.step(unknown, None, with_total=False)
        return [event for bins in steps for event in self._follow(bins, start)]

    def _judge_again(self, part: Part) -> list[SeriesEvent]:
        """Judge the last bins with the posts that have come late; what that changed of spikes."""
        scales = self.scales
        told = {row: each.live for row, each in self.tracked.items()}
        for each in self.tracked.values():
            each.live = each.settled.copy()
        kinds: dict[int, EpisodeKind] = {}
        rows = {key: OWN + number for number, key in enumerate(self.keys)}
        for bins in self._scored(part, slice(part.again)):
            kinds |= {rows[event.key]: event.kind for event in self._follow(bins, part.settled)}
        now, events = self.start_of(scales.fast.next), []
        for row, tracked in self.tracked.items():
            before = told.get(row, EpisodeState())
            tracked.live = reconcile(before, tracked.live, now, self.policy.late)
            kind = changed(before, tracked.live, kinds.get(row, EpisodeKind.GREW))
            if kind is not None and (episode := tracked.live.episode) is not None:
                events.append(SeriesEvent(self.keys[row - OWN], kind, now, episode))
        return events

    def _follow(self, bins: Bins, settled: int) -> list[SeriesEvent]:
        """The spikes of the series that are raised somewhere or have one already, in order of bins, then of rows."""
        raised = np.flatnonzero(bins.raised[OWN:].any(axis=1)) + OWN
        rows = sorted({*raised.tolist(), *self.tracked})
        events = [event for row in rows for event in self._follow_row(bins, row, settled)]
        return sorted(events, key=lambda event: event.at)

    def _follow_row(self, bins: Bins, row: int, settled: int) -> Iterator[SeriesEvent]:
        tracked = self.tracked.get(row)
        if tracked is None:
            tracked = self.tracked[row] = Tracked(EpisodeState(), EpisodeState())
        raised = bins.raised[row].tolist()
        for number, is_raised in enumerate(raised):
            if bins.start + number == settled:
                tracked.settled = tracked.live.copy()
            if not is_raised and tracked.live.is_idle:
                continue
            kind = episodes.step(self.policy, tracked.live, self._scored_bin(bins, row, number))
            grows_on = kind is EpisodeKind.GREW and number + 1 < len(raised) and raised[number + 1]
            # Where it grows on, the next bin's event says all of it.
            if kind is None or (grows_on and not self._is_told_at(self.start_of(bins.start + number + 1))):
                continue
            if (episode := tracked.live.episode) is not None:
                yield self._series_event(bins, row, number, kind, episode)

    def _is_told_at(self, moment: datetime) -> bool:
        return start_of_bin(moment, self.policy.told_every) == moment

    def _scored_bin(self, bins: Bins, row: int, number: int) -> Scored:
        start, slow = self.start_of(bins.start + number), bool(bins.slow[row, number])
        count, raised = float(bins.counts[row, number]), bool(bins.raised[row, number])
        scale = self.policy.slow if slow else self.policy.fast
        posts, mean = bins.windows.at(row, number)
        return Scored(
            start=start,
            count=None if math.isnan(count) else int(count),
            expected=float(bins.expected[row, number]),
            score=float(bins.score[row, number]),
            raised=raised,
            spike=bool(bins.spike[row, number]),
            provisional=self.scales.blocks(row, bins.start + number, slow=slow) < self.policy.settled_blocks,
            scale=scale.name,
            window=Window(int(posts[1]), float(mean[1]), self.policy.fast.long),
            ratio=((0.0 if math.isnan(count) else count) + 1.0) / (float(bins.expected[row, number]) + 1.0),
            rise=partial(self._slow_rise, bins, row, number) if slow and raised else None,
        )

    def _slow_rise(self, bins: Bins, row: int, number: int, after: datetime | None) -> Run:
        """What the slow scale saw rise: its long window from the first post on, behind the last spike."""
        fast, bin_ = self.scales.fast, bins.start + number
        first, posts, mean = self.scales.slow_window(row, bin_)
        first = first if after is None else max(first, min(bin_, self.number_of(after)))
        counts = np.nan_to_num(fast.counts.read(first, bin_ + 1)[row])
        silent = int(np.argmax(counts > 0))
        first, counts = first + silent, counts[silent:]
        expected = fast.expected.read(first, bin_ + 1)[row]
        highest = int(np.argmax(counts - expected))
        start = self.start_of(first)
        return Run(
            start=start,
            until=self.start_of(bin_ + 1),
            observed=int(counts.sum()),
            expected=mean,
            highest=BinExcess(start + highest * self.policy.width, int(counts[highest]), float(expected[highest])),
            score=float(bins.score[row, number]),
            ratio=(posts + 1.0) / (mean + 1.0),
            window=self.policy.slow.name,
        )

    def _series_event(self, bins: Bins, row: int, number: int, kind: EpisodeKind, episode: Episode) -> SeriesEvent:
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
