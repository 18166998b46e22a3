"""The producer: posts, what was rejected, and progress, each acknowledged or said to be lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import NamedTuple, Self
from zlib import crc32

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError
from kafka.producer.future import RecordMetadata

from ingest.contract import KafkaAddress, Post, Progress, Rejected, encode, partition_key
from ingest.kafka.admin import BrokerUnavailable, kafka_errors, require, translated
from ingest.kafka.codec import POST_HEADERS, PROGRESS_HEADERS, REJECTED_HEADERS, Headers

LARGEST_POST = 900_000  # bytes; brokers take a million for a batch, headers and key included
# Characters of a rejection.
LONGEST_SOURCE, LONGEST_WHERE, LONGEST_REASON, LONGEST_RAW = 64, 600, 1_000, 4_096
GIVE_UP = timedelta(minutes=2)  # after so long without an acknowledgement a message has failed for good


class Delivery(NamedTuple):
    """Where an acknowledged message lies."""

    topic: str
    partition: int
    offset: int


OnDelivered = Callable[[Delivery], None]
"""Called in the producer's own thread, in order within a partition. It must be quick and must not raise."""


class PostProducer:
    """Writes to the topics. Idempotent: what is sent again after a fault of the network is stored once.

    At most `max_in_flight` messages are unacknowledged; then `send` blocks, and gives up after `patience`
    without one acknowledgement. A message that has failed for good makes every later call raise: make a new
    producer and go back to the cursor. One thread sends.
    """

    def __init__(
        self,
        address: KafkaAddress,
        *,
        client_id: str = "banwatch-producer",
        max_in_flight: int = 20_000,
        patience: timedelta = timedelta(seconds=30),
    ) -> None:
        """Raises: BrokerUnavailable, BrokerRefused"""
        self._address = address
        self._patience = patience
        self._slots = threading.Semaphore(max_in_flight)
        self._failure: Exception | None = None
        patience_ms = int(patience.total_seconds() * 1000)
        require(address)
        with kafka_errors(address):
            self._kafka = KafkaProducer(
                bootstrap_servers=address.bootstrap.split(","),
                client_id=client_id,
                acks="all",
                enable_idempotence=True,
                allow_auto_create_topics=False,
                compression_type="lz4",
                linger_ms=20,
                batch_size=256 * 1024,
                bootstrap_timeout_ms=patience_ms,
                max_block_ms=patience_ms,
                request_timeout_ms=patience_ms,
                delivery_timeout_ms=int(GIVE_UP.total_seconds() * 1000) + patience_ms,
                reconnect_backoff_max_ms=1_000,
                metadata_max_age_ms=10_000,
                metrics_enabled=False,
            )

    def send(self, post: Post, on_delivered: OnDelivered) -> None:
        """Write a post, or, where the topic cannot carry it, its rejection: `Delivery.topic` tells which.

        Raises:
            BrokerUnavailable: no acknowledgement for too long (this post was not taken: send it again), or an
                earlier message has failed for good.
            BrokerRefused
        """
        try:
            key, value = partition_key(post), encode(post)
        except UnicodeEncodeError as error:
            self.reject(_unwritable(post, f"Half a character pair: {error}."), on_delivered)
            return
        if len(value) + len(key) > LARGEST_POST:
            reason = f"The post takes {len(value)} bytes as JSON; the topic carries up to {LARGEST_POST}."
            self.reject(_unwritable(post, reason), on_delivered)
            return
        self._put(self._address.posts_topic, value, POST_HEADERS, on_delivered, key=key)

    def reject(self, rejected: Rejected, on_delivered: OnDelivered) -> None:
        """Write what could not be read to the topic of rejections, cut to what it carries. Raises as `send` does."""
        self._put(self._address.rejected_topic, _carried(rejected), REJECTED_HEADERS, on_delivered)

    def report(self, progress: Progress, *, settled: bool = False) -> None:
        """Write progress to every partition, once everything sent before it is acknowledged.

        It waits for those acknowledgements, because progress ahead of a post that then failed would be a lie
        that a reader cannot detect. `settled` says that the caller has waited for all that the progress speaks of.
        Report every second or so, not every post. Raises as `send` does.
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
        """Raise what an earlier message has failed with, if one has."""
        self._raise_failure()

    def flush(self, timeout: timedelta) -> None:
        """Wait until everything sent is acknowledged and its callbacks have run. Raises as `send` does."""
        with kafka_errors(self._address):
            self._kafka.flush(timeout.total_seconds())
        self._raise_failure()

    def close(self, timeout: timedelta = timedelta(seconds=10)) -> None:
        """Flush and end; what is not acknowledged by then is given up.

        Raises:
            BrokerUnavailable, BrokerRefused: not everything was delivered. The producer is closed all the same.
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
        future.add_callback(self._delivered, on_delivered).add_errback(self._failed)

    def _partition_of(self, key: bytes, topic: str) -> int:
        """CRC-32, as librdkafka's `consistent` partitioner has it: the library's own takes up to 13 microseconds."""
        return crc32(key) % len(self._kafka.partitions_for(topic))

    def _delivered(self, on_delivered: OnDelivered, at: RecordMetadata) -> None:
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
        # The library's close() flushes again and, when that times out, raises and leaves its thread behind.
        # With nothing to flush and no time to wait it ends at once and fails what is left.
        self._kafka.flush = _no_flush
        self._kafka.close(timeout=0)


def _ignore(_: Delivery) -> None:
    """Nobody waits for it: `flush` and the next call tell of its failure."""


def _no_flush(timeout: float | None = None) -> None:
    """Stands in for the library's flush while it closes."""


def _unwritable(post: Post, reason: str) -> Rejected:
    return Rejected(
        source=post.source,
        where=post.id,
        reason=reason,
        raw=post.text,
        seen_at=post.seen_at or post.created_at,
    )


def _carried(rejected: Rejected) -> bytes:
    """A rejection as the topic carries it: reasons quote what they refuse, however long or unwritable it is."""
    source, where = _writable(rejected.source, LONGEST_SOURCE), _writable(rejected.where, LONGEST_WHERE)
    reason, raw = _writable(rejected.reason, LONGEST_REASON), _writable(rejected.raw, LONGEST_RAW)
    return encode(msgspec.structs.replace(rejected, source=source, where=where, reason=reason, raw=raw))


def _writable(text: str, most: int) -> str:
    return text[:most].encode(errors="backslashreplace").decode()[:most]
