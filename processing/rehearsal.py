"""A watch over posts of the past as if it ran at that time: it sees each minute only what had been posted by then.

It is the watch itself; only its records and its clock are others. It writes nothing to the store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from processing import queries
from processing.contract import EVERYTHING, BinCount, Incident, Spike
from processing.coverage import Coverage
from processing.detection.bins import start_of_bin
from processing.detection.policy import DetectorPolicy
from processing.incidents.describe import described
from processing.ports import Alerts
from processing.queries import Reader
from processing.scoring import MINUTE
from processing.stored import StoreJudge
from processing.watch import Watch

DAY = timedelta(days=1)


@dataclass
class RehearsedRecords:
    """`processing.ports.Records`: the stored counts and coverage as they were at `now`, and nothing that is written.

    Counts are read a day at a time, because a rehearsal asks for those of every five minutes.
    """

    reader: Reader
    now: datetime
    whole: Sequence[Coverage]
    """What is covered today."""
    topics: Collection[str]
    width: timedelta
    _bins: dict[datetime, Mapping[datetime, Sequence[BinCount]]] = field(default_factory=dict)
    _minutes: tuple[datetime, tuple[BinCount, ...]] | None = None

    @classmethod
    def at(cls, reader: Reader, begin: datetime, width: timedelta, topics: Collection[str]) -> RehearsedRecords:
        """The records as they were at `begin`, of some topics."""
        return cls(reader, start_of_bin(begin, width), queries.coverage(reader), {*topics, EVERYTHING}, width)

    def coverage(self) -> Sequence[Coverage]:
        """What the collectors had covered by then: each was heard of as long as it covered anything."""
        return [
            replace(
                each,
                until=min(each.until, self.now),
                complete=each.complete and each.until <= self.now,
                heard_at=min(each.until, self.now),
            )
            for each in self.whole
            if each.since < self.now
        ]

    def binned(self, start: datetime, end: datetime, width: timedelta, topics: Collection[str]) -> Sequence[BinCount]:
        """Posts per bin of the series of some topics, without those that were still to come."""
        if end - start > DAY:
            return queries.binned_counts(self.reader, start, min(end, self.now), width, topics=topics)
        open_bin = start_of_bin(self.now, width)
        counts = [each for each in self._closed(start, min(end, open_bin)) if each.topic in topics]
        if end > open_bin:
            counts += _summed(open_bin, self.minutes([open_bin], width, topics))
        return counts

    def minutes(self, bins: Collection[datetime], width: timedelta, topics: Collection[str]) -> Sequence[BinCount]:
        """The same per minute, within the bins that begin at these times."""
        found: list[BinCount] = []
        for start in sorted(bins):
            if self._minutes is None or self._minutes[0] != start:
                self._minutes = start, queries.minute_counts(self.reader, [start], width, self.topics)
            found += (each for each in self._minutes[1] if each.topic in topics and each.start < self.now)
        return found

    def first(self, start: datetime, end: datetime) -> datetime | None:
        """The first minute of a range in which any post was counted."""
        if end - start <= 2 * DAY and (counted := next(self._closed(start, end), None)) is not None:
            return counted.start
        return queries.first_counted(self.reader, start, min(end, self.now))

    def scored_until(self) -> datetime | None:
        """The rehearsal's begin: what rose before it was told before it."""
        return self.now

    def retags(self) -> int:
        """None: the tags are those of today."""
        return 0

    def spikes(self, start: datetime, end: datetime) -> Sequence[Spike]:  # noqa: ARG002 - as the port has it
        """None: the rehearsal finds its own."""
        return ()

    def incidents(self) -> Sequence[Incident]:
        """None likewise."""
        return ()

    def write_spikes(self, spikes: Sequence[Spike]) -> None:
        """Write nothing."""

    def write_incidents(self, incidents: Sequence[Incident]) -> None:
        """Write nothing."""

    def write_scored_until(self, until: datetime) -> None:
        """Write nothing."""

    def _closed(self, start: datetime, end: datetime) -> Iterator[BinCount]:
        """The counts of whole bins, in order of time."""
        day = start_of_bin(start, DAY)
        while day < end:
            if day not in self._bins:
                self._bins = {kept: self._bins[kept] for kept in self._bins if kept >= day - 2 * DAY}
                self._bins[day] = _by_bin(
                    queries.binned_counts(self.reader, day, day + DAY, self.width, topics=self.topics)
                )
            for at, counts in self._bins[day].items():
                if start <= at < end:
                    yield from counts
            day += DAY


def rehearse(records: RehearsedRecords, watch: Watch, end: datetime) -> Iterator[datetime]:
    """Let a watch look each minute until `end`, and yield the time before each look.

    Its alerts are told as they would have been. Where the whole of a bin begins nothing, no minute of it does.
    """
    width = records.width
    watch.resume()
    while (begin := records.now) + width <= end:
        records.now = begin + width
        rises = bool(watch.state.scoring.peek(records.coverage(), begin))
        for minute in range(1, width // MINUTE):
            records.now = begin + minute * MINUTE
            yield records.now
            if rises:
                watch.look()
            else:  # the same without a look at series that have nothing new
                watch.alerts.tell([], begin, records.coverage())
        records.now = begin + width
        yield records.now
        while watch.look():
            pass


def watch_of(records: RehearsedRecords, policy: DetectorPolicy, roots: Mapping[str, str], alerts: Alerts) -> Watch:
    """Return the watch that looks at these records."""
    return Watch(
        records,
        partial(StoreJudge.at, records.reader, policy.width),
        partial(described, records.reader),
        alerts,
        lambda: roots,
        policy,
        lambda: records.now,
    )


def _by_bin(counts: Sequence[BinCount]) -> Mapping[datetime, Sequence[BinCount]]:
    bins: dict[datetime, list[BinCount]] = defaultdict(list)
    for each in counts:
        bins[each.start].append(each)
    return bins


def _summed(start: datetime, minutes: Sequence[BinCount]) -> list[BinCount]:
    posts: dict[tuple[str, str], tuple[int, int]] = {}
    for each in minutes:
        so_far = posts.get((each.topic, each.language), (0, 0))
        posts[each.topic, each.language] = so_far[0] + each.posts, so_far[1] + each.backfilled
    return [BinCount(start, topic, language, *number) for (topic, language), number in posts.items()]
