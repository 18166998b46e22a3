"""The producer: it sends posts, rejected records and progress, and reports each message as acknowledged or lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import NamedTuple, Self
from zlib import crc32

import msgspec
from kafka import KafkaProducer
from kafka.errors import DuplicateSequenceNumberError, KafkaError
from kafka.producer.future import RecordMetadata

from ingest.contract import RAW_KEPT, KafkaAddress, Post, Progress, Rejected, RejectionKind, encode, partition_key
from ingest.kafka import tansu
from ingest.kafka.codec import POST_HEADERS, PROGRESS_HEADERS, REJECTED_HEADERS, Headers
from ingest.kafka.connection import REQUEST_TIMEOUT, client_arguments
from ingest.kafka.failures import BrokerUnavailable, kafka_errors, translated
from ingest.kafka.probe import require

LARGEST_POST = 900_000  # bytes; brokers take a million for a batch, headers and key included
# The longest fields of a rejected record, in characters.
LONGEST_SOURCE, LONGEST_WHERE, LONGEST_REASON = 64, 600, 1_000
GIVE_UP = timedelta(minutes=2)  # a message without an acknowledgement for this long has failed for good


class Delivery(NamedTuple):
    """The topic, partition and offset of an acknowledged message."""

    topic: str
    partition: int
    offset: int


OnDelivered = Callable[[Delivery], None]
"""A callback for an acknowledged message. The producer's thread calls it, in order within a partition. It must be quick
and must not raise."""


class PostProducer:
    """Writes to the topics.

    The producer is idempotent: a message that is sent again after a network fault is stored once.

    At most `max_in_flight` messages are unacknowledged. Then `send` blocks, and fails after `patience` without any
    acknowledgement. After a message has failed for good, every later call raises. The caller then makes a new producer
    and goes back to the cursor. One thread sends.
    """

    def __init__(
        self,
        address: KafkaAddress,
        *,
        client_id: str = "banwatch-producer",
        max_in_flight: int = 20_000,
        patience: timedelta = timedelta(seconds=30),
    ) -> None:
        """Connect to Kafka.

        Raises:
            BrokerUnavailable: no Kafka answers at the address.
            BrokerRefused: the broker refuses the request.
        """
        self._address = address
        self._patience = patience
        self._slots = threading.Semaphore(max_in_flight)
        self._failure: Exception | None = None
        patience_ms = int(patience.total_seconds() * 1000)
        self._embedded = require(address).memory_only
        with kafka_errors(address):
            self._kafka = KafkaProducer(
                **client_arguments(address, min(patience, REQUEST_TIMEOUT)),
                client_id=client_id,
                acks="all",
                enable_idempotence=True,
                allow_auto_create_topics=False,
                compression_type="lz4",
                linger_ms=tansu.LINGER_MS if self._embedded else 20,
                batch_size=256 * 1024,
                bootstrap_timeout_ms=patience_ms,
                max_block_ms=patience_ms,
                delivery_timeout_ms=int(GIVE_UP.total_seconds() * 1000) + patience_ms,
                metadata_max_age_ms=10_000,
                metrics_enabled=False,
            )

    def send(self, post: Post, on_delivered: OnDelivered) -> None:
        """Send a post.

        A post that the topic cannot carry is sent as a rejected record instead: `Delivery.topic` says which.

        Raises:
            BrokerUnavailable: no acknowledgement came for too long, and this post was not sent, so send it again; or an
                earlier message has failed for good.
            BrokerRefused: the broker refuses the message.
        """
        try:
            key, value = partition_key(post), encode(post)
        except UnicodeEncodeError as error:
            self.reject(_unwritable(post, f"Half a character pair: {error}."), on_delivered)
            return
        if len(value) + len(key) > LARGEST_POST:
            reason = f"The post takes {len(value)} bytes as JSON; the topic carries up to {LARGEST_POST}."
            self.reject(_unwritable(post, reason, "too_large"), on_delivered)
            return
        self._put(self._address.posts_topic, value, POST_HEADERS, on_delivered, key=key)

    def reject(self, rejected: Rejected, on_delivered: OnDelivered) -> None:
        """Send a rejected record to its topic, cut to the topic's limits. Raises as `send` does."""
        self._put(self._address.rejected_topic, _carried(rejected), REJECTED_HEADERS, on_delivered)

    def report(self, progress: Progress, *, settled: bool = False) -> None:
        """Send progress to every partition, after every earlier message is acknowledged.

        The function waits for those acknowledgements. Progress ahead of a post that later fails would be false, and no
        reader could detect it. `settled` means that the caller has already waited for the posts that the progress
        covers. Report about once a second, not for every post. Raises as `send` does.
        """
        if not settled:
            self.flush(self._patience)
        topic = self._address.posts_topic
        with kafka_errors(self._address):
            partitions = sorted(self._kafka.partitions_for(topic))
        value = encode(msgspec.structs.replace(progress, partitions=len(partitions)))
        for partition in partitions:
            self._put(topic, value, PROGRESS_HEADERS, _ignore, partition=partition)

    def check(self) -> None:
        """Raise the failure of an earlier message, if there is one."""
        self._raise_failure()

    def flush(self, timeout: timedelta) -> None:
        """Wait until every message is acknowledged and every callback has run. Raises as `send` does."""
        with kafka_errors(self._address):
            self._kafka.flush(timeout.total_seconds())
        self._raise_failure()

    def close(self, timeout: timedelta = timedelta(seconds=10)) -> None:
        """Flush and end. Messages without an acknowledgement after `timeout` are given up.

        Raises:
            BrokerUnavailable, BrokerRefused: not every message was delivered. The producer is closed all the same.
        """
        try:
            self.flush(timeout)
        finally:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._end()

    def _put(
        self,
        topic: str,
        value: bytes,
        headers: Headers,
        on_delivered: OnDelivered,
        *,
        key: bytes | None = None,
        partition: int | None = None,
    ) -> None:
        self._raise_failure()
        if not self._slots.acquire(timeout=self._patience.total_seconds()):
            raise BrokerUnavailable(
                f"Kafka at {self._address.bootstrap} has acknowledged nothing for {self._patience.total_seconds():g} s."
            )
        try:
            if key is not None:
                partition = self._partition_of(key, topic)
            future = self._kafka.send(topic, value, key=key, headers=headers, partition=partition)
        except KafkaError as error:
            self._slots.release()
            raise translated(error, self._address) from error
        except ValueError as error:  # as for a partition that new metadata no longer has
            self._slots.release()
            raise BrokerUnavailable(
                f"A message for Kafka at {self._address.bootstrap} was not taken: {error}."
            ) from error
        future.add_callback(self._delivered, on_delivered).add_errback(self._failed)

    def _partition_of(self, key: bytes, topic: str) -> int:
        """Return the partition of a key, by CRC-32 as in librdkafka's `consistent` partitioner.

        The library's own partitioner takes up to 13 microseconds.
        """
        return crc32(key) % len(self._kafka.partitions_for(topic))

    def _delivered(self, on_delivered: OnDelivered, at: RecordMetadata) -> None:
        # The embedded broker does not say where a batch lies that was sent twice: nobody could tell when it is counted.
        if self._embedded and at.offset < 0:
            self._failed(DuplicateSequenceNumberError())
            return
        try:
            on_delivered(Delivery(at.topic, at.partition, at.offset))
        finally:
            self._slots.release()

    def _failed(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._slots.release()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise translated(self._failure, self._address) from self._failure

    def _end(self) -> None:
        # The library's close() flushes again. If the flush times out, close() raises and leaves its thread running.
        # With nothing to flush and no time to wait, close() ends at once and fails the remaining messages.
        self._kafka.flush = _no_flush
        self._kafka.close(timeout=0)


def _ignore(_: Delivery) -> None:
    """Ignore the delivery. `flush` and the next call raise its failure."""


def _no_flush(timeout: float | None = None) -> None:
    """Replace the library's flush while the library closes."""


def _unwritable(post: Post, reason: str, kind: RejectionKind = "unreadable") -> Rejected:
    return Rejected(
        source=post.source,
        where=post.id,
        reason=reason,
        raw=post.text,
        seen_at=post.seen_at or post.created_at,
        kind=kind,
    )


def _carried(rejected: Rejected) -> bytes:
    """Return a rejected record within the topic's limits. Without a stage, it is a collector's.

    A reason quotes the refused text, however long or invalid it is.
    """
    source, where = _writable(rejected.source, LONGEST_SOURCE), _writable(rejected.where, LONGEST_WHERE)
    reason, raw = _writable(rejected.reason, LONGEST_REASON), _writable(rejected.raw, RAW_KEPT)
    stage = rejected.stage or "collector"
    return encode(msgspec.structs.replace(rejected, source=source, where=where, reason=reason, raw=raw, stage=stage))


def _writable(text: str, most: int) -> str:
    return text[:most].encode(errors="backslashreplace").decode()[:most]
