"""One worker from Kafka to `counts`, with full tagging, over the embedded parts: posts/s and where the time goes."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from deploy.demo.generate import generate
from ingest.log import GroupWatch, PostConsumer, PostProducer, ensure_topics
from processing import pipeline as steps
from processing.enrich import Enricher
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.writer import recount, write_posts
from tests.benchmarks.parts import Parts, shipped_enricher

Result = TypeVar("Result")


class Stopwatch:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def __call__(self, step: str, work: Callable[[], Result]) -> Result:
        begun = time.perf_counter()
        result = work()
        self.seconds[step] += time.perf_counter() - begun
        return result


def main(folder: Path) -> None:
    """Print the figures."""
    with Parts(folder) as parts:
        migrate(parts.store)
        ensure_topics(parts.kafka, 4)
        fill(parts)
        enricher = shipped_enricher()
        watch = Stopwatch()
        posts = work(parts, enricher, watch)
    total = sum(watch.seconds.values())
    print(f"one worker, Kafka to counts, {posts:,} posts of the demo archive: {posts / total:,.0f} posts/s")
    for step, seconds in watch.seconds.most_common():
        print(f"  {step:<8} {100 * seconds / total:5.1f} %")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory of the process at its peak: {peak:,.0f} MB")


def fill(parts: Parts) -> None:
    """Put the posts into the log."""
    with PostProducer(parts.kafka) as producer:
        for post in generate():
            producer.send(post, lambda _: None)
        producer.flush(timedelta(seconds=60))


def work(parts: Parts, enricher: Enricher, watch: Stopwatch) -> int:
    """The pipeline's own steps, one after the other, until nothing is left."""
    done = 0
    with (
        Store(parts.store) as store,
        PostConsumer(parts.kafka, "bench") as consumer,
        GroupWatch(parts.kafka, "bench") as group,
    ):
        while not done or group.lag():
            batch = consumer.poll(steps.POLL, 10_000)
            if not batch:
                continue
            sorted_batch = watch("tag", lambda batch=batch: steps.sort(batch, enricher))
            touched = watch("write", lambda work=sorted_batch: write_posts(store, work.tagged))
            watch("recount", lambda touched=touched: recount(store, touched))
            watch("commit", lambda batch=batch: consumer.commit(batch))
            done += len(batch.posts)
    return done
