"""What becomes of a source under which the log fails."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.processes.source import run_source
from deploy.settings import load
from ingest.contract import KafkaAddress
from ingest.kafka import BrokerUnavailable, ensure_topics
from ingest.settings import IngestSettings
from ingest.source import Cursor, Item

pytestmark = pytest.mark.long


class Away:
    """A source under which the log fails at its first reading, whichever object reads."""

    name = "away"

    def __init__(self, readings: list[Away]) -> None:
        self._readings = readings

    def read(self, cursor: Cursor) -> Iterator[Item]:
        self._readings.append(self)
        if len(self._readings) == 1:
            raise BrokerUnavailable("Kafka is away.")
        yield from ()


@contextmanager
def signals_kept() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_source_is_made_anew_where_the_log_fails_so_that_it_knows_no_more_than_its_cursor(
    address: KafkaAddress, tmp_path: Path
) -> None:
    readings: list[Away] = []
    own = IngestSettings(data_dir=tmp_path, kafka_bootstrap=address.bootstrap)
    with signals_kept():
        tally = run_source(replace(load({}), ingest=own), "away", lambda: Away(readings), None, lambda _: None)
    assert tally.state == "ended"
    first, second = readings
    assert first is not second


def test_a_source_that_starts_while_the_log_is_away_waits_for_it(
    address: KafkaAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[KafkaAddress] = []

    def away_at_first(address: KafkaAddress, *given: Any) -> None:
        asked.append(address)
        if len(asked) == 1:
            raise BrokerUnavailable("Kafka is away.")
        ensure_topics(address, *given)

    monkeypatch.setattr("deploy.processes.source.ensure_topics", away_at_first)
    settings = replace(load({}), ingest=IngestSettings(data_dir=tmp_path, kafka_bootstrap=address.bootstrap))
    with signals_kept():
        with pytest.raises(BrokerUnavailable):
            run_source(settings, "away", lambda: Away([]), None, lambda _: None, once=True)
        asked.clear()
        tally = run_source(settings, "away", lambda: Away([Away([])]), None, lambda _: None)
    assert tally.state == "ended"
    assert len(asked) == 2
