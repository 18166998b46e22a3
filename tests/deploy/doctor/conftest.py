"""A banwatch that is well, in which tests plant one fault each."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.doctor.finding import Status
from processing.contract import ClickHouseAddress
from tests.support import brokers
from tests.support.waiting import free_port

Environment = dict[str, str]


@dataclass(frozen=True)
class Examined:
    """What `banwatch doctor --json` printed, and its status."""

    status: int
    printed: str

    def said(self, subject: str, status: Status) -> list[str]:
        """The lines of a subject that have a status: what, what was found, what to do."""
        [section] = [each for each in json.loads(self.printed)["sections"] if each["subject"] == subject]
        found = [each for each in section["findings"] if each["status"] == status]
        return [f"{each['what']}: {each['said']} {each.get('remedy', '')}".strip() for each in found]

    def errors(self, subject: str) -> list[str]:
        return self.said(subject, Status.ERROR)

    def warnings(self, subject: str) -> list[str]:
        return self.said(subject, Status.WARNING)


def doctor(environment: Mapping[str, str], *options: str) -> Examined:
    """Run the command in this process."""
    own = dict.fromkeys((name for name in os.environ if name.startswith("BANWATCH_")), None) | dict(environment)
    ended = CliRunner().invoke(app, ["doctor", "--json", *options], env=own)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return Examined(ended.exit_code, ended.stdout.splitlines()[-1])  # the log is standard error's, once it is set up


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def alone(tmp_path: Path, listener: int) -> Environment:
    """Settings with which neither a Kafka nor a ClickHouse answers, and every network can be reached."""
    network = f"http://127.0.0.1:{listener}/"
    return {
        "BANWATCH_DATA_DIR": str(tmp_path / "data"),
        "BANWATCH_KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "BANWATCH_CLICKHOUSE_URL": f"http://127.0.0.1:{free_port()}",
        "BANWATCH_DASHBOARD_PORT": str(free_port()),
        "BANWATCH_BLUESKY_BASE_URLS": f"ws://127.0.0.1:{listener}",
        "BANWATCH_HACKERNEWS_BASE_URL": network,
        "BANWATCH_HACKERNEWS_SEARCH_URL": network,
        "BANWATCH_RSS_FEEDS": network,
    }


@pytest.fixture
def broker() -> Iterator[brokers.Broker]:
    """An embedded broker of the test's own."""
    with brokers.tansu() as running:
        yield running


@pytest.fixture
def with_kafka(alone: Environment, broker: brokers.Broker) -> Environment:
    return alone | {"BANWATCH_KAFKA_BOOTSTRAP": broker.bootstrap}


@pytest.fixture
def with_store(alone: Environment, address: ClickHouseAddress) -> Environment:
    return alone | {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_CLICKHOUSE_PASSWORD": address.password.get_secret_value(),
    }
