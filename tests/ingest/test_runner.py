"""The end of a run, with a producer whose Kafka is slow."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import cast

from ingest.contract import Progress
from ingest.cursors import CursorFile
from ingest.kafka import BrokerUnavailable, PostProducer
from ingest.runner import SourceRunner
from ingest.source import Cursor, Source, Steps


class Slow:
    """A producer whose first flushes end too early."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.said: list[Progress] = []

    def flush(self, _: timedelta) -> None:
        self.failures -= 1
        if self.failures >= 0:
            raise BrokerUnavailable("Kafka does not answer.")

    def report(self, progress: Progress, *, settled: bool) -> None:
        assert settled
        self.said.append(progress)


class Nothing:
    """A source that has nothing."""

    name = "nothing"

    def read(self, _: Cursor) -> Steps:
        return iter(())


def test_a_source_that_is_told_to_end_reports_although_kafka_is_slow(tmp_path: Path) -> None:
    stop, producer = threading.Event(), Slow(failures=3)
    stop.set()
    SourceRunner(
        cast("Source", Nothing()),
        cast("PostProducer", producer),
        CursorFile(tmp_path / "cursor.json"),
        committed=None,
        stop=stop,
        tell=lambda _: None,
    )()
    assert [each.state for each in producer.said] == ["ended"]
