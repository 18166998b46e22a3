"""The consumer of posts and of rejections: a group member that commits their offsets once they are stored.

The client is librdkafka, which reads a record in a quarter of the time of kafka-python.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from ingest.contract import KafkaAddress, Rejected
from ingest.kafka import tansu
from ingest.kafka.batch import Batch, Partition, sent_at, sort_into, uncollected
from ingest.kafka.connection import REQUEST_TIMEOUT, librdkafka_arguments, milliseconds
from ingest.kafka.failures import (
    ALL_BROKERS_DOWN,
    LOGIN_FAILED,
    BrokerRefused,
    BrokerUnavailable,
    is_refusal,
    of_librdkafka,
)
from ingest.kafka.probe import require

log = structlog.get_logger()

LARGEST_BATCH = 16 * 1024 * 1024
"""A batch ends once its records hold this many bytes. It may be larger by the size of `RECORDS_AT_ONCE` records."""

RECORDS_AT_ONCE = 64
"""The number of records that are read between two checks of the batch's size: at most 128 MB, at 2 MB a record."""

READ_AHEAD, READ_AHEAD_KB = 2_500, 4 * 1024
"""The library reads ahead until it has so many records, or so many kilobytes."""

LONGEST_WRITE = timedelta(minutes=5)
"""The longest time between two polls, after which a member leaves the group."""

COMMITTED_WITHIN = timedelta(seconds=3)
"""How long a broker is asked for the offsets of partitions."""

CONNECT_WITHIN = timedelta(milliseconds=200)
"""How long a poll looks for a broker while none is connected."""

RENEWED_AFTER = timedelta(minutes=1)
"""How long no broker may be connected before the caller has to make a new client. That one reads renewed certificates,
which the library does not, and its probe names what is wrong."""

MOST_DELAYS = 6
"""The number of commits in a row that may fail before the member gives up. Each may take half a minute."""

STUCK = "Failed to fetch committed offset"
"""How the library tells that it will not read a partition of this member, although it is assigned: librdkafka's issue
5586."""

EXPELLED = {KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS, KafkaError.UNKNOWN_MEMBER_ID}
"""The answers to a commit of which the group has divided the partitions since."""


class PartitionsLost(Exception):
    """The group was rebalanced after the batch was read, and another member now reads the batch again.

    Go on with the next poll. The batch is written twice, which changes no count.
    """


class CommitDelayed(Exception):
    """The broker that keeps the group's offsets does not answer, as while another takes its place.

    Go on with the next poll. The next commit carries these offsets too.
    """


class PostConsumer:
    """Reads the posts and the rejections as a member of a group, from the committed offsets, else from the start.

    One thread uses a consumer. The consumer stays in the group while the caller writes, for up to five minutes between
    two polls. While the broker is unavailable, a poll returns an empty batch, and the library reconnects.
    """

    def __init__(self, address: KafkaAddress, group: str, *, client_id: str = "banwatch-consumer") -> None:
        """Join the group.

        Raises:
            BrokerUnavailable: no Kafka answers at the address, or a topic is not there yet.
            BrokerRefused: the broker refuses the request.
        """
        self._address = address
        self._topics = [address.posts_topic, address.rejected_topic]
        self._uncommitted = Batch()
        """The offsets of delayed commits, with their division."""
        self._delays = 0
        self._division = 0
        """Grows with each change of this member's partitions. They change only within a poll."""
        self._assigned: set[Partition] | None = None
        self._away_since: float | None = None
        """When no broker was connected any more, on a clock that only grows; None while one is."""
        self._said: set[tuple[object, ...]] = set()
        """The errors that were logged since a broker was last found, and the partitions in which they were met."""
        self._failure: BrokerUnavailable | BrokerRefused | None = None
        """What no further attempt of this client will heal."""
        self._next: dict[Partition, int] = {}
        """The next offset of each partition that has been read from in the division `_next_of`."""
        self._next_of = 0
        self._committed: dict[Partition, int] = {}
        """The committed offset of each partition of posts from which nothing has come since it was assigned."""
        self._member = ""
        """The name that the broker gave this member at the last division."""
        self._embedded = require(address).memory_only
        self._kafka = self._client(group, client_id)
        try:
            # A group's leader that does not know a topic yet would assign none of its partitions.
            unknown = [topic for topic in self._topics if not self._partitions_of(topic)]
        except KafkaException as error:
            self.close()
            raise of_librdkafka(error.args[0], address) from error
        if unknown:
            self.close()
            raise BrokerUnavailable(f"There is no topic {unknown[0]} at {address.bootstrap} yet.")
        self._kafka.subscribe(self._topics, on_assign=self._gain, on_revoke=self._lose, on_lost=self._lose)

    def _client(self, group: str, client_id: str) -> Consumer:
        arguments = {
            "client.id": client_id,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # The lowest that a broker allows: a group forms in two or three seconds and notices a dead member.
            "session.timeout.ms": tansu.SESSION_TIMEOUT_MS if self._embedded else 6_000,
            "heartbeat.interval.ms": 1_000,
            "max.poll.interval.ms": milliseconds(tansu.LONGEST_WRITE if self._embedded else LONGEST_WRITE),
            "fetch.wait.max.ms": tansu.FETCH_WAIT_MS,  # Apache Kafka answers as soon as there are records
            "max.partition.fetch.bytes": 256 * 1024,
            "queued.min.messages": READ_AHEAD,
            "queued.max.messages.kbytes": READ_AHEAD_KB,
            # With the library's second, reading stands still once the queue has been full.
            "fetch.queue.backoff.ms": 20,
            "check.crcs": True,
            "enable.metrics.push": False,
            "error_cb": self._met,
        }
        try:
            return Consumer(librdkafka_arguments(self._address) | arguments)
        except KafkaException as error:
            raise of_librdkafka(error.args[0], self._address) from error

    def _partitions_of(self, topic: str) -> int:
        found = self._kafka.list_topics(topic, REQUEST_TIMEOUT.total_seconds()).topics[topic]
        if found.error is not None and is_refusal(found.error):
            raise KafkaException(found.error)
        return 0 if found.error is not None else len(found.partitions)

    def poll(self, timeout: timedelta, max_records: int, linger: timedelta = timedelta()) -> Batch:
        """Return the next batch, after a wait of at most `timeout` for its first record.

        Call this often, because it keeps the membership alive. Records that Kafka has dropped before this group read
        them are reported as one rejected record for each partition.

        A batch ends at `max_records`, at `LARGEST_BATCH` bytes, at a rebalance of the group, or when it has waited for
        more records for as long as `linger`.

        Raises:
            BrokerUnavailable: the library cannot go on, and a new consumer can.
            BrokerRefused: the broker refuses the request.
        """
        if self._away_since is not None:
            self._look_for_brokers(self._away_since)
        # The library waits until it has as many records as it is asked for.
        found = self._consume(1, timeout)
        until = time.monotonic() + linger.total_seconds()
        first = next((sent_at(each) for each in found if each.topic() == self._address.posts_topic), None)
        batch = Batch(division=self._division, owed=bool(self._uncommitted.offsets), sent_at=first)
        records, weight = 0, 0
        with uncollected():
            while found:
                weight += sort_into(batch, found, self._address.posts_topic)
                records += len(found)
                if records >= max_records or weight >= LARGEST_BATCH or self._division != batch.division:
                    break
                some = min(RECORDS_AT_ONCE - records % RECORDS_AT_ONCE, max_records - records)
                found = self._consume(some, timedelta(seconds=max(0.0, until - time.monotonic())))
        # Another member may have read on in a partition that comes back after a rebalance.
        known = self._next if batch.division == self._next_of else {}
        batch.rejected.extend(self._dropped(batch, self._committed | known))
        self._committed = {each: offset for each, offset in self._committed.items() if each not in batch.firsts}
        self._next = known | batch.offsets
        self._next_of = batch.division
        return batch

    def _consume(self, most: int, timeout: timedelta = timedelta()) -> list[Message]:
        try:
            found: list[Message] = self._kafka.consume(most, timeout.total_seconds())
        except KafkaException as failure:
            raise of_librdkafka(failure.args[0], self._address) from failure
        if errors := [message for message in found if message.error() is not None]:
            for message in errors:
                self._met(message.error(), message)
            found = [message for message in found if message.error() is None]
        if found and self._away_since is not None:
            self._found_a_broker()
        if self._failure is not None:
            raise self._failure
        return found

    def _met(self, error: KafkaError, message: Message | None = None) -> None:
        """Note what the library tells of a connection, a partition or the group. It tries again by itself."""
        place = {} if message is None else {"topic": message.topic(), "partition": message.partition()}
        met = (error.name(), *place.values())
        if met not in self._said:  # the library tells of each attempt to connect
            self._said.add(met)
            offset = {} if message is None else {"offset": message.offset()}
            log.warning("kafka", error=error.name(), what=error.str(), **place, **offset)
        if is_refusal(error) or error.code() == LOGIN_FAILED or error.str().startswith(STUCK):
            self._failure = of_librdkafka(error, self._address)
        if error.code() == ALL_BROKERS_DOWN and self._away_since is None:
            self._away_since = time.monotonic()

    def _look_for_brokers(self, since: float) -> None:
        """Find out whether a broker is connected again. The library tells only when none is.

        Raises:
            BrokerUnavailable: none has been connected for too long.
        """
        with suppress(KafkaException):
            self._kafka.list_topics(self._address.posts_topic, CONNECT_WITHIN.total_seconds())
            self._found_a_broker()
            return
        if time.monotonic() - since > RENEWED_AFTER.total_seconds():
            raise BrokerUnavailable(f"No broker has answered at {self._address.bootstrap} for a minute.")

    def _found_a_broker(self) -> None:
        self._away_since = None
        self._said.clear()
        log.warning("kafka", what="A broker answers again.")

    def _dropped(self, batch: Batch, expected: Mapping[Partition, int]) -> Iterator[Rejected]:
        """Yield what Kafka has dropped between the expected offset of a partition and its first record.

        The library passes over it in silence. Not every offset that is left out was dropped: the marks of another
        producer's transactions have offsets too.
        """
        for (topic, number), first in batch.firsts.items():
            awaited = expected.get((topic, number), first)
            if first <= awaited or topic != self._address.posts_topic:
                continue
            lost = min(first, self._start_of((topic, number))) - awaited
            if lost > 0:
                log.error("kafka", what="Records were dropped before they were read.", partition=number, records=lost)
                yield Rejected(
                    source="kafka",
                    where=f"{topic}[{number}]@{awaited}",
                    reason=f"Kafka has dropped {lost} records before they were read.",
                    raw="",
                    seen_at=batch.sent_at,
                    stage="worker",
                    kind="missing",
                )

    def _start_of(self, partition: Partition) -> int:
        """Return the offset of the oldest record that Kafka has; 0 where the broker does not say."""
        with suppress(KafkaException):
            start, _ = self._kafka.get_watermark_offsets(TopicPartition(*partition), COMMITTED_WITHIN.total_seconds())
            return int(start)
        return 0

    def _gain(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._division += 1
        self._member = self._kafka.memberid() or ""
        self._assigned = {(each.topic, each.partition) for each in partitions}
        self._committed = {} if self._embedded else self._committed_of(self._of_posts())

    def _committed_of(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Return the committed offset of each partition that has one; nothing where the broker does not say."""
        with suppress(KafkaException):
            found = self._kafka.committed(
                [TopicPartition(*each) for each in partitions], COMMITTED_WITHIN.total_seconds()
            )
            return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0 and not each.error}
        return {}

    def _lose(self, _: Consumer, __: list[TopicPartition]) -> None:
        self._division += 1
        self._assigned = None

    @property
    def assigned(self) -> int | None:
        """The number of partitions of the posts topic that this member reads.

        None while it is in no group, or has no connection to any broker.
        """
        return None if self._away_since is not None or self._assigned is None else len(self._of_posts())

    def lag(self) -> int:
        """Return the number of records in this member's partitions that it has not returned, as of the last fetch.

        The number needs no request. A partition from which nothing has come since it was assigned is left out.
        """
        read = [each for each in self._of_posts() if each in self._next]
        return sum(max(0, self._end_of(each) - self._next[each]) for each in read)

    def _end_of(self, partition: Partition) -> int:
        known = self._kafka.get_watermark_offsets(TopicPartition(*partition), cached=True)
        return known[1] if known else 0

    def _of_posts(self) -> list[Partition]:
        return [each for each in self._assigned or () if each[0] == self._address.posts_topic]

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
        if batch.division != self._division or not self._member or self._kafka.memberid() != self._member:
            raise PartitionsLost("The group was divided anew before this batch was committed.")
        offsets = batch.offsets if before.division != batch.division else before.offsets | batch.offsets
        error = self._commit(offsets)
        if error is None:
            self._delays = 0
            return
        if error.code() in EXPELLED:
            raise PartitionsLost("The group is being divided anew: the batch is not committed.")
        failure = of_librdkafka(error, self._address)
        # An embedded broker that comes back has forgotten its topics, and old offsets would mean other posts.
        if self._embedded or isinstance(failure, BrokerRefused) or self._delays == MOST_DELAYS:
            raise failure
        self._delays += 1
        self._uncommitted = Batch(offsets=offsets, division=batch.division)
        raise CommitDelayed(str(failure))

    def _commit(self, offsets: Mapping[Partition, int]) -> KafkaError | None:
        """Return the first error that the broker answers."""
        if not offsets:
            return None
        named = [TopicPartition(*partition, offset) for partition, offset in offsets.items()]
        try:
            committed = self._kafka.commit(offsets=named, asynchronous=False)
        except KafkaException as failure:
            return failure.args[0]
        return next((each.error for each in committed or () if each.error is not None), None)

    def close(self) -> None:
        """Leave the group, so that other members take over at once. Nothing is committed."""
        if self._embedded:
            # Destroyed and not closed, a member leaves without a message.
            del self._kafka
        else:
            self._kafka.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
