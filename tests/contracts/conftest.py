"""The contract suite runs over every kind of broker: the tests are the same."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from ingest.contract import KafkaAddress
from ingest.kafka import ensure_topics
from tests.kafka import server
from tests.support import brokers

PARTITIONS = 3


@pytest.fixture(scope="session", params=["tansu", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[brokers.Broker]:
    if request.param == "tansu":
        with brokers.tansu() as running:
            yield running
        return
    if reason := server.missing():
        pytest.skip(reason)
    with brokers.apache_kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def address(broker: brokers.Broker) -> KafkaAddress:
    """Topics of this test's own, so that tests share a broker and nothing else."""
    name = uuid4().hex
    own = KafkaAddress(broker.bootstrap, posts_topic=f"posts-{name}", rejected_topic=f"rejected-{name}")
    ensure_topics(own, PARTITIONS)
    return own
