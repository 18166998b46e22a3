"""The metrics of a worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal, get_args

from ingest.contract import RejectionKind
from ingest.kafka import Batch
from ingest.metrics import Metrics

Stage = Literal["poll", "tag", "write", "recount", "note", "keep", "commit"]
"""The steps of a batch; see `processing.worker`."""


class WorkerMetrics(Metrics):
    """What a worker counts, once a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.records = self.counter(
            "banwatch_worker_records_total",
            "Records read from the posts topic.",
            kind=("post", "progress", "unreadable"),
        )
        self.tagged = self.counter("banwatch_worker_tagged_posts_total", "Posts tagged with languages and topics.")
        self.written = self.counter("banwatch_worker_written_posts_total", "Posts written to the store.")
        self.deletions = self.counter("banwatch_worker_deletions_total", "Deletions written to the store.")
        self.recounted = self.counter("banwatch_worker_recounted_minutes_total", "Minutes counted again.")
        self.rejected = self.counter(
            "banwatch_worker_rejected_total",
            "Records rejected by the worker or by the store, by the kind of the reason.",
            kind=get_args(RejectionKind),
        )
        self.batches = self.counter(
            "banwatch_worker_batches_total",
            "Batches stored. A lost one is read again by another worker, because the group was divided anew. A delayed "
            "one is committed with the next.",
            outcome=("committed", "lost", "delayed"),
        )
        self.seconds = self.histogram(
            "banwatch_worker_stage_seconds", "Time of each step of a batch.", stage=get_args(Stage)
        )
        self.waits = self.counter(
            "banwatch_worker_store_waits_total", "Failures of the store after which a batch was stored again."
        )
        self.in_hand: int = 0
        self.assigned: int = 0
        self.lag: int | None = None
        self.lag_seconds: float | None = None
        self.reads(
            "gauge",
            "banwatch_worker_posts_in_hand",
            "Posts of the batch that is being stored.",
            lambda: self.in_hand,
        )
        self.reads(
            "gauge",
            "banwatch_worker_assigned_partitions",
            "Partitions that this worker reads.",
            lambda: self.assigned,
        )
        self.reads(
            "gauge",
            "banwatch_worker_lag_messages",
            "Records in this worker's partitions that it has not read yet.",
            lambda: self.lag,
        )
        self.reads(
            "gauge",
            "banwatch_worker_lag_seconds",
            "Time from the sending of the first record of the last batch to its commit; 0 while nothing waits.",
            lambda: self.lag_seconds,
        )

    def polled(self, batch: Batch, assigned: int | None, lag: int, seconds: float) -> None:
        """Count a poll that took some seconds, after which so many records wait.

        `assigned` is the number of partitions, or None while this worker is no member of the group.
        """
        self.assigned = assigned or 0
        self.lag = lag if assigned else None
        if not batch:
            self.lag_seconds = 0 if assigned and not lag else None
            return
        self.seconds.labels("poll").observe(seconds)
        self.records.labels("post").inc(len(batch.posts))
        self.records.labels("progress").inc(len(batch.progress))
        self.records.labels("unreadable").inc(len(batch.rejected))

    def committed(self, batch: Batch, now: datetime) -> None:
        """Count a batch that is counted. `now` is the wall clock."""
        self.batches.labels("committed").inc()
        if batch.sent_at is not None:
            self.lag_seconds = max(0.0, (now - batch.sent_at).total_seconds())

    def left(self) -> None:
        """Show that this worker has left the group: it reads no partition, has no batch and knows of no lag."""
        self.assigned = self.in_hand = 0
        self.lag = self.lag_seconds = None

    @contextmanager
    def step(self, stage: Stage) -> Iterator[None]:
        """Take the time of a step that succeeds."""
        begun = time.monotonic()
        yield
        self.seconds.labels(stage).observe(time.monotonic() - begun)
