"""What the watch and a backtest ask of the rest of banwatch. `processing.stored` answers from ClickHouse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from processing.contract import BinCount, Incident, Spike
from processing.coverage import Coverage
from processing.detection.series import Name

Rises = Mapping[Name, Sequence[Spike]]
"""Of a spike that ended and came back: each of its rises as a spike of its own, oldest first."""


class Counts(Protocol):
    """Where the counts of posts are read."""

    def binned(self, start: datetime, end: datetime, width: timedelta, topics: Collection[str]) -> Sequence[BinCount]:
        """Posts per bin of the series of some topics, in order of time; `*` as a language is all of them together."""
        ...

    def minutes(self, bins: Collection[datetime], width: timedelta, topics: Collection[str]) -> Sequence[BinCount]:
        """The same per minute, within the bins that begin at these times."""
        ...

    def first(self, start: datetime, end: datetime) -> datetime | None:
        """The first minute of a range in which a post of any subject was counted; None where none was."""
        ...


class Records(Counts, Protocol):
    """What a watch reads and writes. Every write may be repeated."""

    def coverage(self) -> Sequence[Coverage]:
        """Every stretch of event time that a collector has covered."""
        ...

    def scored_until(self) -> datetime | None:
        """How far a watch has come; None before its first bin."""
        ...

    def retags(self) -> int:
        """How many stretches of time were tagged again."""
        ...

    def spikes(self, start: datetime, end: datetime) -> Sequence[Spike]:
        """The spikes that touch a range."""
        ...

    def incidents(self) -> Sequence[Incident]:
        """The newest incidents."""
        ...

    def write_spikes(self, spikes: Sequence[Spike]) -> None:
        """Write each, in place of the one with its name."""
        ...

    def write_incidents(self, incidents: Sequence[Incident]) -> None:
        """Write each, in place of the one with its id."""
        ...

    def write_scored_until(self, until: datetime) -> None:
        """Write how far the watch has come."""
        ...


class Judge(Protocol):
    """Says what spikes are, as of one moment of event time; see `processing.verdicts.judge`."""

    def can_be_told_at(self, found: Sequence[tuple[Spike, datetime]]) -> Sequence[datetime]:
        """When each spike, found at a moment, can be told: once it is known whether all else rose too."""
        ...

    def judge(self, spikes: Sequence[Spike], rises: Rises, known: Collection[Spike]) -> Sequence[Spike]:
        """The spikes with their verdicts, and the comebacks that are spikes of their own.

        `known` are the spikes as they were judged before: one that has not changed keeps its verdict.
        """
        ...


class Judges(Protocol):
    """Makes the judge as of `now`, from what is covered and the root of each topic."""

    def __call__(self, now: datetime, coverage: Sequence[Coverage], roots: Mapping[str, str]) -> Judge: ...


class Describe(Protocol):
    """Adds to an incident its languages, its terms and where it comes from; `known` is the incident as it was."""

    def __call__(self, incident: Incident, now: datetime, known: Incident | None) -> Incident: ...


class Alerts(Protocol):
    """Decides what people are told; see `processing.alerts.alerts`."""

    def tell(self, incidents: Sequence[Incident], event_time: datetime, coverage: Sequence[Coverage]) -> None:
        """Decide what is said of these incidents as they are now, and of all others that are not over.

        `event_time` is how far the watch has come. Time passes also where there are no incidents.
        """
        ...


class Observer:
    """Hears what a watch does. This one makes nothing of it; `processing.watch_metrics` counts it."""

    def closed(self, watermark: datetime) -> None:
        """All bins before this event time are closed."""

    def found(self, spikes: Sequence[Spike]) -> None:
        """These spikes are new."""

    def began(self, incidents: Sequence[Incident]) -> None:
        """These incidents are new."""

    def took(self) -> None:
        """A part of a look is done."""

    def looked(self, seconds: float, scored_until: datetime | None, incidents: Collection[Incident]) -> None:
        """A look is done. It has left the bins scored to an event time, and these incidents."""
