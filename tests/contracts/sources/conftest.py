from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from ingest.contract import KafkaAddress
from ingest.cursors import CursorFile
from ingest.kafka import ensure_topics
from tests.contracts.sources.network import Network
from tests.contracts.sources.networks import NETWORKS
from tests.support import brokers
from tests.support.log_reader import LogReader


@pytest.fixture(scope="module")
def own_broker() -> Iterator[brokers.Broker]:
    with brokers.tansu() as running:
        yield running


def new_topics(broker: brokers.Broker) -> KafkaAddress:
    """A log of its own within a broker."""
    name = uuid4().hex
    own = KafkaAddress(broker.bootstrap, posts_topic=f"posts-{name}", rejected_topic=f"rejected-{name}")
    ensure_topics(own, 3)
    return own


@pytest.fixture
def address(own_broker: brokers.Broker) -> KafkaAddress:
    return new_topics(own_broker)


@pytest.fixture
def log(address: KafkaAddress) -> Iterator[LogReader]:
    with LogReader(address) as reader:
        yield reader


@pytest.fixture(params=sorted(NETWORKS))
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    with NETWORKS[request.param]() as network:
        yield network


@pytest.fixture
def cursor_file(tmp_path: Path) -> CursorFile:
    return CursorFile(tmp_path / "cursor.json")
