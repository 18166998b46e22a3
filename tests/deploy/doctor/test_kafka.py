"""Faults of Kafka, planted in the embedded broker and in Apache Kafka."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from deploy.doctor.finding import Status
from deploy.embedded import broker as embedded
from ingest.contract import KafkaAddress
from ingest.kafka import Topic, ensure_topics, probe, read_topics
from tests.deploy.doctor.conftest import Environment, doctor
from tests.kafka import server
from tests.support import brokers
from tests.support.mortal import started
from tests.support.waiting import PATIENCE, free_port


def test_a_port_that_another_program_holds_is_not_kafka(alone: Environment, listener: int) -> None:
    [told] = doctor(alone | {"BANWATCH_KAFKA_BOOTSTRAP": f"127.0.0.1:{listener}"}).errors("kafka")
    assert f"127.0.0.1:{listener} takes connections and does not answer" in told
    assert "BANWATCH_KAFKA_BOOTSTRAP" in told


def test_an_address_without_a_port_is_a_fault_of_the_settings(alone: Environment) -> None:
    [told] = doctor(alone | {"BANWATCH_KAFKA_BOOTSTRAP": "kafka-1"}).errors("settings")
    assert "BANWATCH_KAFKA_BOOTSTRAP cannot be used" in told
    assert "host:port" in told


def test_missing_topics_are_created_only_when_asked(with_kafka: Environment, broker: brokers.Broker) -> None:
    address = KafkaAddress(broker.bootstrap)
    found = doctor(with_kafka)
    assert found.status == 1
    assert [told.partition(":")[0] for told in found.errors("kafka")] == ["topic posts", "topic posts.rejected"]
    assert "--fix" in found.errors("kafka")[0]
    doctor(with_kafka | {"BANWATCH_KAFKA_PARTITIONS": "many"}, "--fix")
    assert not topics(address), "a default is not what was meant"
    assert not doctor(with_kafka, "--fix").errors("kafka")
    assert {name: topic.partitions for name, topic in topics(address).items()} == {"posts": 4, "posts.rejected": 1}
    well = doctor(with_kafka)
    assert not well.errors("kafka") + well.warnings("kafka"), well.printed


def test_too_few_partitions_are_told(with_kafka: Environment, broker: brokers.Broker) -> None:
    ensure_topics(KafkaAddress(broker.bootstrap), 1)
    [told] = doctor(with_kafka).warnings("kafka")
    assert "topic posts: partitions is 1 and should be 4" in told


@pytest.fixture
def misled() -> Iterator[str]:
    """An embedded broker that says that clients reach it where nobody does."""
    port = free_port()
    command = embedded.command("127.0.0.1", port)
    command[command.index("--advertised-listener-url") + 1] = f"tcp://127.0.0.1:{free_port()}"
    process = started(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = KafkaAddress(f"127.0.0.1:{port}")
    try:
        embedded.wait_until_ready(address, PATIENCE)
        yield address.bootstrap
    finally:
        process.kill()
        process.wait()


def test_a_broker_that_advertises_a_wrong_address_is_told(alone: Environment, misled: str) -> None:
    [told] = doctor(alone | {"BANWATCH_KAFKA_BOOTSTRAP": misled}).errors("kafka")
    assert "`advertised.listeners`" in told
    assert "Connection refused" in told


def topics(address: KafkaAddress) -> dict[str, Topic]:
    cluster = probe(address, timedelta(seconds=20))
    assert cluster is not None
    return dict(read_topics(address, cluster, (address.posts_topic, address.rejected_topic)))


@pytest.mark.kafka
def test_topics_of_apache_kafka_are_mended_and_nothing_is_reduced(alone: Environment, tmp_path: Path) -> None:
    if reason := server.missing():
        pytest.skip(reason)
    with brokers.apache_kafka(tmp_path) as broker:
        address = KafkaAddress(broker.bootstrap)
        with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
            wrong = {"cleanup.policy": "compact", "retention.ms": "60000"}
            longer = {"cleanup.policy": "delete", "retention.ms": str(90 * 86_400_000)}
            admin.create_topics({"posts": {"num_partitions": 2, "replication_factor": 1, "configs": wrong}})
            admin.create_topics({"posts.rejected": {"num_partitions": 3, "replication_factor": 1, "configs": longer}})
            admin.wait_for_topics(["posts", "posts.rejected"])
        own = alone | {"BANWATCH_KAFKA_BOOTSTRAP": broker.bootstrap}
        found = doctor(own)
        assert len(found.errors("kafka")) == 1, found.printed
        [compacted] = found.errors("kafka")
        assert "cleanup.policy is compact and should be delete" in compacted
        partitions, retention = found.warnings("kafka")
        assert "partitions is 2 and should be 4" in partitions
        assert "retention.ms is 60000 and should be 604800000" in retention
        again = doctor(own)
        assert again.errors("kafka") + again.warnings("kafka") == [compacted, partitions, retention], "nothing changed"

        assert not doctor(own, "--fix").errors("kafka")
        well = doctor(own)
        assert not well.errors("kafka") + well.warnings("kafka"), well.printed
        told = " ".join(well.said("kafka", Status.OK))
        assert "Kafka's clock: Kafka's controller and this machine have the same time" in told
        assert "idempotence: The broker gives a producer its id" in told
        settings = topics(address)["posts.rejected"].settings
        assert settings["retention.ms"] == longer["retention.ms"]

        ensure_topics(replace(address, posts_topic="made", rejected_topic="made.rejected"), 2)
        made = topics(replace(address, posts_topic="made", rejected_topic="made.rejected"))
        assert {name: topic.settings["cleanup.policy"] for name, topic in made.items()} == {
            "made": "delete",
            "made.rejected": "delete",
        }
