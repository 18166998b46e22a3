"""All series under watch, stepped together through blocks of bins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from processing.contract import EVERYTHING, Spike
from processing.detection import episodes
from processing.detection.bins import EPOCH
from processing.detection.episode import Episode, EpisodeEvent, EpisodeKind, EpisodeState, Run
from processing.detection.episodes import Scored
from processing.detection.late import changed, reconcile, rename
from processing.detection.policy import DetectorPolicy
from processing.detection.pulses import BinExcess, Window
from processing.detection.scales import NEVER, OWN, QUIET, Bins, Scales
from processing.detection.timeline import Flags, Floats


class OutOfOrder(ValueError):
    """A block begins before the bins that may still change."""


class Key(NamedTuple):
    """A series: a topic in one language, or in all (`*`)."""

    topic: str
    language: str


Name = tuple[Key, datetime]
"""A spike is known by its series and its start."""


def name_of(spike: Spike) -> Name:
    """What tells a spike from every other one."""
    return Key(spike.topic, spike.language), spike.start


class Counted(Protocol):
    """Posts of one series in one bin."""

    @property
    def start(self) -> datetime: ...
    @property
    def topic(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def posts(self) -> int: ...
    @property
    def backfilled(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Block:
    """What was counted in neighbouring bins: [series, bin] in the order of `SeriesSet.keys`, NaN for unknown.

    `total` is [bin]: posts of all sources on any subject; None where it is not known, and then a series counts as
    begun with its first post.
    """

    start: datetime
    counts: Floats
    backfilled: Floats | None = None
    total: Floats | None = None


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


@dataclass
class SeriesSet:
    """All series under watch. `scales` has their counts and scores, `tracked` the few that have a spike, by row."""

    policy: DetectorPolicy
    keys: list[Key]
    scales: Scales | None = None
    silent_before: bool = False
    tracked: dict[int, Tracked] = field(default_factory=dict)
    rows: dict[Key, int] = field(default_factory=dict)
    phase: timedelta = timedelta(0)
    """Bins start so long behind a multiple of their width."""
    settled_until: datetime | None = None
    """A block may begin there again, so that late posts are judged."""

    @classmethod
    def begin(cls, policy: DetectorPolicy, keys: Iterable[Key] = (), *, silent_before: bool = False) -> SeriesSet:
        """Series without a past. `silent_before`: all are known to have been empty for the two days before."""
        series = cls(policy, [], silent_before=silent_before)
        series.add(keys)
        return series

    @property
    def next(self) -> datetime | None:
        """The start of the first bin that is not judged yet; None before the first block."""
        return None if self.scales is None else self._start_of(self.scales.fast.next)

    def add(self, keys: Iterable[Key]) -> None:
        """Put series under watch, each with the past of one that was zero wherever that was known."""
        new = [key for key in dict.fromkeys(keys) if key not in self.rows]
        self.rows |= {key: OWN + number for number, key in enumerate(new, len(self.keys))}
        self.keys += new
        if self.scales is not None and new:
            self.scales.repeat(QUIET, len(new))

    def block(
        self, begin: datetime, end: datetime, counted: Iterable[Counted], known: Flags, total: Floats | None = None
    ) -> Block:
        """Bins from `begin` to `end` as arrays. Series that are new are put under watch; absent bins are zero."""
        counted = list(counted)
        self.add(Key(each.topic, each.language) for each in counted)
        bins = len(known)
        counts, backfilled = np.zeros((len(self.keys), bins)), np.zeros((len(self.keys), bins))
        for each in counted:
            place = self.rows[Key(each.topic, each.language)] - OWN, (each.start - begin) // self.policy.width
            counts[place], backfilled[place] = each.posts, each.backfilled
        if (end - begin) // self.policy.width != bins:
            raise ValueError(f"From {begin} to {end} are not {bins} bins.")
        counts[:, ~known] = np.nan
        return Block(begin, counts, backfilled, None if total is None else np.where(known, total, np.nan))

    def step(self, block: Block) -> list[SeriesEvent]:
        """Take every series through a block, which begins at `next`, or at `settled_until` to judge late posts.

        Bins that are left out before it count as unknown.

        Raises:
            OutOfOrder: it begins before both.
        """
        scales, start = self._reach(block)
        events = self._pass_over(scales, start)
        counts, backfilled = _with_own_rows(block)
        end, again = start + counts.shape[1], scales.fast.next - start
        settled = max(start, end - self._late)
        scales.return_to(start)
        if again:
            events = self._judge_again(counts[:, :again], backfilled[:, :again], block, settled)
        for bins in scales.step(counts[:, again:], backfilled[:, again:], with_total=block.total is not None):
            events += self._follow(bins, settled)
        self.settled_until = self._start_of(settled)
        self.tracked = {
            row: each for row, each in self.tracked.items() if not (each.live.is_idle and each.settled.is_idle)
        }
        return events

    def peek(self, block: Block) -> list[SeriesEvent]:
        """What the bin behind the last one opens or escalates, were it to close with what has come of it so far.

        Nothing is changed. More posts only raise a score: what opens now has opened when the bin closes.
        """
        scales, start = self._reach(block)
        counts, backfilled = _with_own_rows(block)
        again, tracked = scales.fast.next - start, self.tracked
        self.tracked = {row: Tracked(each.settled, each.live.copy()) for row, each in tracked.items()}
        try:
            steps = scales.step(
                counts[:, again:], backfilled[:, again:], with_total=block.total is not None, trial=True
            )
            events = [event for bins in steps for event in self._follow(bins, NEVER)]
        finally:
            self.tracked = tracked
            scales.return_to(start + again)
        return [each for each in events if each.kind in {EpisodeKind.OPENED, EpisodeKind.ESCALATED}]

    def episode(self, key: Key) -> Episode | None:
        """The spike of a series that lasts, or ended in the last twelve hours."""
        tracked = self.tracked.get(self.rows.get(key, -1))
        return None if tracked is None else tracked.live.episode

    def ended(self, spike: Spike) -> Spike:
        """A spike without an end, with the one it has had; itself while its series goes on with it.

        One that its series does not know is over with its highest bin, the last one of it that we can be sure of.
        """
        episode = self.episode(Key(spike.topic, spike.language))
        known = () if episode is None else (episode, *episode.comebacks)
        end = next((each.end for each in known if each.start == spike.start), spike.peak + self.policy.width)
        return msgspec.structs.replace(spike, end=end)

    def found(self, key: Key, at: datetime) -> None:
        """Let the last rise of a series have been found then."""
        self.tracked[self.rows[key]].live.segments[-1].detected_at = at

    def name_after(self, key: Key, start: datetime, detected_at: datetime) -> None:
        """Let the spike that goes on be the one that was told with this start, before its bin had closed."""
        tracked = self.tracked.get(self.rows.get(key, -1))
        if tracked is not None and tracked.live.segments:
            rename(tracked.live.segments[0], start, detected_at)

    def _reach(self, block: Block) -> tuple[Scales, int]:
        """The state, and the number of the block's first bin."""
        if self.scales is None:
            self.phase = (block.start - EPOCH) % self.policy.width
            first = self._number_of(block.start)
            rows = OWN + len(self.keys)
            self.scales = Scales.begin_at(self.policy, rows, first, silent_before=self.silent_before)
        over_all = [key.language == EVERYTHING for key in self.keys]
        self.scales.slow_rows = np.array([True] * OWN + over_all)
        start = self._number_of(block.start)
        if start < self.scales.fast.next and block.start != self.settled_until:
            raise OutOfOrder(f"The bins from {block.start} on were judged before.")
        return self.scales, start

    def _pass_over(self, scales: Scales, start: int) -> list[SeriesEvent]:
        """Take the bins up to there as unknown."""
        unknown = np.full((len(scales.begun), scales.skip_to(start)), np.nan)
        steps = scales.step(unknown, None, with_total=False)
        return [event for bins in steps for event in self._follow(bins, start)]

    def _judge_again(self, counts: Floats, backfilled: Floats, block: Block, settled: int) -> list[SeriesEvent]:
        """Judge the last bins with the posts that have come late; what that changed of spikes."""
        scales = self._scales
        told = {row: each.live for row, each in self.tracked.items()}
        for each in self.tracked.values():
            each.live = each.settled.copy()
        kinds: dict[int, EpisodeKind] = {}
        for bins in scales.step(counts, backfilled, with_total=block.total is not None):
            kinds |= {self.rows[event.key]: event.kind for event in self._follow(bins, settled)}
        now, events = self._start_of(scales.fast.next), []
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
            event = episodes.step(self.policy, tracked.live, self._scored(bins, row, number))
            if event is not None:
                yield self._series_event(bins, row, number, event)

    def _scored(self, bins: Bins, row: int, number: int) -> Scored:
        start, slow = self._start_of(bins.start + number), bool(bins.slow[row, number])
        count, raised = float(bins.counts[row, number]), bool(bins.raised[row, number])
        posts, mean = bins.fast.long
        scale, state = (self.policy.slow, self._scales.slow) if slow else (self.policy.fast, self._scales.fast)
        return Scored(
            start=start,
            count=None if math.isnan(count) else int(count),
            expected=float(bins.expected[row, number]),
            score=float(bins.score[row, number]),
            raised=raised,
            spike=bool(bins.spike[row, number]),
            provisional=bool(state.maxima.known[row] < self.policy.settled_blocks),
            scale=scale.name,
            window=Window(int(posts[row, number]), float(mean[row, number]), self.policy.fast.long),
            ratio=float(bins.ratio[row, number]),
            rise=partial(self._slow_rise, bins, row, number) if slow and raised else None,
        )

    def _slow_rise(self, bins: Bins, row: int, number: int, after: datetime | None) -> Run:
        """What the slow scale saw rise when it raised a bin: its long window from the first post on, behind the last spike."""
        fast, bin_ = self._scales.fast, bins.start + number
        first, posts, mean = self._scales.slow_window(row, bin_)
        first = first if after is None else max(first, min(bin_, self._number_of(after)))
        counts = np.nan_to_num(fast.counts.read(first, bin_ + 1)[row])
        silent = int(np.argmax(counts > 0))
        first, counts = first + silent, counts[silent:]
        expected = fast.expected.read(first, bin_ + 1)[row]
        highest = int(np.argmax(counts - expected))
        start = self._start_of(first)
        return Run(
            start=start,
            until=self._start_of(bin_ + 1),
            observed=int(counts.sum()),
            expected=mean,
            highest=BinExcess(start + highest * self.policy.width, int(counts[highest]), float(expected[highest])),
            score=float(bins.score[row, number]),
            ratio=(posts + 1.0) / (mean + 1.0),
            window=self.policy.slow.name,
        )

    def _series_event(self, bins: Bins, row: int, number: int, event: EpisodeEvent) -> SeriesEvent:
        enough = None
        if event.kind is EpisodeKind.OPENED and not bins.slow[row, number]:
            count, settled = int(bins.counts[row, number]), bool(bins.fast.settled[row, number])
            enough = self._scales.least(row, bins.start + number, count, settled=settled)
        return SeriesEvent(self.keys[row - OWN], event.kind, event.at, event.episode, enough)

    @property
    def _scales(self) -> Scales:
        if self.scales is None:
            raise OutOfOrder("No bin is judged yet.")
        return self.scales

    @property
    def _late(self) -> int:
        return self.policy.late // self.policy.width

    def _number_of(self, start: datetime) -> int:
        return (start - EPOCH - self.phase) // self.policy.width

    def _start_of(self, number: int) -> datetime:
        return EPOCH + self.phase + number * self.policy.width


def _with_own_rows(block: Block) -> tuple[Floats, Floats]:
    """Posts and backfilled posts of every row."""
    bins = block.counts.shape[1]
    total = np.full(bins, np.nan) if block.total is None else block.total
    quiet = np.where(np.isnan(total), np.nan, 0.0)
    backfilled = np.zeros_like(block.counts) if block.backfilled is None else block.backfilled
    return np.vstack([quiet, total, block.counts]), np.vstack([np.zeros((OWN, bins)), backfilled])
