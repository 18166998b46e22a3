"""What the doctor finds where Kafka allows a user only what its access control list says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.doctor.finding import Status
from tests.deploy.doctor.conftest import Environment, doctor
from tests.kafka import server
from tests.support.kafka_with_acls import KafkaWithACLs, group, kafka_with_acls, topic

pytestmark = pytest.mark.kafka

POSTS, REJECTED = "posts", "posts.rejected"
OF_TOPICS = ("Create", "Describe", "DescribeConfigs", "Read", "Write")
"""What docs/kafka.md asks for a user of all processes."""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWithACLs]:
    if reason := server.missing():
        pytest.skip(reason)
    with kafka_with_acls(tmp_path_factory.mktemp("kafka")) as running:
        yield running


def test_topics_are_made_by_a_user_with_the_rights_of_the_documents(alone: Environment, kafka: KafkaWithACLs) -> None:
    kafka.allow("writer", topic(POSTS, "Describe", "Write"), topic(REJECTED, "Describe", "Write"))
    refused = doctor(alone | kafka.settings("writer"), "--fix").errors("kafka")
    assert len(refused) == 2
    assert all("to the user writer and does not let it be created" in told for told in refused)
    kafka.allow("banwatch", topic(POSTS, *OF_TOPICS), topic(REJECTED, *OF_TOPICS), group("banwatch", "Read"))
    own = alone | kafka.settings("banwatch")
    missing = doctor(own).errors("kafka")
    assert len(missing) == 2
    assert all("The topic does not exist." in told for told in missing)
    assert not doctor(own, "--fix").errors("kafka")
    well = doctor(own)
    assert not well.errors("kafka") + well.warnings("kafka"), well.printed


def test_topics_that_a_user_may_not_see_are_not_said_to_be_missing(alone: Environment, kafka: KafkaWithACLs) -> None:
    kafka.allow("stranger")
    posts, rejected, idempotence = doctor(alone | kafka.settings("stranger")).errors("kafka")
    for name, told in ((POSTS, posts), (REJECTED, rejected)):
        assert told.startswith(f"topic {name}: The user may not see it")
        assert "kafka-acls.sh" in told
    assert "gives the user stranger no producer id" in idempotence


def test_rights_and_settings_that_are_not_seen_are_told(alone: Environment, kafka: KafkaWithACLs) -> None:
    kafka.allow("reader", topic(POSTS, "Describe"), topic(REJECTED, "Describe", "DescribeConfigs", "Write"))
    found = doctor(alone | kafka.settings("reader"))
    assert not found.errors("kafka"), found.printed
    rights, settings, read = found.warnings("kafka")
    assert rights.startswith("topic posts: The user may not READ or WRITE it.")
    assert settings.startswith("topic posts: Its settings are not checked")
    assert read.startswith("topic posts.rejected: The user may not READ it.")
    [unseen] = [told for told in found.said("kafka", Status.OK) if told.startswith("workers' group")]
    assert "or the user may not DESCRIBE the group" in unseen
