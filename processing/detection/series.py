"""All series under watch, stepped together through blocks of bins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np

from processing.contract import EVERYTHING, BinCount, Spike
from processing.detection.bins import NEVER
from processing.detection.detector import Judged
from processing.detection.episode import EpisodeKind
from processing.detection.episodes import EpisodeState, changed, reconcile
from processing.detection.policy import DetectorPolicy
from processing.detection.scales import Scales
from processing.detection.timeline import Flags, Floats
from processing.detection.tracked import Key, SeriesEvent, Tracked

__all__ = ["Block", "Key", "Name", "OutOfOrder", "SeriesEvent", "SeriesSet", "name_of"]


class OutOfOrder(ValueError):
    """A block begins before the bins that may still change."""


Name = tuple[Key, datetime]
"""A spike is known by its series and its start."""


def name_of(spike: Spike) -> Name:
    """What tells a spike from every other one."""
    return Key(spike.topic, spike.language), spike.start


@dataclass(frozen=True, slots=True)
class Block:
    """What was counted in neighbouring bins: [series, bin] in the order of `SeriesSet.keys`, NaN for unknown.

    `start` is a multiple of the bins' width since 1970. `total` is [bin]: posts of all sources on any subject; None
    where it is not known, and then a series counts as begun with its first post.
    """

    start: datetime
    counts: Floats
    backfilled: Floats | None = None
    total: Floats | None = None


class SeriesSet:
    """All series under watch."""

    def __init__(self, policy: DetectorPolicy, keys: Iterable[Key] = (), *, silent_before: bool = False) -> None:
        """Begin without a past. `silent_before`: all series are known to have been empty for the two days before."""
        self.policy, self._silent_before = policy, silent_before
        self.settled_until: datetime | None = None
        """A block may begin there again, so that late posts are judged."""
        self._rows: dict[Key, int] = {}
        self._scales: Scales | None = None
        """Their counts and scores, from the first block on."""
        self._tracked: dict[int, Tracked] = {}
        """The few that have a spike, by row."""
        self.add(keys)

    @property
    def keys(self) -> Collection[Key]:
        """The series, in the order of the rows of a block."""
        return self._rows.keys()

    @property
    def next(self) -> datetime | None:
        """The start of the first bin that is not judged yet; None before the first block."""
        return None if self._scales is None else self.policy.start_of(self._scales.fast.next)

    def add(self, keys: Iterable[Key]) -> None:
        """Put series under watch, each with the past of one that was zero wherever that was known."""
        new = [key for key in dict.fromkeys(keys) if key not in self._rows]
        self._rows |= zip(new, range(len(self._rows), len(self._rows) + len(new)), strict=True)
        if self._scales is not None and new:
            self._scales.add(_on_slow_scale(new))

    def block(self, begin: datetime, counted: Iterable[BinCount], known: Flags, total: Floats | None = None) -> Block:
        """The bins from `begin` on as arrays. Series that are new are put under watch; absent counts are zero."""
        counted = list(counted)
        keys = [Key(each.topic, each.language) for each in counted]
        self.add(keys)
        counts, backfilled = np.zeros((2, len(self.keys), len(known)))
        places = [self._rows[key] for key in keys], [(each.start - begin) // self.policy.width for each in counted]
        counts[places], backfilled[places] = [each.posts for each in counted], [each.backfilled for each in counted]
        counts[:, ~known] = np.nan
        return Block(begin, counts, backfilled, None if total is None else np.where(known, total, np.nan))

    def step(self, block: Block) -> list[SeriesEvent]:
        """Take every series through a block, which begins at `next`, or at `settled_until` to judge late posts.

        Bins that are left out before it count as unknown. Events come in order of bins, then of series.

        Raises:
            OutOfOrder: it begins before both.
        """
        scales, again = self._begun(block)
        start, bins = self.policy.number_of(block.start), block.counts.shape[1]
        settled = max(start, start + bins - self.policy.late // self.policy.width)
        events = self._follow(scales, scales.skip_to(start), start)
        scales.return_to(start)
        if again:
            events = self._judge_again(scales, block, again, settled)
        events += self._follow(scales, _scored(scales, block, slice(again, None)), settled)
        self._tracked = {row: each for row, each in self._tracked.items() if not each.is_idle}
        self.settled_until = self.policy.start_of(settled)
        return events

    def peek(self, block: Block) -> list[SeriesEvent]:
        """What the bin behind the last one opens or raises, were it to close with what has come of it so far.

        Nothing is changed. More posts only raise a score: what opens now has opened when the bin closes.
        """
        scales, again = self._begun(block)
        reached, tracked = scales.fast.next, self._tracked
        self._tracked = {row: msgspec.structs.replace(each, live=copy(each.live)) for row, each in tracked.items()}
        try:
            events = self._follow(scales, _scored(scales, block, slice(again, None), trial=True), NEVER)
        finally:
            self._tracked = tracked
            scales.return_to(reached)
        return [each for each in events if each.kind is not EpisodeKind.ENDED]

    def ended(self, spike: Spike) -> Spike:
        """A spike without an end, with the one it has had; itself while its series goes on with it.

        One that its series does not know is over with its highest bin, the last one of it that we can be sure of.
        """
        tracked = self._tracked_of(Key(spike.topic, spike.language))
        episode = None if tracked is None else tracked.live.episode
        known = () if episode is None else (episode, *episode.rises[1:])
        end = next((each.end for each in known if each.start == spike.start), spike.peak + self.policy.width)
        return msgspec.structs.replace(spike, end=end)

    def name_after(self, key: Key, start: datetime, detected_at: datetime) -> None:
        """Let the spike that goes on be the one that was told with this start, before its bin had closed."""
        tracked = self._tracked_of(key)
        if tracked is not None and tracked.live.segments:
            first, *others = tracked.live.segments
            tracked.live.segments = (first.renamed(start, detected_at), *others)

    def _tracked_of(self, key: Key) -> Tracked | None:
        return self._tracked.get(self._rows.get(key, -1))

    def _begun(self, block: Block) -> tuple[Scales, int]:
        """The series' counts and scores, and how many bins of a block were judged before."""
        start = self.policy.number_of(block.start)
        if self._scales is None:
            slow = _on_slow_scale(self._rows)
            self._scales = Scales(self.policy, start, slow, silent_before=self._silent_before)
        again = max(0, self._scales.fast.next - start)
        if again and block.start != self.settled_until:
            raise OutOfOrder(f"The bins from {block.start} on were judged before.")
        return self._scales, again

    def _follow(self, scales: Scales, stretches: Iterable[Judged], settled: int) -> list[SeriesEvent]:
        """Follow the series that are raised somewhere or have a spike, in order of bins, then of rows."""
        keys, events = tuple(self._rows), list[SeriesEvent]()
        for bins in stretches:
            raised = np.flatnonzero((bins.score >= self.policy.leave).any(axis=1)).tolist()
            for row in sorted({*raised, *self._tracked}):
                tracked = self._tracked.setdefault(row, Tracked(keys[row], row))
                events += tracked.follow(scales, bins, settled)
        return sorted(events, key=lambda event: event.at)

    def _judge_again(self, scales: Scales, block: Block, again: int, settled: int) -> list[SeriesEvent]:
        """Judge the last bins with the posts that have come late; what that changed of spikes."""
        told = {row: each.live for row, each in self._tracked.items()}
        for each in self._tracked.values():
            each.live = copy(each.settled)
        anew = self._follow(scales, _scored(scales, block, slice(again)), settled)
        kinds = {event.key: event.kind for event in anew}
        now, events = self.policy.start_of(scales.fast.next), []
        for row, each in self._tracked.items():
            before = told.get(row, EpisodeState())
            each.live = reconcile(before, each.live, now, self.policy.late)
            kind = changed(before, each.live, kinds.get(each.key, EpisodeKind.GREW))
            if kind is not None and (episode := each.live.episode) is not None:
                events.append(SeriesEvent(each.key, kind, now, episode))
        return events


def _on_slow_scale(keys: Iterable[Key]) -> Flags:
    """Which series the slow scale judges: topics over all languages."""
    return np.array([key.language == EVERYTHING for key in keys], dtype=bool)


def _scored(scales: Scales, block: Block, some: slice, *, trial: bool = False) -> Iterator[Judged]:
    """Judge some bins of a block."""
    backfilled, total = (None if each is None else each[..., some] for each in (block.backfilled, block.total))
    return scales.step(block.counts[:, some], backfilled, total, trial=trial)
