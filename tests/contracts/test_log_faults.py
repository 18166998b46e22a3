"""What the log promises when a broker hangs, and when an embedded one comes back without its memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest

from ingest.contract import KafkaAddress, Progress
from ingest.log import BrokerUnavailable, Delivery, GroupWatch, LogLost, PostConsumer, PostProducer, ensure_topics
from tests.contracts import brokers
from tests.contracts.brokers import eventually
from tests.contracts.test_log import GROUP, NOON, TICK, ids, post, take

SHORT = timedelta(seconds=1)
ENOUGH = timedelta(seconds=30)
IN_FLIGHT = 500


def send_until_refused(producer: PostProducer, numbers: Iterator[int], deliveries: list[Delivery]) -> list[int]:
    """Send until the producer gives up; the numbers it took."""
    taken: list[int] = []
    with pytest.raises(BrokerUnavailable, match="acknowledged nothing for 1 s"):
        for number in numbers:
            producer.send(post(number), deliveries.append)
            taken.append(number)
    return taken


def test_a_frozen_broker_bounds_what_is_in_flight_and_loses_or_doubles_nothing(
    broker: brokers.Broker, address: KafkaAddress
) -> None:
    deliveries: list[Delivery] = []
    with PostProducer(address, max_in_flight=IN_FLIGHT, patience=SHORT) as producer:
        for number in range(100):
            producer.send(post(number), deliveries.append)
        producer.flush(ENOUGH)
        with broker.frozen():
            taken = send_until_refused(producer, count(100), deliveries)
            assert len(taken) == IN_FLIGHT
            assert len(deliveries) == 100
            # Longer than the request may take: the batches are sent a second time to the same broker.
            with pytest.raises(BrokerUnavailable):
                producer.flush(SHORT)
        following = 100 + len(taken)
        for number in range(following, following + 100):
            producer.send(post(number), deliveries.append)
        producer.flush(ENOUGH)
    assert len(deliveries) == following + 100
    with PostConsumer(address, GROUP) as consumer:
        assert sorted(ids(take(consumer, following + 100))) == list(range(following + 100))


def test_a_producer_whose_messages_failed_says_so_and_ends_at_once(
    broker: brokers.Broker, address: KafkaAddress
) -> None:
    producer = PostProducer(address, patience=SHORT)
    with broker.frozen():
        producer.send(post(1), lambda _: None)
        with pytest.raises(BrokerUnavailable):
            producer.report(Progress(source="test", since=NOON, until=NOON))
        with pytest.raises(BrokerUnavailable):
            producer.close(SHORT)


def test_a_consumer_outlives_a_frozen_broker(broker: brokers.Broker, address: KafkaAddress) -> None:
    with PostProducer(address) as producer, PostConsumer(address, GROUP) as consumer:
        producer.send(post(1), lambda _: None)
        assert ids(take(consumer, 1)) == [1]
        with broker.frozen():
            assert not consumer.poll(SHORT, 100)
        producer.send(post(2), lambda _: None)
        assert ids(take(consumer, 1)) == [2]


def test_nobody_at_the_address_is_said_in_a_sentence() -> None:
    nowhere = KafkaAddress(f"127.0.0.1:{brokers.free_port()}")
    with pytest.raises(BrokerUnavailable, match=nowhere.bootstrap):
        PostProducer(nowhere, patience=SHORT)


def test_an_embedded_broker_that_lost_its_memory_is_read_again_from_the_start() -> None:
    port = brokers.free_port()
    address = KafkaAddress(f"127.0.0.1:{port}")
    with brokers.tansu(port):
        ensure_topics(address, 1)
        with PostProducer(address) as producer:
            for number in range(50):
                producer.send(post(number), lambda _: None)
        consumer = PostConsumer(address, GROUP)
        watch = GroupWatch(address, GROUP)
        for batch in take(consumer, 50):
            consumer.commit(batch)
        assert watch.lag() == 0
    with consumer, watch, brokers.tansu(port):
        ensure_topics(address, 1)
        with PostProducer(address) as producer:
            for number in range(100, 200):
                producer.send(post(number), lambda _: None)
        read: set[int] = set()
        eventually(lambda: read.update(ids([consumer.poll(TICK, 1000)])) or len(read) >= 100)
        assert read == set(range(100, 200))
        with pytest.raises(LogLost, match="saved cursors"):
            watch.committed()
