"""All series under watch, stepped together through blocks of bins."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import numpy as np

from processing.contract import BinCount, Spike
from processing.detection.episode import Episode
from processing.detection.policy import DetectorPolicy
from processing.detection.scales import OWN
from processing.detection.series_group import Key, Part, SeriesEvent, SeriesGroup, Tracked
from processing.detection.timeline import Flags, Floats

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

    `total` is [bin]: posts of all sources on any subject; None where it is not known, and then a series counts as
    begun with its first post.
    """

    start: datetime
    counts: Floats
    backfilled: Floats | None = None
    total: Floats | None = None


@dataclass
class SeriesSet:
    """All series under watch."""

    policy: DetectorPolicy
    silent_before: bool = False
    settled_until: datetime | None = None
    """A block may begin there again, so that late posts are judged."""
    _rows: dict[Key, int] = field(default_factory=dict)
    _group: SeriesGroup | None = None
    """They as arrays, from the first block on."""

    @classmethod
    def begin(cls, policy: DetectorPolicy, keys: Iterable[Key] = (), *, silent_before: bool = False) -> SeriesSet:
        """Series without a past. `silent_before`: all are known to have been empty for the two days before."""
        series = cls(policy, silent_before)
        series.add(keys)
        return series

    @property
    def keys(self) -> Collection[Key]:
        """The series, in the order of the rows of a block."""
        return self._rows.keys()

    @property
    def next(self) -> datetime | None:
        """The start of the first bin that is not judged yet; None before the first block."""
        return None if self._group is None else self._group.start_of(self._group.scales.fast.next)

    def add(self, keys: Iterable[Key]) -> None:
        """Put series under watch, each with the past of one that was zero wherever that was known."""
        new = [key for key in dict.fromkeys(keys) if key not in self._rows]
        self._rows |= zip(new, range(len(self._rows), len(self._rows) + len(new)), strict=True)
        if self._group is not None and new:
            self._group.add(new)

    def block(
        self, begin: datetime, end: datetime, counted: Iterable[BinCount], known: Flags, total: Floats | None = None
    ) -> Block:
        """Bins from `begin` to `end` as arrays. Series that are new are put under watch; absent bins are zero."""
        counted = list(counted)
        self.add(Key(*each) for each in dict.fromkeys((each.topic, each.language) for each in counted))
        if (end - begin) // self.policy.width != len(known):
            raise ValueError(f"From {begin} to {end} are not {len(known)} bins.")
        counts, backfilled = np.zeros((len(self.keys), len(known))), np.zeros((len(self.keys), len(known)))
        rows = [self._rows[Key(each.topic, each.language)] for each in counted]
        places = rows, [(each.start - begin) // self.policy.width for each in counted]
        counts[places], backfilled[places] = [each.posts for each in counted], [each.backfilled for each in counted]
        counts[:, ~known] = np.nan
        return Block(begin, counts, backfilled, None if total is None else np.where(known, total, np.nan))

    def step(self, block: Block) -> list[SeriesEvent]:
        """Take every series through a block, which begins at `next`, or at `settled_until` to judge late posts.

        Bins that are left out before it count as unknown. Events come in order of bins, then of series.

        Raises:
            OutOfOrder: it begins before both.
        """
        group = self._begun(block)
        part = self._part(group, block)
        events = group.step(group.number_of(block.start), part)
        self.settled_until = group.start_of(part.settled)
        return sorted(events, key=lambda event: event.at)

    def peek(self, block: Block) -> list[SeriesEvent]:
        """What the bin behind the last one opens or raises, were it to close with what has come of it so far.

        Nothing is changed. More posts only raise a score: what opens now has opened when the bin closes.
        """
        group = self._begun(block)
        return group.peek(self._part(group, block))

    def episode(self, key: Key) -> Episode | None:
        """The spike of a series that lasts, or ended in the last twelve hours."""
        tracked = self._tracked(key)
        return None if tracked is None else tracked.live.episode

    def ended(self, spike: Spike) -> Spike:
        """A spike without an end, with the one it has had; itself while its series goes on with it.

        One that its series does not know is over with its highest bin, the last one of it that we can be sure of.
        """
        episode = self.episode(Key(spike.topic, spike.language))
        known = () if episode is None else (episode, *episode.comebacks)
        end = next((each.end for each in known if each.start == spike.start), spike.peak + self.policy.width)
        return msgspec.structs.replace(spike, end=end)

    def name_after(self, key: Key, start: datetime, detected_at: datetime) -> None:
        """Let the spike that goes on be the one that was told with this start, before its bin had closed."""
        tracked = self._tracked(key)
        if tracked is not None and tracked.live.segments:
            tracked.live.segments[0].rename(start, detected_at)

    def _tracked(self, key: Key) -> Tracked | None:
        row = self._rows.get(key)
        return None if row is None or self._group is None else self._group.tracked.get(OWN + row)

    def _begun(self, block: Block) -> SeriesGroup:
        if self._group is None:
            self._group = SeriesGroup.begin_at(self.policy, block.start, silent_before=self.silent_before)
            self._group.add(self.keys)
        return self._group

    def _part(self, group: SeriesGroup, block: Block) -> Part:
        """The block with the rows that are nobody's series before it."""
        start, bins = group.number_of(block.start), block.counts.shape[1]
        again = max(0, group.scales.fast.next - start)
        if again and block.start != self.settled_until:
            raise OutOfOrder(f"The bins from {block.start} on were judged before.")
        total = np.full(bins, np.nan) if block.total is None else block.total
        counts = np.vstack([np.where(np.isnan(total), np.nan, 0.0), total, block.counts])
        backfilled = None if block.backfilled is None else np.pad(block.backfilled, ((OWN, 0), (0, 0)))
        settled = max(start, start + bins - self.policy.late // self.policy.width)
        return Part(counts, backfilled, block.total is not None, again, settled)
