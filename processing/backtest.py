"""What the watch would have told of stored counts, had it judged by other thresholds.

It steps the series as the watch does. Of series that are older than the detector's history before the range it knows
less than a watch that ran all the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ingest.event_time import EARLIEST, LATEST
from processing import queries
from processing.contract import Incident, IncidentState, Spike, VerdictName
from processing.detection.bins import start_of_bin
from processing.detection.policy import DetectorPolicy
from processing.detection.series import SeriesEvent
from processing.findings import Findings
from processing.incidents.describe import described
from processing.incidents.group import IncidentPolicy, group
from processing.queries import Reader
from processing.scoring import Scoring
from processing.store.client import Store
from processing.store.records import write_incidents, write_spikes
from processing.stored import StoredCounts, StoreJudge

MOST_INCIDENTS = 100_000


@dataclass(frozen=True, slots=True)
class Backtest:
    """The incidents of a range, oldest first, out of so many series, and the spikes that they are made of.

    `windows` has, by incident, the names of the detector's windows in which it rose; `roots` are those that were given.
    """

    start: datetime
    end: datetime
    series: int
    incidents: tuple[Incident, ...]
    spikes: tuple[Spike, ...]
    windows: Mapping[str, tuple[str, ...]]
    roots: Mapping[str, str]

    @property
    def alerts_a_week(self) -> float:
        """Alerts of the first kind: an incident is told once, and only an organic one."""
        told = sum(incident.verdict is VerdictName.ORGANIC for incident in self.incidents)
        return told / ((self.end - self.start) / timedelta(weeks=1))


def backtest(
    reader: Reader, policy: DetectorPolicy, roots: Mapping[str, str], start: datetime, end: datetime
) -> Backtest:
    """Judge the series of the topics in `roots`, which maps each to its root.

    Times are rounded down to bins. Incidents count that were found in the range.
    """
    start, end = start_of_bin(max(start, EARLIEST), policy.width), start_of_bin(min(end, LATEST), policy.width)
    coverage = queries.coverage(reader)
    scoring = Scoring.begin(StoredCounts(reader), lambda: roots, policy)
    events = [
        event
        for event in scoring.through(coverage, max(start - policy.history, EARLIEST), end)
        if event.episode.detected_at > start
    ]
    found = Findings.of(events, {})
    judge = StoreJudge.at(reader, policy.width, end, coverage, roots)
    spikes = tuple(found.judged(judge, scoring.first_minutes(events), ()))
    incidents = group(IncidentPolicy.of(policy), spikes, (), roots, end)
    return Backtest(
        start,
        end,
        len(scoring.series.keys),
        tuple(described(reader, incident, end) for incident in incidents),
        spikes,
        {each.id: _windows(each, events, roots) for each in incidents},
        roots,
    )


def record(store: Store, found: Backtest) -> tuple[Incident, ...]:
    """Write the incidents that the store does not have, and their spikes. Those that were written.

    Each is closed, with the range at the latest, so that no watch tells of it: it is over.
    """
    known = queries.incidents(store, limit=MOST_INCIDENTS)
    new = [each for each in found.incidents if not any(_meet(each, other, found.end) for other in known)]
    spikes = [each for each in found.spikes if any(_is_of(each, incident, found) for incident in new)]
    ended = [msgspec.structs.replace(each, end=each.end or found.end) for each in spikes]
    closed = tuple(
        msgspec.structs.replace(
            each, state=IncidentState.CLOSED, end=each.end or found.end, lead_end=each.lead_end or found.end
        )
        for each in new
    )
    write_spikes(store, ended)
    write_incidents(store, closed)
    return closed


def _meet(one: Incident, other: Incident, now: datetime) -> bool:
    return one.topic == other.topic and one.start <= (other.end or now) and other.start <= (one.end or now)


def _is_of(spike: Spike, incident: Incident, found: Backtest) -> bool:
    at_its_time = spike.start <= (incident.end or found.end) and incident.start <= (spike.end or found.end)
    return at_its_time and found.roots.get(spike.topic) == incident.topic


def _windows(incident: Incident, events: list[SeriesEvent], roots: Mapping[str, str]) -> tuple[str, ...]:
    """Those of the events of its topics while it lasts, the one that spoke first first."""
    end = incident.end or incident.detected_at
    return tuple(
        dict.fromkeys(
            event.episode.rarest.window
            for event in events
            if roots.get(event.key.topic) == incident.topic
            and incident.start < event.at <= max(end, incident.detected_at)
        )
    )
