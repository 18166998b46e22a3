"""The metrics of the watch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from ingest.liveness import Liveness
from ingest.metrics import Metrics, timestamp
from processing.contract import Incident, IncidentState, Severity, Spike
from processing.ports import Observer


class WatchMetrics(Metrics, Observer):
    """What the watch does, counted once a look. `liveness` is that of its loop."""

    def __init__(self, liveness: Liveness | None = None) -> None:
        super().__init__()
        self.liveness = liveness or Liveness()
        self.looks = self.histogram("banwatch_watch_look_seconds", "Time of a look at the counts.")
        self.spikes = self.counter(
            "banwatch_watch_spikes_total", "Spikes found, by the severity at that time.", severity=tuple(Severity)
        )
        self.incidents = self.counter("banwatch_watch_incidents_total", "Incidents begun.")
        self.watermark: datetime | None = None
        self.scored_until: datetime | None = None
        self.open: int | None = None
        self.reads(
            "gauge",
            "banwatch_watch_watermark_timestamp_seconds",
            "Event time up to which all collectors that are waited for have delivered, and all of it is counted.",
            lambda: timestamp(self.watermark),
        )
        self.reads(
            "gauge",
            "banwatch_watch_scored_until_timestamp_seconds",
            "Event time up to which the bins are scored.",
            lambda: timestamp(self.scored_until),
        )
        self.reads("gauge", "banwatch_watch_open_incidents", "Incidents that are open.", lambda: self.open)

    def closed(self, watermark: datetime) -> None:
        """Note how far event time has come."""
        self.watermark = watermark

    def found(self, spikes: Sequence[Spike]) -> None:
        """Count new spikes."""
        for spike in spikes:
            self.spikes.labels(spike.severity).inc()

    def began(self, incidents: Sequence[Incident]) -> None:
        """Count new incidents."""
        self.incidents.inc(len(incidents))

    def took(self) -> None:
        """Note that the loop is alive: the look of a replay has many parts."""
        self.liveness.turned()

    def looked(self, seconds: float, scored_until: datetime | None, incidents: Collection[Incident]) -> None:
        """Count a look, and note what it has left."""
        self.liveness.turned(ready=True)
        self.looks.observe(seconds)
        self.scored_until = scored_until
        self.open = sum(each.state is IncidentState.OPEN for each in incidents)
