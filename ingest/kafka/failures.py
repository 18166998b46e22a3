"""The failures of Kafka, and the translation of the library's errors into them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError as LibrdkafkaError
from kafka.errors import (
    BrokerNotAvailableError,
    CorruptRecordError,
    DuplicateSequenceNumberError,
    InvalidProducerEpochError,
    KafkaError,
    LogTruncationError,
    OutOfOrderSequenceNumberError,
    ProducerFencedError,
    UnknownBrokerIdError,
    UnknownError,
    UnknownProducerIdError,
)

from ingest.contract import KafkaAddress
from ingest.errors import Failure, Unavailable

HEALED_BY_A_NEW_CLIENT = (
    BrokerNotAvailableError,
    CorruptRecordError,
    DuplicateSequenceNumberError,
    InvalidProducerEpochError,
    LogTruncationError,
    OutOfOrderSequenceNumberError,
    ProducerFencedError,
    UnknownBrokerIdError,
    UnknownError,
    UnknownProducerIdError,
)
"""What a client meets after a broker was lost, or a batch was damaged on its way, and the library does not repeat.
Nobody has to change anything: a new client goes on from the committed offsets, or from the cursor."""


class BrokerUnavailable(Unavailable):
    """The broker does not answer, or not in time. A later attempt may succeed."""


class BrokerRefused(Failure):
    """The broker refuses the request (rights, versions, limits). A person has to change something."""


class NotKafka(Failure):
    """A program listens at the address but does not speak Kafka's protocol."""


class TopicReplaced(Failure):
    """The topic has been replaced since the first read, so its offsets have a new meaning.

    A restarted embedded broker has forgotten everything. The caller goes back to the saved cursors.
    """


@contextmanager
def kafka_errors(address: KafkaAddress) -> Iterator[None]:
    """Translate the library's errors into banwatch's own. Only this function distinguishes them."""
    try:
        yield
    except KafkaError as error:
        raise translated(error, address) from error


DENIED = {
    LibrdkafkaError.TOPIC_AUTHORIZATION_FAILED: "the topics",
    LibrdkafkaError.GROUP_AUTHORIZATION_FAILED: "the group",
    LibrdkafkaError.CLUSTER_AUTHORIZATION_FAILED: "the cluster",
}
"""Kafka's codes for a right that the user lacks -> what the right is about."""


def translated(error: Exception, address: KafkaAddress) -> BrokerUnavailable | BrokerRefused:
    if denied := DENIED.get(getattr(error, "errno", -1)):
        return _denied(denied, address)
    said = str(error).removesuffix(": None").rstrip(".")
    # The library raises the class itself for much. A request of its own that got no answer is one of them.
    unexplained = type(error) is KafkaError and "unknown reasons" in said
    if unexplained or getattr(error, "retriable", False) or isinstance(error, HEALED_BY_A_NEW_CLIENT):
        return BrokerUnavailable(f"Kafka at {address.bootstrap} does not answer as it should: {said}.")
    return BrokerRefused(f"Kafka at {address.bootstrap} refused: {said}.")


# The names of errors that no broker has sent begin with an underscore.
ALL_BROKERS_DOWN = LibrdkafkaError._ALL_BROKERS_DOWN  # noqa: SLF001
LOGIN_FAILED = LibrdkafkaError._AUTHENTICATION  # noqa: SLF001
"""A login was refused, or its broker went away. The probe of the next client tells which."""

REFUSALS = {*DENIED, LibrdkafkaError.SASL_AUTHENTICATION_FAILED, LibrdkafkaError.UNSUPPORTED_VERSION}


def is_refusal(error: LibrdkafkaError) -> bool:
    """Whether no further attempt of this client succeeds."""
    return error.fatal() or error.code() in REFUSALS


def of_librdkafka(error: LibrdkafkaError, address: KafkaAddress) -> BrokerUnavailable | BrokerRefused:
    """Translate an error of librdkafka as `translated` does one of kafka-python."""
    if denied := DENIED.get(error.code()):
        return _denied(denied, address)
    said = error.str().removesuffix(".")
    if is_refusal(error):
        return BrokerRefused(f"Kafka at {address.bootstrap} refused: {said}.")
    return BrokerUnavailable(f"Kafka at {address.bootstrap} does not answer as it should: {said}.")


def _denied(what: str, address: KafkaAddress) -> BrokerRefused:
    return BrokerRefused(
        f"Kafka at {address.bootstrap} does not let {who(address)} do what banwatch needs on {what}: "
        "docs/kafka.md lists the rights."
    )


def who(address: KafkaAddress) -> str:
    """Name the user in a sentence about rights."""
    return f"the user {address.security.user}" if address.security.user else "this client"
