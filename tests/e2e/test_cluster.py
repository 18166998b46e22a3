"""Three brokers of Apache Kafka under load: whatever happens to one of them, each post is counted once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from ingest.kafka import BrokerRefused, ensure_topics, probe
from ingest.kafka.admin import administer
from tests.kafka import server
from tests.support.cluster import network
from tests.support.cluster.brokers import PROBE_TIMEOUT, KafkaCluster, kafka_cluster
from tests.support.cluster.faults import FAULTS
from tests.support.cluster.trial import WORKERS, Trial, trial
from tests.support.stacks import Installation

pytestmark = [
    pytest.mark.kafka,
    # kafka-python drops the socket of a handshake that fails, and does not close it.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]

RATE = 200
"""Posts a second. `make bench-cluster` has the rate of a large network, and all faults."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    if reason := server.missing() or network.missing():
        pytest.skip(reason)
    with kafka_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running
    gc.collect()  # while the warning about such sockets is ignored


@pytest.fixture(scope="module")
def under_load(cluster: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    cheaply = {"BANWATCH_BATCH_LINGER": "2"}  # larger batches, so that a fault meets more that is under way
    with trial(cluster, tmp_path_factory.mktemp("load"), RATE, look_every=1.0, **cheaply) as running:
        yield running


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"password": SecretStr("not the one")}, "refuses the login of banwatch"),
        ({"ca_file": None}, "is not trusted"),
        ({"mechanism": "SCRAM-SHA-256"}, "logs in by SCRAM-SHA-512, not by SCRAM-SHA-256"),
        ({"protocol": "PLAINTEXT"}, "speaks TLS: set BANWATCH_KAFKA_SECURITY_PROTOCOL"),
    ],
)
def test_who_may_not_come_in_is_told_why(cluster: KafkaCluster, other: dict[str, Any], sentence: str) -> None:
    address = replace(cluster.address, security=replace(cluster.security, **other))
    with pytest.raises(BrokerRefused, match=sentence):
        probe(address, PROBE_TIMEOUT)


def test_a_worker_with_a_wrong_password_ends_with_one_sentence(cluster: KafkaCluster, tmp_path: Path) -> None:
    own = cluster.settings | {"BANWATCH_KAFKA_PASSWORD": "not the one"}
    ended = Installation(tmp_path / "banwatch", settings=own).run("process")
    said = ended.stderr.decode()
    assert ended.returncode == 1, said
    assert "check BANWATCH_KAFKA_USER and BANWATCH_KAFKA_PASSWORD" in said.splitlines()[-1]
    assert "not the one" not in said


def test_a_new_topic_has_three_replicas_of_which_two_must_be_in_sync(cluster: KafkaCluster) -> None:
    address = cluster.address
    ensure_topics(address, WORKERS)
    with closing(administer(address)) as admin:
        topics = admin.describe_topics([address.posts_topic, address.rejected_topic])
        configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, address.posts_topic)])
    assert {len(each["replica_nodes"]) for topic in topics for each in topic["partitions"]} == {3}
    assert configs["topic"][address.posts_topic]["min.insync.replicas"]["value"] == "2"


@pytest.mark.parametrize("fault", ["kill", "freeze", "partition", "resize"])
def test_nothing_is_lost_or_doubled(under_load: Trial, fault: str) -> None:
    outcome = under_load.under(fault, FAULTS[fault])
    print(outcome)
    assert outcome.posts > 0
    assert (outcome.lost, outcome.doubled) == (0, 0)
