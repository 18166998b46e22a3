"""One worker between a real broker and the real engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from importlib import resources
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from kafka import KafkaConsumer

from ingest.contract import KafkaAddress, Post, Progress, Rejected
from ingest.kafka import ConsumerGroup, Delivery, PostConsumer, PostProducer, ensure_topics
from processing import queries
from processing.store.client import Store, StoreRefused
from processing.tagging.language import DETECTORS
from processing.tagging.topics import ReloadingTaxonomy
from processing.worker import POLL, Pipeline
from processing.worker_metrics import Stage
from tests.conftest import NOON, a_post
from tests.support.metered import metered
from tests.support.waiting import eventually, polled

PATIENCE = timedelta(seconds=20)
HOUR = timedelta(hours=1)
ENDS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def producer(log_address: KafkaAddress) -> Iterator[PostProducer]:
    ensure_topics(log_address, partitions=2)
    with PostProducer(log_address) as producer:
        yield producer


@pytest.fixture
def taxonomy_file(tmp_path: Path) -> Path:
    """A copy of the shipped taxonomy that a test may edit."""
    shipped = (resources.files("deploy") / "config/topics.toml").read_text("utf-8")
    path = tmp_path / "topics.toml"
    path.write_text(shipped, "utf-8")
    return path


@pytest.fixture
def worker(log_address: KafkaAddress, producer: PostProducer, store: Store, taxonomy_file: Path) -> Iterator[Pipeline]:
    taxonomy = ReloadingTaxonomy(taxonomy_file)
    with PostConsumer(log_address, group="workers") as consumer:
        pipeline = Pipeline(consumer, producer, store, DETECTORS["vote"](), taxonomy, threading.Event(), 1_000)
        with working(pipeline):
            yield pipeline


@contextmanager
def working(pipeline: Pipeline) -> Iterator[None]:
    thread = threading.Thread(target=pipeline)
    thread.start()
    try:
        yield
    finally:
        pipeline.stop.set()
        thread.join()


def send(producer: PostProducer, *posts: Post) -> None:
    for post in posts:
        producer.send(post, lambda _: None)
    producer.flush(PATIENCE)


def stored(store: Store) -> dict[str, tuple[str, str]]:
    return {name: (text, language) for name, text, language in store.query("SELECT id, text, language FROM posts")}


def rejected(address: KafkaAddress, number: int = 1) -> list[Rejected]:
    """Everything that was rejected, once it is this much and nothing more comes."""
    found: list[Rejected] = []
    consumer = KafkaConsumer(
        address.rejected_topic,
        bootstrap_servers=address.bootstrap,
        auto_offset_reset="earliest",
    )

    def enough() -> bool:
        values = [record.value for records in consumer.poll(500).values() for record in records]
        found.extend(msgspec.json.decode(value, type=Rejected) for value in values)
        return len(found) >= number and not values

    try:
        eventually(enough)
        return found
    finally:
        consumer.close()


def test_a_post_goes_through_and_is_tagged(worker: Pipeline, producer: PostProducer, store: Store) -> None:
    text = "الحكومة تحظر تطبيق تيك توك في البلاد ابتداء من اليوم"
    send(producer, a_post(id="ar", text=text), a_post(id="off", text="What a lovely morning for a walk by the river"))
    eventually(lambda: len(stored(store)) == 2)
    assert stored(store)["ar"] == (text, "ar")
    assert stored(store)["off"][0] == ""
    eventually(lambda: bool(queries.series(store, NOON, NOON + PATIENCE, PATIENCE, topic="ban", language="ar")))


def test_a_delete_behind_its_post_takes_the_text(worker: Pipeline, producer: PostProducer, store: Store) -> None:
    post = a_post(id="gone", text="The government will ban TikTok next week")
    send(producer, post)
    eventually(lambda: bool(stored(store).get("gone", ("",))[0]))
    send(producer, a_post(id="gone", op="delete", text=""))
    eventually(lambda: stored(store)["gone"][0] == "")


def test_an_impossible_time_is_rejected_and_stops_nothing(
    worker: Pipeline, producer: PostProducer, store: Store, log_address: KafkaAddress
) -> None:
    send(producer, a_post(id="old", created_at=datetime(1, 1, 1, tzinfo=UTC)), a_post(id="next"))
    eventually(lambda: "next" in stored(store))
    assert "old" not in stored(store)
    assert "cannot be right" in rejected(log_address)[0].reason


def test_a_post_that_is_still_to_come_is_rejected(
    worker: Pipeline, producer: PostProducer, store: Store, log_address: KafkaAddress
) -> None:
    """No collector of ours sends one; others write to Kafka too."""
    later = datetime.now(UTC) + timedelta(days=400)
    send(producer, a_post(id="later", created_at=later), a_post(id="seen", created_at=later, seen_at=NOON))
    eventually(lambda: "seen" in stored(store))
    assert "later" not in stored(store)
    assert "still to come" in rejected(log_address)[0].reason


def test_a_clock_at_the_end_of_time_stops_nothing(worker: Pipeline, producer: PostProducer, store: Store) -> None:
    ends = [moment.replace(tzinfo=timezone(h * HOUR)) for moment in ENDS for h in (-14, 14)]
    for number, end in enumerate(ends):
        send(producer, a_post(id=f"seen-{number}", seen_at=end), a_post(id=f"made-{number}", created_at=end))
    send(producer, a_post(id="next"))
    eventually(lambda: "next" in stored(store))
    assert {"seen-2", "seen-3"} <= stored(store).keys()
    send(producer, a_post(id="seen-2", text="The government will ban TikTok", seen_at=NOON + HOUR))
    eventually(lambda: stored(store)["seen-2"][0] == "The government will ban TikTok")
    assert queries.stored_posts(store, NOON, NOON + HOUR)


def test_an_author_deletion_that_names_nobody_is_rejected(
    worker: Pipeline, producer: PostProducer, store: Store, log_address: KafkaAddress
) -> None:
    send(producer, a_post(id="nobody", op="delete_author", text=""), a_post(id="next"))
    eventually(lambda: "next" in stored(store))
    assert "names no author" in rejected(log_address)[0].reason


def test_progress_is_known_behind_the_posts_it_speaks_for(
    worker: Pipeline, producer: PostProducer, store: Store
) -> None:
    send(producer, *(a_post(id=str(n)) for n in range(200)))
    producer.report(Progress(source="archive-1", since=NOON, until=NOON + PATIENCE, complete=True))
    eventually(lambda: bool(queries.coverage(store)))
    assert len(stored(store)) == 200


def test_what_cannot_be_stored_is_not_committed_and_nothing_behind_it(
    log_address: KafkaAddress, producer: PostProducer, store: Store, taxonomy_file: Path
) -> None:
    """The batch behind is read and tagged by then: it is not to be committed in its stead."""
    send(producer, *(a_post(id=str(number)) for number in range(200)))
    store.command("RENAME TABLE post_versions TO post_versions_away")
    with PostConsumer(log_address, group="refused") as consumer, ConsumerGroup(log_address, "refused") as group:
        stop, taxonomy = threading.Event(), ReloadingTaxonomy(taxonomy_file)
        pipeline = Pipeline(consumer, producer, store, DETECTORS["vote"](), taxonomy, stop, batch_posts=20)
        with pytest.raises(StoreRefused, match="post_versions"):
            pipeline()
        assert group.lag() == 200
    shown = pipeline.metrics
    assert (shown.assigned, shown.in_hand, shown.lag, shown.lag_seconds) == (0, 0, None, None)


def test_what_was_counted_is_committed(
    worker: Pipeline, producer: PostProducer, store: Store, log_address: KafkaAddress
) -> None:
    delivered: list[Delivery] = []
    for number in range(50):
        producer.send(a_post(id=str(number)), delivered.append)
    producer.flush(PATIENCE)
    with ConsumerGroup(log_address, "workers") as group:
        eventually(lambda: group.lag() == 0)
        committed = group.committed()
    assert all(delivery.offset < committed[delivery.partition] for delivery in delivered)
    assert len(stored(store)) == 50


def test_a_worker_counts_what_came_of_each_record(
    worker: Pipeline, producer: PostProducer, store: Store, log_address: KafkaAddress
) -> None:
    send(producer, *(a_post(id=str(number)) for number in range(50)))
    send(producer, a_post(id="old", created_at=datetime(1, 1, 1, tzinfo=UTC)), a_post(id="1", op="delete", text=""))
    producer.report(Progress(source="archive-1", since=NOON, until=NOON + PATIENCE, complete=True))
    with ConsumerGroup(log_address, "workers") as group:
        eventually(lambda: group.lag() == 0)
    eventually(lambda: worker.metrics.in_hand == 0)
    shown = {name.removeprefix("banwatch_worker_"): value for name, value in metered(worker.metrics).items()}
    assert shown["records_total,post"] == 52
    assert shown["records_total,progress"] == 2, "one in each partition"
    assert shown["tagged_posts_total"] == shown["written_posts_total"] == 50
    assert shown["deletions_total"] == shown["rejected_total,impossible_time"] == 1
    assert shown["recounted_minutes_total"] >= 1
    stages = [shown[f"stage_seconds_count,{stage}"] for stage in get_args(Stage)]
    assert min(stages) >= shown["batches_total,committed"] >= 1
    assert (worker.metrics.assigned, worker.metrics.lag) == (2, 0)
    eventually(lambda: worker.metrics.lag_seconds == 0)
    assert worker.liveness.ready


def test_posts_that_come_one_after_another_are_one_batch(
    log_address: KafkaAddress, producer: PostProducer, store: Store, taxonomy_file: Path
) -> None:
    taxonomy = ReloadingTaxonomy(taxonomy_file)
    with PostConsumer(log_address, group="lingering") as consumer:
        pipeline = Pipeline(consumer, producer, store, DETECTORS["vote"](), taxonomy, threading.Event(), 20)
        pipeline.batch_linger = timedelta(minutes=10)
        with working(pipeline):
            eventually(lambda: pipeline.metrics.assigned)
            for number in range(20):
                send(producer, a_post(id=str(number)))
            eventually(lambda: len(stored(store)) == 20)
    assert metered(pipeline.metrics)["banwatch_worker_batches_total,committed"] == 1


def test_records_behind_the_batch_are_the_lag(log_address: KafkaAddress, producer: PostProducer) -> None:
    send(producer, *(a_post(id=str(number)) for number in range(300)))
    with PostConsumer(log_address, group="lagging") as consumer:
        first = polled(lambda: consumer.poll(POLL, 10))
        assert first.sent_at is not None
        assert abs(datetime.now(UTC) - first.sent_at) < HOUR
        read, lags = len(first.posts), [consumer.lag()]
        while read < 300:
            read += len(consumer.poll(POLL, 10).posts)
            lags.append(consumer.lag())
        assert 0 < lags[0] <= 290
        assert lags[-1] == 0


def test_a_topic_added_to_the_file_is_counted_from_the_next_batch_on(
    worker: Pipeline, producer: PostProducer, store: Store, taxonomy_file: Path
) -> None:
    send(producer, a_post(id="before", text="The senator talks about TikTok again"))
    eventually(lambda: "before" in stored(store))
    with taxonomy_file.open("a", encoding="utf-8") as file:
        file.write('\n[topics.senate]\nnames = { en = "Senate", ar = "مجلس الشيوخ" }\nrules.any = "senator"\n')
    send(producer, a_post(id="after", text="The senator talks about TikTok again"))
    eventually(lambda: "after" in stored(store))
    assert store.query("SELECT id FROM posts WHERE has(topics, 'senate')") == [("after",)]


def test_a_taxonomy_with_an_error_leaves_the_old_one_in_use(
    worker: Pipeline, producer: PostProducer, store: Store, taxonomy_file: Path
) -> None:
    with taxonomy_file.open("a", encoding="utf-8") as file:
        file.write("[topics.broken]\n")
    send(producer, a_post(id="1", text="The government will ban TikTok"))
    eventually(lambda: "1" in stored(store))
    assert store.query("SELECT has(topics, 'ban') FROM posts") == [(1,)]
