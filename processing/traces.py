"""What a worker tells of each batch, for traces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.kafka import Batch


class Traces:
    """Hears of the steps of each batch. This one makes nothing of it; `deploy.traces` makes spans."""

    def polled(self, batch: Batch, seconds: float) -> None:
        """A batch has come, after a poll that took some seconds."""

    @contextmanager
    def step(self, batch: Batch, stage: str) -> Iterator[None]:  # noqa: ARG002 - nothing is made of it
        """Hear of a step of a batch, while the context lasts. Any thread may take it."""
        yield

    def ended(self, batch: Batch) -> None:
        """A batch is committed, or another worker reads it again."""

    def close(self) -> None:
        """No batch is under way any more. Those that have not ended have failed, and are read again."""
