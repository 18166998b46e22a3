"""What the log promises over any Kafka: Tansu, the embedded broker, and Apache Kafka 4."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from ingest.contract import CONTRACT_VERSION, KafkaAddress, Post, Progress, Rejected, encode
from ingest.kafka import Batch, ConsumerGroup, Delivery, PartitionsLost, PostConsumer, PostProducer, ensure_topics
from ingest.kafka.codec import HEADER
from ingest.kafka.consumer import RECORDS_AT_ONCE
from tests.contracts.conftest import PARTITIONS
from tests.support.waiting import eventually, polled

NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=100)


def post(number: int, text: str = "They are banning TikTok") -> Post:
    return Post(source="test", id=str(number), text=text, created_at=NOON)


def write(address: KafkaAddress, posts: Iterable[Post]) -> list[Delivery]:
    deliveries: list[Delivery] = []
    with PostProducer(address) as producer:
        for each in posts:
            producer.send(each, deliveries.append)
    return deliveries


def write_raw(address: KafkaAddress, value: bytes | None, headers: dict[str, bytes] | None = None) -> int:
    """Write as a foreign producer does; returns the offset in partition 0."""
    producer = KafkaProducer(bootstrap_servers=address.bootstrap)
    try:
        sent = producer.send(
            address.posts_topic, value, key=b"foreign", headers=list((headers or {}).items()), partition=0
        )
        return int(sent.get(timeout=20).offset)
    finally:
        producer.close()


def join(address: KafkaAddress) -> PostConsumer:
    """A member of the one group of this test's own topic."""
    return PostConsumer(address, address.posts_topic)


def watch_group(address: KafkaAddress) -> ConsumerGroup:
    return ConsumerGroup(address, address.posts_topic)


def take(consumer: PostConsumer, posts: int, reports: int = 0) -> list[Batch]:
    """Poll until that many posts have come, and once more for what should not come.

    So many reports have to come, too.
    """
    batches: list[Batch] = []

    def enough() -> bool:
        batches.append(consumer.poll(TICK, 10_000))
        found = [(len(batch.posts), len(batch.progress)) for batch in batches]
        return sum(each for each, _ in found) >= posts and sum(each for _, each in found) >= reports

    polled(enough)
    batches.append(consumer.poll(TICK, 10_000))
    return [batch for batch in batches if batch]


def ids(batches: Iterable[Batch]) -> list[int]:
    return [int(each.id) for batch in batches for each in batch.posts]


def committed_by(address: KafkaAddress) -> dict[int, int]:
    with watch_group(address) as watch:
        return watch.committed()


def test_every_message_is_acknowledged_with_its_place(address: KafkaAddress) -> None:
    deliveries = write(address, map(post, range(500)))
    offsets = defaultdict(list)
    for delivery in deliveries:
        assert delivery.topic == address.posts_topic
        offsets[delivery.partition].append(delivery.offset)
    assert all(found == list(range(len(found))) for found in offsets.values())
    assert sum(map(len, offsets.values())) == 500
    assert len(offsets) == PARTITIONS


def test_a_group_reads_every_post_once_and_unchanged(address: KafkaAddress) -> None:
    sent = [post(number, "إنهم يحظرون تيك توك \U0001f6ab") for number in range(500)]
    write(address, sent)
    with join(address) as consumer:
        read = [each for batch in take(consumer, 500) for each in batch.posts]
    assert sorted(read, key=lambda each: int(each.id)) == sent


def test_posts_of_one_key_stay_in_order(address: KafkaAddress) -> None:
    versions = [
        msgspec.structs.replace(post(number), text=str(version)) for version in range(50) for number in range(20)
    ]
    write(address, versions)
    with join(address) as consumer:
        batches = take(consumer, 1000)
    read = defaultdict(list)
    for batch in batches:
        for each in batch.posts:
            read[each.id].append(int(each.text))
    assert all(found == list(range(50)) for found in read.values())
    assert len(read) == 20


def test_a_second_consumer_resumes_where_the_first_committed(address: KafkaAddress) -> None:
    write(address, map(post, range(100)))
    with join(address) as consumer:
        for batch in take(consumer, 100):
            consumer.commit(batch)
    assert sum(committed_by(address).values()) == 100
    write(address, map(post, range(100, 150)))
    with join(address) as consumer:
        assert sorted(ids(take(consumer, 50))) == list(range(100, 150))


def test_what_was_not_committed_is_delivered_again(address: KafkaAddress) -> None:
    write(address, map(post, range(100)))
    with join(address) as consumer:
        take(consumer, 100)
    assert committed_by(address) == {}
    with join(address) as consumer:
        assert sorted(ids(take(consumer, 100))) == list(range(100))


def test_poll_keeps_to_its_limit_and_loses_nothing(address: KafkaAddress) -> None:
    write(address, map(post, range(100)))
    batches: list[Batch] = []
    with join(address) as consumer:

        def enough() -> bool:
            batches.append(consumer.poll(TICK, 7))
            return len(ids(batches)) >= 100

        polled(enough)
    assert max(len(batch.posts) for batch in batches) <= 7
    assert sorted(ids(batches)) == list(range(100))


def test_a_batch_waits_for_posts_that_come_later(address: KafkaAddress) -> None:
    write(address, map(post, range(50)))
    late = threading.Timer(0.5, write, (address, [post(number) for number in range(50, 100)]))
    with join(address) as consumer:
        eventually(lambda: consumer.poll(TICK, 1))  # the group has formed
        late.start()
        batches = [consumer.poll(TICK, 99, linger=timedelta(minutes=1))]
        late.join()
    assert len(ids(batches)) == 99, "it ends as soon as it is full"


def test_a_batch_of_heavy_posts_ends_sooner_and_loses_nothing(address: KafkaAddress) -> None:
    """A hundred posts of 800 kB are 80 MB, and a few kilobytes on the wire."""
    write(address, (msgspec.structs.replace(post(number), url="x" * 800_000) for number in range(100)))
    with join(address) as consumer:
        batches = take(consumer, 100)
    assert max(len(batch.posts) for batch in batches) <= RECORDS_AT_ONCE
    assert sorted(ids(batches)) == list(range(100))


@dataclass
class Counting(threading.Thread):
    """A worker as the pipeline has it: poll, count, commit, until it is told to stop."""

    address: KafkaAddress
    counted: set[int]
    stopping: threading.Event = field(default_factory=threading.Event)
    assigned: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        with join(self.address) as consumer:
            while not self.stopping.is_set():
                batch = consumer.poll(TICK, 50)
                self.assigned = frozenset(each.partition for each in consumer._kafka.assignment() or ())
                self.counted.update(ids([batch]))
                # A commit that came too late: whoever has the partitions now counts them again.
                with contextlib.suppress(PartitionsLost):
                    consumer.commit(batch)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        self.join()


def test_two_consumers_share_the_partitions_and_a_rebalance_loses_nothing(address: KafkaAddress) -> None:
    everything = frozenset(range(PARTITIONS))
    counted: set[int] = set()
    write(address, map(post, range(1000)))
    with Counting(address, counted) as first:
        eventually(lambda: first.assigned == everything)
        with Counting(address, counted) as second:
            eventually(lambda: second.assigned and first.assigned | second.assigned == everything)
            eventually(lambda: not first.assigned & second.assigned)
            write(address, map(post, range(1000, 2000)))
            eventually(lambda: len(counted) == 2000)
        eventually(lambda: first.assigned == everything)
        write(address, map(post, range(2000, 2100)))
        eventually(lambda: sum(committed_by(address).values()) == 2100)
    assert counted == set(range(2100))


def test_a_batch_from_before_a_rebalance_cannot_be_committed(address: KafkaAddress) -> None:
    write(address, map(post, range(100)))
    with join(address) as consumer:
        batches = take(consumer, 100)
        with Counting(address, set()) as second:
            polled(lambda: (consumer.poll(TICK, 1), second.assigned)[-1])
            for batch in batches:
                with pytest.raises(PartitionsLost):
                    consumer.commit(batch)


def test_a_consumer_that_leaves_while_it_joins_does_not_hold_up_the_others(address: KafkaAddress) -> None:
    write(address, map(post, range(10)))
    with join(address) as leaving:
        leaving.poll(TICK, 10)
    with join(address) as consumer:
        assert sorted(ids(take(consumer, 10))) == list(range(10))


def test_a_bad_record_is_handed_back_with_its_place_and_the_rest_goes_on(address: KafkaAddress) -> None:
    write_raw(address, encode(post(1)))
    offset = write_raw(address, b'{"source":"test","id":"2"}')
    write_raw(address, encode(post(3)))
    with join(address) as consumer:
        batches = take(consumer, 2)
        for batch in batches:
            consumer.commit(batch)
    assert ids(batches) == [1, 3]
    (rejected,) = [each for batch in batches for each in batch.rejected]
    assert rejected.where == f"{address.posts_topic}[0]@{offset}"
    assert "`text`" in rejected.reason
    assert rejected.raw == '{"source":"test","id":"2"}'
    assert committed_by(address) == {0: 3}


class Latin1(str):
    """The name of a header as a program that does not know of UTF-8 writes it."""

    def encode(self, *_: object) -> bytes:
        return super().encode("latin-1")


def test_a_record_whose_header_has_no_readable_name_is_rejected_alone(address: KafkaAddress) -> None:
    """A method that was called often is called otherwise by Python, so the bad records stand behind many."""
    write(address, map(post, range(100)))
    for _ in range(3):
        write_raw(address, encode(post(200)), {Latin1("\xe9tat"): b"", "further": b""})
    write_raw(address, encode(post(100)))
    with join(address) as consumer:
        batches = take(consumer, 101)
    assert sorted(ids(batches)) == list(range(101))
    assert [each.reason for batch in batches for each in batch.rejected] == ["The name of a header is not UTF-8."] * 3


def test_a_commit_within_what_was_sent_at_once_loses_nothing_behind_it(address: KafkaAddress) -> None:
    producer = KafkaProducer(bootstrap_servers=address.bootstrap, linger_ms=1_000, batch_size=1_000_000)
    for half in range(2):
        for number in range(100):
            producer.send(address.posts_topic, encode(post(100 * half + number)), partition=0)
        producer.flush()
    producer.close()
    with join(address) as consumer:
        first = polled(lambda: consumer.poll(TICK, 30))
        consumer.commit(first)
    with join(address) as consumer:
        assert ids(take(consumer, 200 - len(first.posts))) == list(range(len(first.posts), 200))


def test_a_foreign_record_without_headers_is_a_post(address: KafkaAddress) -> None:
    write_raw(address, encode(post(1)))
    write_raw(address, encode(post(2)), {"traceparent": b"00-1"})
    with join(address) as consumer:
        assert ids(take(consumer, 2)) == [1, 2]


def test_a_message_of_a_newer_contract_is_rejected_with_a_sentence(address: KafkaAddress) -> None:
    write_raw(address, encode(post(1)), {HEADER: f"post/{CONTRACT_VERSION + 1}".encode()})
    write_raw(address, encode(post(2)))
    with join(address) as consumer:
        batches = take(consumer, 1)
    (rejected,) = [each for batch in batches for each in batch.rejected]
    assert "upgrade the readers" in rejected.reason
    assert ids(batches) == [2]


def test_an_empty_record_is_rejected(address: KafkaAddress) -> None:
    write_raw(address, None)
    write_raw(address, encode(post(2)))
    with join(address) as consumer:
        batches = take(consumer, 1)
    (rejected,) = [each for batch in batches for each in batch.rejected]
    assert "empty" in rejected.reason


def test_progress_arrives_on_every_partition_behind_the_posts(address: KafkaAddress) -> None:
    said = Progress(source="test", since=NOON, until=NOON + timedelta(minutes=1))
    deliveries: list[Delivery] = []
    with PostProducer(address) as producer:
        for number in range(300):
            producer.send(post(number), deliveries.append)
        producer.report(said)
        assert len(deliveries) == 300
    before = Counter(delivery.partition for delivery in deliveries)
    with join(address) as consumer:
        batches = take(consumer, 300, PARTITIONS)
    progress = [each for batch in batches for each in batch.progress]
    everywhere = msgspec.structs.replace(said, partitions=PARTITIONS)
    assert sorted(progress, key=lambda each: each[0]) == [(partition, everywhere) for partition in range(PARTITIONS)]
    ends = {partition: next_ for batch in batches for (_, partition), next_ in batch.offsets.items()}
    assert ends == {partition: before[partition] + 1 for partition in range(PARTITIONS)}


def rejections(address: KafkaAddress) -> list[Rejected]:
    consumer = KafkaConsumer(
        address.rejected_topic,
        bootstrap_servers=address.bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=20_000,
    )
    try:
        return [msgspec.json.decode(next(consumer).value, type=Rejected)]
    finally:
        consumer.close()


def test_a_rejection_goes_to_the_topic_of_rejections(address: KafkaAddress) -> None:
    rejected = Rejected(source="test", where="line 7", reason="Not JSON.", raw="{", seen_at=NOON, stage="collector")
    deliveries: list[Delivery] = []
    with PostProducer(address) as producer:
        producer.reject(msgspec.structs.replace(rejected, stage=None), deliveries.append)
    assert deliveries == [Delivery(address.rejected_topic, 0, 0)]
    assert rejections(address) == [rejected]


@pytest.mark.parametrize("said", ["x" * 2_000_000, "\U0001f6ab" * 500_000, "half \ud83d"])
def test_a_rejection_that_quotes_too_much_is_cut_and_acknowledged(address: KafkaAddress, said: str) -> None:
    deliveries: list[Delivery] = []
    with PostProducer(address) as producer:
        producer.reject(Rejected(source="test", where=said, reason=said, raw=said, seen_at=NOON), deliveries.append)
    assert deliveries == [Delivery(address.rejected_topic, 0, 0)]
    (rejected,) = rejections(address)
    assert {rejected.where[:4], rejected.reason[:4], rejected.raw[:4]} == {said[:4]}
    assert len(rejected.raw) <= 4_096


@pytest.mark.parametrize(("text", "reason"), [("x" * 1_000_000, "bytes"), ("half \ud83d", "character pair")])
def test_a_post_that_the_log_cannot_carry_is_rejected_and_acknowledged(
    address: KafkaAddress, text: str, reason: str
) -> None:
    deliveries = write(address, [post(1, text)])
    assert deliveries == [Delivery(address.rejected_topic, 0, 0)]
    (rejected,) = rejections(address)
    assert reason in rejected.reason


def test_the_watch_tells_how_far_a_group_has_come(address: KafkaAddress) -> None:
    with watch_group(address) as watch, join(address) as consumer:
        assert watch.lag() == 0
        assert watch.committed() == {}
        deliveries = write(address, map(post, range(100)))
        ends = {
            at.partition: max(each.offset + 1 for each in deliveries if each.partition == at.partition)
            for at in deliveries
        }
        assert watch.end_offsets() == ends
        assert watch.lag() == 100
        for batch in take(consumer, 100):
            consumer.commit(batch)
        assert watch.committed() == ends
        assert watch.lag() == 0


def test_records_that_kafka_has_dropped_are_told(address: KafkaAddress, request: pytest.FixtureRequest) -> None:
    if "tansu" in request.node.callspec.id:
        pytest.skip("the embedded broker keeps all that it carries")
    ends = Counter(delivery.partition for delivery in write(address, map(post, range(90))))
    with join(address) as consumer:
        for batch in take(consumer, 90):
            consumer.commit(batch)
    write(address, map(post, range(90, 180)))
    admin = KafkaAdminClient(bootstrap_servers=address.bootstrap)
    try:
        admin.delete_records({TopicPartition(address.posts_topic, 0): ends[0] + 10})
    finally:
        admin.close()
    with join(address) as consumer:
        batches = take(consumer, 80)
    [told] = [each for batch in batches for each in batch.rejected]
    assert (told.where, told.kind) == (f"{address.posts_topic}[0]@{ends[0]}", "missing")
    assert told.reason == "Kafka has dropped 10 records before they were read."
    assert len(ids(batches)) == 80


def test_topics_are_created_once_and_never_changed(address: KafkaAddress) -> None:
    ensure_topics(address, PARTITIONS + 5)
    ensure_topics(replace(address, rejected_topic=address.rejected_topic + "-other"), PARTITIONS)
    admin = KafkaAdminClient(bootstrap_servers=address.bootstrap)
    try:
        found = {
            topic["name"]: len(topic["partitions"])
            for topic in admin.describe_topics([address.posts_topic, address.rejected_topic + "-other"])
        }
    finally:
        admin.close()
    assert found == {address.posts_topic: PARTITIONS, address.rejected_topic + "-other": 1}
