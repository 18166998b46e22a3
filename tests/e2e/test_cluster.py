"""Three brokers of Apache Kafka under load: whatever happens to one of them, each post is counted once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme
from kafka.admin import ConfigResource, ConfigResourceType

from ingest.kafka.admin import administer
from tests.kafka import server
from tests.support.cluster import network
from tests.support.cluster.brokers import KafkaCluster, kafka_cluster
from tests.support.cluster.faults import FAULTS
from tests.support.cluster.trial import Trial, trial
from tests.support.stacks import Installation

pytestmark = pytest.mark.kafka

RATE = 200
"""Posts a second. `make bench-cluster` has the rate of a large network, and all faults."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    if reason := server.missing() or network.missing():
        pytest.skip(reason)
    with kafka_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def under_load(cluster: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial(cluster, tmp_path_factory.mktemp("load"), RATE) as running:
        yield running


@pytest.mark.parametrize("fault", ["kill", "freeze", "partition", "resize"])
def test_nothing_is_lost_or_doubled(under_load: Trial, fault: str) -> None:
    outcome = under_load.under(fault, FAULTS[fault])
    print(outcome)
    assert outcome.posts > 0
    assert (outcome.lost, outcome.doubled) == (0, 0)


def test_a_new_topic_has_three_replicas_of_which_two_must_be_in_sync(under_load: Trial) -> None:
    address = under_load.cluster.address
    with closing(administer(address)) as admin:
        topics = admin.describe_topics([address.posts_topic, address.rejected_topic])
        configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, address.posts_topic)])
    assert {len(each["replica_nodes"]) for topic in topics for each in topic["partitions"]} == {3}
    assert configs["topic"][address.posts_topic]["min.insync.replicas"]["value"] == "2"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"BANWATCH_KAFKA_PASSWORD": "not the one"}, "refuses the login of banwatch"),
        ({"BANWATCH_KAFKA_CA_FILE": "{other}"}, "is not trusted"),
        ({"BANWATCH_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}, "logs in by SCRAM-SHA-512, not by SCRAM-SHA-256"),
        (
            {"BANWATCH_KAFKA_SECURITY_PROTOCOL": "", "BANWATCH_KAFKA_USER": "", "BANWATCH_KAFKA_CA_FILE": ""},
            "speaks TLS: set BANWATCH_KAFKA_SECURITY_PROTOCOL",
        ),
    ],
)
def test_who_may_not_come_in_is_told_why_and_ends(
    cluster: KafkaCluster, settings: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    own = cluster.settings | {name: value.format(other=other) for name, value in settings.items()}
    installation = Installation(tmp_path / "banwatch", settings=own)
    ended = installation.run("process")
    said = ended.stderr.decode()
    assert ended.returncode == 1, said
    assert sentence in said.splitlines()[-1]
    assert own["BANWATCH_KAFKA_PASSWORD"] not in said
