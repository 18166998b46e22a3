"""The store as a watch and a backtest use it: counts, records and verdicts, each behind the port that asks for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from processing import queries
from processing.contract import Incident, Spike
from processing.ports import Rises
from processing.queries import BinCount, Coverage, Reader
from processing.store import records
from processing.store.client import Store
from processing.verdicts.collectors import Circumstances
from processing.verdicts.judge import can_be_told_at, judge
from processing.verdicts.verdict import VerdictPolicy


@dataclass(frozen=True)
class StoredCounts:
    """`processing.ports.Counts` out of the store."""

    reader: Reader

    def binned(self, start: datetime, end: datetime, width: timedelta, topics: Collection[str]) -> Sequence[BinCount]:
        """Posts per bin of the series of some topics."""
        return queries.binned_counts(self.reader, start, end, width, topics=topics)

    def minutes(self, bins: Collection[datetime], width: timedelta, topics: Collection[str]) -> Sequence[BinCount]:
        """Posts per minute within some bins."""
        return queries.minute_counts(self.reader, bins, width, topics)

    def first(self, start: datetime, end: datetime) -> datetime | None:
        """The first minute in which any post was counted."""
        return queries.first_counted(self.reader, start, end)


@dataclass(frozen=True)
class StoredRecords(StoredCounts):
    """`processing.ports.Records` in the store."""

    reader: Store

    def coverage(self) -> Sequence[Coverage]:
        """What the collectors have covered."""
        return queries.coverage(self.reader)

    def scored_until(self) -> datetime | None:
        """How far a watch has come."""
        return queries.scored_until(self.reader)

    def spikes(self, start: datetime, end: datetime) -> Sequence[Spike]:
        """Spikes that touch a range."""
        return queries.spikes(self.reader, start, end)

    def incidents(self) -> Sequence[Incident]:
        """The newest incidents."""
        return queries.incidents(self.reader)

    def retags(self) -> int:
        """How many stretches of time were tagged again."""
        return queries.retags(self.reader)

    def write_spikes(self, spikes: Sequence[Spike]) -> None:
        """Write a new version of each."""
        records.write_spikes(self.reader, spikes)

    def write_incidents(self, incidents: Sequence[Incident]) -> None:
        """Write a new version of each."""
        records.write_incidents(self.reader, incidents)

    def write_scored_until(self, until: datetime) -> None:
        """Note how far the watch has come."""
        records.write_scored_until(self.reader, until)


@dataclass(frozen=True)
class StoreJudge:
    """`processing.ports.Judge`, as of one moment."""

    reader: Reader
    width: timedelta
    given: Circumstances
    policy: VerdictPolicy = field(default_factory=VerdictPolicy)

    @classmethod
    def at(
        cls,
        reader: Reader,
        width: timedelta,
        now: datetime,
        coverage: Sequence[Coverage],
        roots: Mapping[str, str],
    ) -> StoreJudge:
        """The judge as of `now`, event time."""
        return cls(reader, width, Circumstances(now, coverage, roots))

    def can_be_told_at(self, found: Sequence[tuple[Spike, datetime]]) -> Sequence[datetime]:
        """When each spike, found at a moment, can be told."""
        return can_be_told_at(self.reader, found, self.width, self.given)

    def judge(self, spikes: Sequence[Spike], rises: Rises, known: Collection[Spike]) -> Sequence[Spike]:
        """The spikes with their verdicts."""
        return judge(self.reader, self.policy, spikes, rises, self.given, known=known)
