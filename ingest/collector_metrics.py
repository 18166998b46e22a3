"""The metrics of a collector."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import get_args

from ingest.contract import CollectorState
from ingest.metrics import Metrics, timestamp
from ingest.progress import CollectorStats

SECOND = timedelta(seconds=1)


class CollectorMetrics(Metrics):
    """What one collector says of itself, read from its statistics. Times are of the wall clock unless they say more."""

    def __init__(self, source: str, stats: Callable[[], CollectorStats]) -> None:
        super().__init__(source=source)
        self._count(stats)
        self._say_how_it_is(stats)
        self._say_when(stats)

    def _count(self, stats: Callable[[], CollectorStats]) -> None:
        add = self.reads
        add("counter", "banwatch_source_posts_total", "Posts sent to Kafka.", lambda: stats().posts)
        add("counter", "banwatch_source_rejected_total", "Records that could not be mapped.", lambda: stats().rejected)
        add("counter", "banwatch_source_events_total", "Signs of life of the network.", lambda: stats().events)
        add(
            "counter",
            "banwatch_source_retries_total",
            "Failures of the network after which it was tried again.",
            lambda: stats().reconnects,
        )

    def _say_how_it_is(self, stats: Callable[[], CollectorStats]) -> None:
        add, states = self.reads, get_args(CollectorState)
        add(
            "gauge",
            "banwatch_source_state",
            "1 for the state that the collector is in, 0 for the others.",
            lambda: {each: float(each == stats().state) for each in states},
            state=states,
        )
        add(
            "gauge",
            "banwatch_source_idle",
            "1 if the network is asked at intervals, or read from its past, and nobody waits for more.",
            lambda: stats().idle,
        )
        add(
            "gauge",
            "banwatch_source_silent_after_seconds",
            "Time without an event after which the collector is silent.",
            lambda: stats().silent_after / SECOND,
        )
        add(
            "gauge",
            "banwatch_source_failing_parts",
            "Parts of the source (channels, instances, feeds) that fail.",
            lambda: len(stats().faults),
        )
        add(
            "gauge",
            "banwatch_source_pending_messages",
            "Messages sent that are not safe yet: not acknowledged by Kafka, or not counted with the embedded broker.",
            lambda: stats().pending,
        )

    def _say_when(self, stats: Callable[[], CollectorStats]) -> None:
        add = self.reads
        add(
            "gauge",
            "banwatch_source_last_event_timestamp_seconds",
            "When the network last gave a sign of life.",
            lambda: timestamp(stats().last_event),
        )
        add(
            "gauge",
            "banwatch_source_last_post_timestamp_seconds",
            "When the last post came.",
            lambda: timestamp(stats().last_post),
        )
        add(
            "gauge",
            "banwatch_source_covered_until_timestamp_seconds",
            "Event time up to which everything has been delivered.",
            lambda: timestamp(stats().covered_until),
        )
