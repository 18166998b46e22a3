"""The consumer of posts and of rejections: a group member that commits their offsets once they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import uuid4

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import CommitFailedError, KafkaError, RebalanceInProgressError
from kafka.net.compat import KafkaNetClient
from kafka.structs import OffsetAndMetadata

from ingest.contract import KafkaAddress, Post, Progress, Rejected, raw_text
from ingest.kafka import tansu
from ingest.kafka.codec import UnreadableRecord, read, read_rejected
from ingest.kafka.connection import client_arguments
from ingest.kafka.failures import BrokerRefused, BrokerUnavailable, kafka_errors, translated
from ingest.kafka.probe import require

LARGEST_BATCH = 16 * 1024 * 1024
"""A batch ends once its records hold this many bytes. It may be larger by the size of `RECORDS_AT_ONCE` records."""

RECORDS_AT_ONCE = 64
"""The number of records that are read between two checks of the batch's size: at most 128 MB, at 2 MB a record."""

COMMIT_TIMEOUT = timedelta(seconds=10)
CLOSE_TIMEOUT = timedelta(seconds=3)

MOST_DELAYS = 6
"""The number of commits in a row that may fail before the member gives up: about a minute."""


class PartitionsLost(Exception):
    """The group was rebalanced after the batch was read, and another member now reads the batch again.

    Go on with the next poll. The batch is written twice, which changes no count.
    """


class CommitDelayed(Exception):
    """The broker that keeps the group's offsets does not answer, as while another takes its place.

    Go on with the next poll. The next commit carries these offsets too.
    """


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one poll, in the order of each partition.

    `progress` holds pairs of a partition and the progress read from it. `rejected` are the records that cannot be read,
    and `rejections` were read from the topic of rejections. `offsets` maps a partition to its next offset. `owed` means
    that offsets of an earlier batch wait for the commit of this one, which may itself be empty. `sent_at` is when the
    first record of the posts topic was sent, by its sender's clock; None if the batch begins with rejections alone.
    `id` names the batch in logs, in the store's log of queries and in traces.
    """

    posts: list[Post] = field(default_factory=list)
    progress: list[tuple[int, Progress]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rejections: list[Rejected] = field(default_factory=list)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    generation: int = -1
    owed: bool = False
    sent_at: datetime | None = None
    id: str = field(default_factory=lambda: uuid4().hex)

    def __bool__(self) -> bool:
        return bool(self.offsets) or self.owed

    @property
    def named_offsets(self) -> dict[str, int]:
        """The offsets for a log, by names such as `posts/3`."""
        return {f"{topic}/{partition}": offset for (topic, partition), offset in self.offsets.items()}


class PostConsumer:
    """Reads the posts and the rejections as a member of a group, from the committed offsets, else from the start.

    One thread uses a consumer. The consumer stays in the group while the caller writes, for up to five minutes between
    two polls. While the broker is unavailable, a poll returns an empty batch, and the library reconnects.
    """

    def __init__(self, address: KafkaAddress, group: str, *, client_id: str = "banwatch-consumer") -> None:
        """Join the group.

        Raises:
            BrokerUnavailable: no Kafka answers at the address.
            BrokerRefused: the broker refuses the request.
        """
        self._address = address
        self._uncommitted = Batch()
        """The offsets of delayed commits, with their generation."""
        self._delays = 0
        self._next: dict[TopicPartition, int] = {}
        """The next offset of each partition that has been read from in the generation `_next_of` of the group."""
        self._next_of = -1
        self._embedded = require(address).memory_only
        with kafka_errors(address):
            self._kafka = KafkaConsumer(
                **client_arguments(address),
                client_id=client_id,
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                bootstrap_timeout_ms=10_000,
                # The lowest that a broker allows: a group forms in two or three seconds and notices a dead member.
                session_timeout_ms=tansu.SESSION_TIMEOUT_MS if self._embedded else 6_000,
                heartbeat_interval_ms=1_000,
                # The broker's default wait of 500 ms would delay the last records of a topic by as much.
                fetch_max_wait_ms=20,
                max_partition_fetch_bytes=2 * 1024 * 1024,
                metadata_max_age_ms=10_000,
                metrics_enabled=False,
                kafka_client=self._connect,
            )
            topics = [address.posts_topic, address.rejected_topic]
            self._kafka.subscribe(topics)
            # A group's leader that does not know a topic yet would assign none of its partitions.
            unknown = [topic for topic in topics if not self._kafka.partitions_for_topic(topic)]
        if unknown:
            self._client.close()
            raise BrokerUnavailable(f"There is no topic {unknown[0]} at {address.bootstrap} yet.")

    def poll(self, timeout: timedelta, max_records: int) -> Batch:
        """Return the next batch, after a wait of at most `timeout`.

        Call this often, because it keeps the membership alive.

        A batch ends at `max_records`, at `LARGEST_BATCH` bytes, or at a rebalance of the group.

        Raises:
            BrokerUnavailable: the broker does not answer.
            BrokerRefused: the broker refuses the request.
        """
        found = self._poll(timeout, min(RECORDS_AT_ONCE, max_records))
        posts_topic = self._address.posts_topic
        sent_at = next((_moment(some[0].timestamp) for at, some in found.items() if at.topic == posts_topic), None)
        batch = Batch(generation=self._generation, owed=bool(self._uncommitted.offsets), sent_at=sent_at)
        records, weight = 0, 0
        while found:
            for partition, some in found.items():
                self._sort_into(batch, partition, some)
                weight += sum([len(record.value or b"") for record in some])
                records += len(some)
            if records >= max_records or weight >= LARGEST_BATCH or self._generation != batch.generation:
                break
            found = self._poll(timedelta(0), min(RECORDS_AT_ONCE, max_records - records))
        # Another member may have read on in a partition that comes back after a rebalance.
        self._next = (self._next if batch.generation == self._next_of else {}) | batch.offsets
        self._next_of = batch.generation
        return batch

    def _poll(self, timeout: timedelta, max_records: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        with kafka_errors(self._address):
            found = self._kafka.poll(int(timeout.total_seconds() * 1000), max_records=max_records)
        return {partition: records for partition, records in found.items() if records}

    @property
    def assigned(self) -> int | None:
        """The number of partitions of the posts topic that this member reads.

        None while it is in no group, or has no connection to any broker.
        """
        connected = any(self._client.connected(each.node_id) for each in self._client.cluster.brokers())
        return len(self._of_posts()) if connected and self._generation >= 0 else None

    def lag(self) -> int:
        """Return the number of records in this member's partitions that it has not returned, as of the last fetch.

        The number needs no request. A partition from which nothing has come since it was assigned is left out.
        """
        read = [each for each in self._of_posts() if each in self._next]
        return sum(max(0, (self._kafka.highwater(each) or 0) - self._next[each]) for each in read)

    def _of_posts(self) -> list[TopicPartition]:
        return [each for each in self._kafka.assignment() if each.topic == self._address.posts_topic]

    @property
    def _generation(self) -> int:
        return int(self._kafka.group_metadata().generation_id)

    def _sort_into(self, batch: Batch, partition: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        batch.offsets[partition] = records[-1].offset + 1
        if partition.topic == self._address.posts_topic:
            for record in records:
                _sort_into(batch, record)
            return
        for record in records:
            # What is no rejection is left out: to reject it would write it into its own topic again.
            if (rejection := read_rejected(record.value)) is not None:
                batch.rejections.append(msgspec.structs.replace(rejection, seen_at=_moment(record.timestamp)))

    def commit(self, batch: Batch) -> None:
        """Commit the offsets of a batch, and those of delayed commits before it. Call this after the write.

        Raises:
            PartitionsLost: the group was rebalanced after the batch was read.
            CommitDelayed: the broker does not answer yet.
            BrokerUnavailable: the broker does not answer.
            BrokerRefused: the broker refuses the request.
        """
        if not batch:
            return
        before, self._uncommitted = self._uncommitted, Batch()
        # The broker accepts a member's commit for any partition, so a batch from before a rebalance is refused here.
        if batch.generation != self._generation:
            raise PartitionsLost("The group was divided anew before this batch was committed.")
        offsets = batch.offsets if before.generation != batch.generation else before.offsets | batch.offsets
        try:
            self._commit(offsets)
        except (CommitFailedError, RebalanceInProgressError) as error:
            raise PartitionsLost("The group is being divided anew: the batch is not committed.") from error
        except KafkaError as error:
            failure = translated(error, self._address)
            # An embedded broker that comes back has forgotten its topics, and old offsets would mean other posts.
            if self._embedded or isinstance(failure, BrokerRefused) or self._delays == MOST_DELAYS:
                raise failure from error
            self._delays += 1
            self._uncommitted = Batch(offsets=offsets, generation=batch.generation)
            raise CommitDelayed(str(failure)) from error
        self._delays = 0

    def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        named = {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}
        if named:
            self._kafka.commit(named, timeout_ms=int(COMMIT_TIMEOUT.total_seconds() * 1000))

    def close(self) -> None:
        """Leave the group, so that other members take over at once. Nothing is committed."""
        if self._embedded:
            tansu.leave(self._client)
            return
        with kafka_errors(self._address):
            self._kafka.close(autocommit=False, timeout_ms=int(CLOSE_TIMEOUT.total_seconds() * 1000))

    def _connect(self, **configuration: object) -> KafkaNetClient:
        self._client = KafkaNetClient(**configuration)
        return self._client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _sort_into(batch: Batch, record: ConsumerRecord) -> None:
    try:
        message = read(record.headers, record.value)
    except UnreadableRecord as error:
        batch.rejected.append(_rejected(record, error))
        return
    if isinstance(message, Post):
        batch.posts.append(message)
    else:
        batch.progress.append((record.partition, message))


def _rejected(record: ConsumerRecord, error: UnreadableRecord) -> Rejected:
    return Rejected(
        source="kafka",
        where=f"{record.topic}[{record.partition}]@{record.offset}",
        reason=str(error),
        raw=raw_text(record.value or b""),
        seen_at=_moment(record.timestamp),
        stage="worker",
        kind=error.kind,
    )


def _moment(milliseconds: int) -> datetime:
    """Return the record's own timestamp. Its writer sets it, so it may have any value."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
