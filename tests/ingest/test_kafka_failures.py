"""Which errors of Kafka's libraries pass, and which need a person."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaException
from confluent_kafka import KafkaError as LibrdkafkaError
from kafka import errors

from ingest.contract import KafkaAddress
from ingest.kafka import BrokerRefused, BrokerUnavailable, ConsumerGroup
from ingest.kafka.consumer import PostConsumer
from ingest.kafka.failures import translated
from ingest.kafka.offsets import CommittedOffsets
from tests.support.waiting import eventually

ADDRESS = KafkaAddress("127.0.0.1:9092")


@pytest.mark.parametrize(
    "error",
    [
        errors.KafkaError("Could not execute transactional request for unknown reasons"),
        errors.UnknownError("Future not done"),
        errors.CorruptRecordError(),
        errors.ProducerFencedError(),
        errors.DuplicateSequenceNumberError(),
        errors.NotEnoughReplicasError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_nobody_can_change_is_waited_for(error: errors.KafkaError) -> None:
    assert isinstance(translated(error, ADDRESS), BrokerUnavailable)


@pytest.mark.parametrize(
    "error",
    [
        errors.TopicAuthorizationFailedError(),
        errors.KafkaError("Unexpected error in InitProducerIdResponse: ClusterAuthorizationFailedError"),
        errors.SaslAuthenticationFailedError(),
        errors.MessageSizeTooLargeError(),
        errors.InvalidTopicError(),
        errors.UnsupportedVersionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_person_has_to_change_is_refused(error: errors.KafkaError) -> None:
    assert isinstance(translated(error, ADDRESS), BrokerRefused)


def test_a_partition_that_the_library_will_not_read_needs_a_new_client() -> None:
    """It is assigned all the same, and nothing else says that it stands still."""
    consumer = PostConsumer.__new__(PostConsumer)
    consumer._said, consumer._failure, consumer._away_since, consumer._address = set(), None, None, ADDRESS
    consumer._met(LibrdkafkaError(LibrdkafkaError.NOT_COORDINATOR, "Broker: Not coordinator"))
    assert consumer._failure is None
    said = 'Failed to fetch committed offsets for 1 partition(s) in group "banwatch": Broker: Not coordinator'
    consumer._met(LibrdkafkaError(LibrdkafkaError.NOT_COORDINATOR, said))
    assert isinstance(consumer._failure, BrokerUnavailable)


class Away:
    """A client whose brokers are all away."""

    def list_topics(self, *_: object) -> None:
        raise KafkaException(LibrdkafkaError(LibrdkafkaError._TRANSPORT))


@pytest.mark.parametrize(("seconds", "renewed"), [(10, False), (70, True)])
def test_a_client_without_a_broker_for_a_minute_is_made_anew(seconds: int, renewed: bool) -> None:
    """It has read its certificates once, and may have outlived them."""
    consumer = PostConsumer.__new__(PostConsumer)
    consumer._kafka, consumer._address = cast("Consumer", Away()), ADDRESS
    with pytest.raises(BrokerUnavailable) if renewed else nullcontext():
        consumer._look_for_brokers(time.monotonic() - seconds)


class Broken:
    """A group whose library ends in a way that nobody foresaw."""

    def committed(self) -> dict[int, int]:
        raise RuntimeError("the loop has crashed")

    def close(self) -> None: ...


def test_a_source_does_not_wait_for_a_thread_that_has_died() -> None:
    with (
        CommittedOffsets(cast("ConsumerGroup", Broken())) as committed,
        pytest.raises(BrokerUnavailable, match="the loop has crashed"),
    ):
        eventually(lambda: bool(committed.newest()))
