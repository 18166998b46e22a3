"""A watch over posts of the past as if it ran at that time: it sees each minute only what had been posted by then.

It is the watch itself; only its records and its clock are others. It writes nothing to the store. Three things make it
fast, and change nothing of what it finds: incidents have no driving terms unless somebody reads the messages, the store
is asked the same thing once, and a time in which no series begins anything is scored at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import msgspec

from processing import queries
from processing.contract import EVERYTHING, BinCount, Incident, Spike
from processing.coverage import Coverage, known_bins
from processing.detection.bins import bins, start_of_bin
from processing.detection.episode import EpisodeKind
from processing.detection.policy import DetectorPolicy
from processing.detection.series import Name
from processing.incidents.describe import described
from processing.ports import Alerts
from processing.queries import Reader
from processing.scoring import MINUTE, Scoring
from processing.store.client import Parameters, Row
from processing.stored import StoredCounts, StoreJudge
from processing.watch import STRIDE, Watch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class RememberedAnswers:
    """A `Reader` that asks another one the same thing once: the past that is read does not change meanwhile."""

    reader: Reader
    most: int = 40
    """Answers that are kept, those asked for last."""
    _answers: OrderedDict[tuple[str, bytes], list[Row]] = field(default_factory=OrderedDict)

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        """Return all rows of a query."""
        asked = sql, msgspec.json.encode(parameters)
        if asked not in self._answers:
            self._answers[asked] = self.reader.query(sql, parameters, patience=patience)
            if len(self._answers) > self.most:
                self._answers.popitem(last=False)
        self._answers.move_to_end(asked)
        return self._answers[asked]


@dataclass
class RehearsedRecords:
    """`processing.ports.Records`: the stored counts and coverage as they were at `now`, and nothing that is written.

    Counts are read a day at a time, and those of minutes an hour, because a rehearsal asks for those of every bin.
    """

    reader: Reader
    now: datetime
    whole: Sequence[Coverage]
    """What is covered today. Each collector was heard of as long as it covered anything."""
    topics: Collection[str]
    width: timedelta
    _bins: dict[datetime, Mapping[datetime, Sequence[BinCount]]] = field(default_factory=dict)
    _minutes: tuple[datetime, Mapping[datetime, Sequence[BinCount]]] | None = None
    """Since when, and the counts of minutes from then on by their bins."""

    @classmethod
    def at(cls, reader: Reader, begin: datetime, width: timedelta, topics: Collection[str]) -> RehearsedRecords:
        """The records as they were at `begin`, of some topics."""
        whole = [replace(each, heard_at=each.until) for each in queries.coverage(reader)]
        return cls(reader, start_of_bin(begin, width), whole, {*topics, EVERYTHING}, width)

    def coverage(self) -> Sequence[Coverage]:
        """What the collectors had covered by then."""
        return _covered_by(self.now, self.whole)

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
        ahead = max(HOUR, width)
        for start in sorted(bins):
            if self._minutes is None or not self._minutes[0] <= start <= self._minutes[0] + ahead - width:
                counts = queries.minute_counts(self.reader, [start], ahead, self.topics)
                self._minutes = start, _by_bin(counts, width)
            counts_of_bin = self._minutes[1].get(start, ())
            found += (each for each in counts_of_bin if each.topic in topics and each.start < self.now)
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
                counts = queries.binned_counts(self.reader, day, day + DAY, self.width, topics=self.topics)
                self._bins[day] = _by_bin(counts, self.width)
            for at, of_bin in self._bins[day].items():
                if start <= at < end:
                    yield from of_bin
            day += DAY


def rehearse(records: RehearsedRecords, watch: Watch, end: datetime) -> Iterator[datetime]:
    """Let a watch look each minute until `end`, and yield the time before each look.

    Its alerts are told as they would have been. Where the whole of a bin begins nothing, no minute of it does.
    """
    width = records.width
    calm = CalmTime.before(records, watch, end)
    watch.resume()
    while (begin := records.now) + width <= end:
        # What is known already may change in any bin.
        if not watch.state.spikes and watch.state.scored_until == begin and (until := calm.until(begin)) > begin:
            for now in bins(begin + MINUTE, until + MINUTE, MINUTE):
                records.now = now
                yield now
                if now < until:
                    watch.alerts.tell([], start_of_bin(now, width), records.coverage())
            watch.look()
            continue
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


@dataclass(frozen=True)
class CalmTime:
    """The time up to `end` in which no series has a spike and all collectors go on.

    `stirs` are the starts of all other bins in order of time: those in which a series has a spike, of which nothing is
    known, or in which a collector stops.
    """

    stirs: Sequence[datetime]
    end: datetime

    @classmethod
    def before(cls, records: RehearsedRecords, watch: Watch, end: datetime) -> CalmTime:
        """Score the time from where the records stand to `end` at once: it gives what bin after bin gives."""
        start, width, policy = records.now, records.width, watch.policy
        end = start_of_bin(end, width)
        coverage = _covered_by(end, records.whole)
        scoring = Scoring.begin(StoredCounts(records.reader), watch.roots, policy)
        begun: dict[Name, datetime] = {}
        until: dict[Name, datetime] = {}
        # Between two events of a spike it grows on, and each bin changes it.
        for event in scoring.through(coverage, start - policy.history, end):
            name = event.key, event.episode.start
            opened = event.at - width if event.kind is EpisodeKind.OPENED else start_of_bin(event.episode.start, width)
            begun.setdefault(name, opened)
            until[name] = event.at
        stirs = {each for name in until for each in bins(max(begun[name], start), until[name], width)}
        known = known_bins(coverage, start, end, width)
        stirs |= {start + number * width for number, is_known in enumerate(known) if not is_known}
        stirs |= {start_of_bin(each.until, width) for each in coverage}
        return cls(sorted(stirs), end)

    def until(self, begin: datetime) -> datetime:
        """Return up to when all is calm from the start of a bin on, within what one look of a watch covers."""
        place = bisect_left(self.stirs, begin)
        return min(begin + STRIDE, self.end, *self.stirs[place : place + 1])


def _covered_by(now: datetime, coverage: Sequence[Coverage]) -> list[Coverage]:
    """Return what was covered by then. What had ended is the same object for each time: a rehearsal has many."""
    return [
        each if each.until <= now else replace(each, until=now, complete=False, heard_at=now)
        for each in coverage
        if each.since < now
    ]


def watch_of(
    records: RehearsedRecords, policy: DetectorPolicy, roots: Mapping[str, str], alerts: Alerts, *, terms: bool
) -> Watch:
    """Return the watch that looks at these records. Without `terms` its incidents have none."""
    return Watch(
        records,
        partial(StoreJudge.at, records.reader, policy.width),
        partial(described, records.reader, terms=terms),
        alerts,
        lambda: roots,
        policy,
        lambda: records.now,
    )


def _by_bin(counts: Sequence[BinCount], width: timedelta) -> Mapping[datetime, Sequence[BinCount]]:
    bins: dict[datetime, list[BinCount]] = defaultdict(list)
    for each in counts:
        bins[start_of_bin(each.start, width)].append(each)
    return bins


def _summed(start: datetime, minutes: Sequence[BinCount]) -> list[BinCount]:
    posts: dict[tuple[str, str], tuple[int, int]] = {}
    for each in minutes:
        so_far = posts.get((each.topic, each.language), (0, 0))
        posts[each.topic, each.language] = so_far[0] + each.posts, so_far[1] + each.backfilled
    return [BinCount(start, topic, language, *number) for (topic, language), number in posts.items()]
