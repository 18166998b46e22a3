"""The metrics of the watch."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ingest.metrics import Metrics, timestamp
from processing.contract import Incident, IncidentState, Severity


class WatchMetrics(Metrics):
    """What the watch counts, once a look."""

    def __init__(self) -> None:
        super().__init__()
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

    def looked(self, seconds: float, scored_until: datetime | None, incidents: Collection[Incident]) -> None:
        """Count a look, and note what it has left: how far the bins are scored, and the incidents that are known."""
        self.looks.observe(seconds)
        self.scored_until = scored_until
        self.open = sum(each.state is IncidentState.OPEN for each in incidents)
