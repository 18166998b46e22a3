"""What the log promises when a broker hangs, and when an embedded one comes back without its memory."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from ingest.contract import KafkaAddress, Progress
from ingest.kafka import BrokerUnavailable, CommitDelayed, Delivery, PostProducer, TopicReplaced, ensure_topics
from tests.contracts.test_kafka import NOON, TICK, ids, join, post, take, watch_group
from tests.support import brokers
from tests.support.waiting import free_port, polled

pytestmark = pytest.mark.long

SHORT = timedelta(seconds=1)
ENOUGH = timedelta(seconds=120)
IN_FLIGHT = 500


def send_until_refused(producer: PostProducer, numbers: Iterator[int], deliveries: list[Delivery]) -> list[int]:
    """Send until the producer gives up; the numbers it took."""
    taken: list[int] = []

    def send_all() -> None:
        for number in numbers:
            producer.send(post(number), deliveries.append)
            taken.append(number)

    with pytest.raises(BrokerUnavailable, match="acknowledged nothing for 1 s"):
        send_all()
    return taken


def test_a_frozen_broker_bounds_what_is_in_flight_and_loses_or_doubles_nothing(
    broker: brokers.Broker, address: KafkaAddress, request: pytest.FixtureRequest
) -> None:
    if "tansu" in request.node.callspec.id:
        pytest.skip("the next test has what an embedded broker does")
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
        producer.flush(ENOUGH)
        following = 100 + len(taken)
        for number in range(following, following + 100):
            producer.send(post(number), deliveries.append)
        producer.flush(ENOUGH)
    assert len(deliveries) == following + 100
    with join(address) as consumer:
        assert sorted(ids(take(consumer, following + 100))) == list(range(following + 100))


def test_what_an_embedded_broker_was_sent_twice_is_not_taken_for_counted(
    broker: brokers.Broker, address: KafkaAddress, request: pytest.FixtureRequest
) -> None:
    """It answers without an offset. The posts are there once, and their source goes back to its cursor."""
    if "tansu" not in request.node.callspec.id:
        pytest.skip("Apache Kafka says where such a batch lies")
    deliveries: list[Delivery] = []
    producer = PostProducer(address, patience=SHORT)
    producer.send(post(0), deliveries.append)
    producer.flush(ENOUGH)
    with broker.frozen():
        for number in range(1, 100):
            producer.send(post(number), deliveries.append)
        with pytest.raises(BrokerUnavailable):
            producer.flush(timedelta(seconds=3))
    with pytest.raises(BrokerUnavailable):
        producer.flush(ENOUGH)
    with pytest.raises(BrokerUnavailable):
        producer.close(SHORT)
    assert all(delivery.offset >= 0 for delivery in deliveries)
    with join(address) as consumer:
        assert sorted(ids(take(consumer, 100))) == list(range(100))


def test_a_producer_whose_messages_failed_says_so_and_ends_at_once(
    broker: brokers.Broker, address: KafkaAddress
) -> None:
    producer = PostProducer(address, patience=SHORT)
    producer.send(post(1), lambda _: None)
    producer.flush(ENOUGH)
    with broker.frozen():
        producer.send(post(2), lambda _: None)
        with pytest.raises(BrokerUnavailable):
            producer.report(Progress(source="test", since=NOON, until=NOON))
        with pytest.raises(BrokerUnavailable):
            producer.close(SHORT)


def test_a_consumer_outlives_a_frozen_broker(broker: brokers.Broker, address: KafkaAddress) -> None:
    with PostProducer(address) as producer, join(address) as consumer:
        producer.send(post(1), lambda _: None)
        assert ids(take(consumer, 1)) == [1]
        with broker.frozen():
            assert not consumer.poll(SHORT, 100)
        producer.send(post(2), lambda _: None)
        assert ids(take(consumer, 1)) == [2]


def unanswered(_: object) -> KafkaError:
    return KafkaError(KafkaError.REQUEST_TIMED_OUT)


def test_a_commit_without_an_answer_is_made_with_the_next_one(
    broker: brokers.Broker, address: KafkaAddress, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "tansu" in request.node.callspec.id:
        pytest.skip("an embedded broker that comes back has forgotten what an old offset means")
    with PostProducer(address) as producer, join(address) as consumer, watch_group(address) as watch:
        producer.send(post(1), lambda _: None)
        producer.flush(ENOUGH)
        [batch] = take(consumer, 1)
        with monkeypatch.context() as lost:
            # A frozen broker would carry out the commit once it goes on, so the request is lost here.
            lost.setattr(consumer, "_commit", unanswered)
            with pytest.raises(CommitDelayed):
                consumer.commit(batch)
        assert watch.lag() == 1
        after = polled(lambda: consumer.poll(TICK, 100))
        assert not after.offsets
        consumer.commit(after)
        assert watch.lag() == 0


def test_nobody_at_the_address_is_said_in_a_sentence() -> None:
    nowhere = KafkaAddress(f"127.0.0.1:{free_port()}")
    with pytest.raises(BrokerUnavailable, match=nowhere.bootstrap):
        PostProducer(nowhere, patience=SHORT)


def test_a_consumer_of_a_topic_that_is_not_there_says_so(broker: brokers.Broker) -> None:
    with pytest.raises(BrokerUnavailable, match="no topic nowhere"):
        join(KafkaAddress(broker.bootstrap, posts_topic="nowhere"))


@pytest.fixture
def refused_connections(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """kafka-python leaves the socket of a refused connection to the garbage collector, and its log holds the error
    that holds the socket: log nothing, and collect here."""
    with caplog.at_level(logging.CRITICAL + 1, logger="kafka"):
        yield
    gc.collect()


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.usefixtures("refused_connections")
def test_an_embedded_broker_that_lost_its_memory_is_read_again_from_the_start() -> None:
    port = free_port()
    address = KafkaAddress(f"127.0.0.1:{port}")
    with brokers.tansu(port):
        ensure_topics(address, 1)
        with PostProducer(address) as producer:
            for number in range(50):
                producer.send(post(number), lambda _: None)
        consumer = join(address)
        watch = watch_group(address)
        for batch in take(consumer, 50):
            consumer.commit(batch)
        assert watch.lag() == 0
        assert (consumer.assigned, consumer.lag()) == (1, 0)
    with capture_logs() as told:
        polled(lambda: not consumer.poll(TICK, 1) and consumer.assigned is None)
        consumer.poll(SHORT, 1)
    assert sorted(each["error"] for each in told) == ["_ALL_BROKERS_DOWN", "_TRANSPORT"]
    with consumer, watch, brokers.tansu(port):
        ensure_topics(address, 1)
        with PostProducer(address) as producer:
            for number in range(100, 200):
                producer.send(post(number), lambda _: None)
        read: set[int] = set()

        def read_more() -> bool:
            read.update(ids([consumer.poll(TICK, 1000)]))
            return len(read) >= 100

        polled(read_more)
        assert read == set(range(100, 200))
        with pytest.raises(TopicReplaced, match="saved cursors"):
            watch.committed()
