"""The metrics of the alerts."""

from __future__ import annotations

from datetime import timedelta

from ingest.metrics import Metrics
from processing.alerts.notification import Outcome, Step
from processing.alerts.notifiers import KINDS, NO_KIND


class AlertMetrics(Metrics):
    """What is decided and told. No label names a channel, because its name may be secret; its kind says enough."""

    def __init__(self) -> None:
        super().__init__()
        kinds = (*KINDS, NO_KIND)
        self.notifications = self.counter(
            "banwatch_alerts_notifications_total", "Notifications decided.", step=tuple(Step)
        )
        self.deliveries = self.counter(
            "banwatch_alerts_deliveries_total",
            "Attempts to tell a channel, by its kind and by what came of it.",
            kind=kinds,
            outcome=tuple(each for each in Outcome if each not in {Outcome.TRYING, Outcome.OVER_UNTOLD}),
        )
        self.seconds = self.histogram("banwatch_alerts_delivery_seconds", "Time of an attempt.", kind=kinds)
        self.waiting: int | None = None
        self.failing: int | None = None
        self.silent: int | None = None
        self.reads(
            "gauge",
            "banwatch_alerts_waiting_notifications",
            "Notifications that wait to be sent.",
            lambda: self.waiting,
        )
        self.reads(
            "gauge",
            "banwatch_alerts_failing_channels",
            "Channels whose last two attempts or more have failed.",
            lambda: self.failing,
        )
        self.reads(
            "gauge",
            "banwatch_alerts_silent_sources",
            "Collectors that may still deliver and are silent.",
            lambda: self.silent,
        )

    def tried(self, kind: str, outcome: Outcome, latency: timedelta) -> None:
        """Count an attempt at a channel of some kind."""
        self.deliveries.labels(kind, outcome).inc()
        self.seconds.labels(kind).observe(latency.total_seconds())
