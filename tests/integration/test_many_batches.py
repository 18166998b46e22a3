"""The embedded broker when it holds very many small batches, as after hours of a quiet stream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Producer

from ingest.contract import KafkaAddress, Post, encode
from ingest.kafka import PostConsumer, PostProducer, ensure_topics
from tests.support import brokers
from tests.support.waiting import polled

BATCHES = 160_000
"""A fetch that waits 20 ms gets nothing from a broker with so many: it takes longer to look through them."""
NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)


def fill(bootstrap: str, topic: str) -> None:
    """Write posts, each in a batch of its own."""
    producer = Producer({"bootstrap.servers": bootstrap, "batch.num.messages": 1, "linger.ms": 0})
    for number in range(BATCHES):
        post = Post(source="test", id=str(number), text="They are banning TikTok", created_at=NOON)
        while True:
            try:
                producer.produce(topic, encode(post), partition=number % 4)
            except BufferError:
                producer.poll(0.1)
            else:
                break
        producer.poll(0)
    assert producer.flush() == 0


@pytest.mark.long
def test_a_worker_reads_from_a_broker_with_very_many_batches() -> None:
    with brokers.tansu() as broker:
        address = KafkaAddress(broker.bootstrap)
        ensure_topics(address, 4)
        fill(address.bootstrap, address.posts_topic)
        with PostConsumer(address, "banwatch") as consumer, PostProducer(address) as producer:
            seen: set[str] = set()

            def all_seen() -> bool:
                seen.update(post.id for post in consumer.poll(timedelta(milliseconds=200), 10_000).posts)
                return len(seen) == BATCHES

            polled(all_seen)
            producer.send(Post(source="test", id="last", text="", created_at=NOON), lambda _: None)
            producer.flush(timedelta(seconds=20))
            polled(lambda: any(post.id == "last" for post in consumer.poll(timedelta(milliseconds=200), 10).posts))
