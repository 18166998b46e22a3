"""The metrics of the search for claims."""

from __future__ import annotations

from ingest.liveness import Liveness
from ingest.metrics import Metrics


class ClaimMetrics(Metrics):
    """What the search for claims does. `liveness` is that of its loop."""

    def __init__(self, liveness: Liveness | None = None) -> None:
        super().__init__()
        self.liveness = liveness or Liveness()
        self.searches = self.histogram("banwatch_claims_search_seconds", "Time of a search for an incident's claims.")
        self.waiting: int | None = None
        self.reads(
            "gauge",
            "banwatch_claims_waiting_texts",
            "Texts of the incident that was last searched that are still to be compared with those of other languages.",
            lambda: self.waiting,
        )

    def searched(self, seconds: float, waiting: int) -> None:
        """Count a search, and note what it has left."""
        self.searches.observe(seconds)
        self.waiting = waiting
