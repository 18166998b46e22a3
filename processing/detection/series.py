"""All series under watch, stepped together through blocks of bins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import numpy as np

from processing.contract import EVERYTHING, BinCount, Spike
from processing.detection.bins import EPOCH
from processing.detection.episode import Episode
from processing.detection.policy import DetectorPolicy
from processing.detection.scales import OWN, QUIET, Scales
from processing.detection.series_group import Key, Part, SeriesEvent, SeriesGroup, Tracked
from processing.detection.timeline import Flags, Floats

__all__ = ["Block", "Key", "Name", "OutOfOrder", "SeriesEvent", "SeriesSet", "name_of"]

AT_ONCE = 254
"""Series of a group."""


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
    """All series under watch, in groups; each key is at a row of one."""

    policy: DetectorPolicy
    silent_before: bool = False
    groups: list[SeriesGroup] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    settled_until: datetime | None = None
    """A block may begin there again, so that late posts are judged."""
    _rows: dict[Key, int] = field(default_factory=dict)

    @classmethod
    def begin(cls, policy: DetectorPolicy, keys: Iterable[Key] = (), *, silent_before: bool = False) -> SeriesSet:
        """Series without a past. `silent_before`: all are known to have been empty for the two days before."""
        series = cls(policy, silent_before)
        series.add(keys)
        return series

    @property
    def next(self) -> datetime | None:
        """The start of the first bin that is not judged yet; None before the first block."""
        return self.groups[0].start_of(self.groups[0].scales.fast.next) if self.groups else None

    def add(self, keys: Iterable[Key]) -> None:
        """Put series under watch, each with the past of one that was zero wherever that was known."""
        for key in keys:
            if key not in self._rows:
                self._rows[key] = len(self.keys)
                self.keys.append(key)
        if self.groups:
            self._fill_groups()

    def block(
        self, begin: datetime, end: datetime, counted: Iterable[BinCount], known: Flags, total: Floats | None = None
    ) -> Block:
        """Bins from `begin` to `end` as arrays. Series that are new are put under watch; absent bins are zero."""
        counted = list(counted)
        self.add(Key(*each) for each in dict.fromkeys((each.topic, each.language) for each in counted))
        if (end - begin) // self.policy.width != len(known):
            raise ValueError(f"From {begin} to {end} are not {len(known)} bins.")
        counts, backfilled = np.zeros((len(self.keys), len(known))), np.zeros((len(self.keys), len(known)))
        width, rows = self.policy.width, self._rows
        places = (
            [rows[Key(each.topic, each.language)] for each in counted],
            [(each.start - begin) // width for each in counted],
        )
        counts[places], backfilled[places] = [each.posts for each in counted], [each.backfilled for each in counted]
        counts[:, ~known] = np.nan
        return Block(begin, counts, backfilled, None if total is None else np.where(known, total, np.nan))

    def step(self, block: Block) -> list[SeriesEvent]:
        """Take every series through a block, which begins at `next`, or at `settled_until` to judge late posts.

        Bins that are left out before it count as unknown. Events come in order of bins, then of series.

        Raises:
            OutOfOrder: it begins before both.
        """
        start, parts = self._parts(block)
        events = [event for group, part in parts for event in group.step(start, part)]
        self.settled_until = self.groups[0].start_of(parts[0][1].settled)
        return sorted(events, key=lambda event: event.at)

    def peek(self, block: Block) -> list[SeriesEvent]:
        """What the bin behind the last one opens or escalates, were it to close with what has come of it so far.

        Nothing is changed. More posts only raise a score: what opens now has opened when the bin closes.
        """
        _, parts = self._parts(block)
        return [event for group, part in parts for event in group.peek(part)]

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
        if row is None or not self.groups:
            return None
        return self.groups[row // AT_ONCE].tracked.get(OWN + row % AT_ONCE)

    def _parts(self, block: Block) -> tuple[int, list[tuple[SeriesGroup, Part]]]:
        """The number of the block's first bin, and what of it belongs to each group."""
        if not self.groups:
            phase = (block.start - EPOCH) % self.policy.width
            first = (block.start - EPOCH - phase) // self.policy.width
            scales = Scales.begin_at(self.policy, OWN, first, silent_before=self.silent_before)
            self.groups.append(SeriesGroup(self.policy, phase, scales))
            self._fill_groups()
        start = self.groups[0].number_of(block.start)
        again = max(0, self.groups[0].scales.fast.next - start)
        if again and block.start != self.settled_until:
            raise OutOfOrder(f"The bins from {block.start} on were judged before.")
        settled = max(start, start + block.counts.shape[1] - self.policy.late // self.policy.width)
        parts = []
        for number, group in enumerate(self.groups):
            rows = slice(number * AT_ONCE, (number + 1) * AT_ONCE)
            counts, backfilled = _with_own_rows(block, rows)
            parts.append((group, Part(counts, backfilled, block.total is not None, again, settled)))
        return start, parts

    def _fill_groups(self) -> None:
        """Give every key a row: the past of the quiet series of the first group."""
        first = self.groups[0]
        for begin in range(0, len(self.keys), AT_ONCE):
            keys = self.keys[begin : begin + AT_ONCE]
            if begin // AT_ONCE == len(self.groups):
                self.groups.append(
                    SeriesGroup(self.policy, first.phase, first.scales.take(np.arange(OWN), np.ones(OWN, dtype=bool)))
                )
            group = self.groups[begin // AT_ONCE]
            if len(group.keys) < len(keys):
                new = np.full(len(keys) - len(group.keys), QUIET)
                slow = np.array([True] * OWN + [key.language == EVERYTHING for key in keys])
                group.scales = group.scales.take(np.concatenate([np.arange(OWN + len(group.keys)), new]), slow)
                group.keys = keys


def _with_own_rows(block: Block, rows: slice) -> tuple[Floats, Floats | None]:
    """Posts and backfilled posts of some series, behind the rows that are nobody's."""
    counts = block.counts[rows]
    total = np.full(counts.shape[1], np.nan) if block.total is None else block.total
    quiet = np.where(np.isnan(total), np.nan, 0.0)
    backfilled = None if block.backfilled is None else np.pad(block.backfilled[rows], ((OWN, 0), (0, 0)))
    return np.vstack([quiet, total, counts]), backfilled
