"""Other loops around the same tagger: `python -m tests.benchmarks.loops NAME BOOTSTRAP URL POSTS`.

Each reads the topic of posts from its start, tags batches of ten thousand and inserts the rows that the worker inserts,
until it has seen so many posts, and prints its `Figures` as JSON. No loop counts, looks for deletions or commits behind
its writes. Bytewax and Quix Streams are measured where `make bench-pipeline` has installed them, in a folder of their
own; their batches are gathered here, because the tagger is much slower on small ones.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module, util
from typing import Any
from uuid import uuid4

import msgspec
from kafka import KafkaConsumer
from pydantic import SecretStr

from ingest.contract import POSTS_TOPIC, decode_post
from processing.contract import ClickHouseAddress
from processing.settings import ProcessingSettings
from processing.store.client import Store
from processing.store.writer import insert_posts
from processing.worker import COLLECT_AFTER
from tests.conftest import ROOT, WRITER_PASSWORD
from tests.support.parts import shipped_enricher

FRAMEWORKS = ROOT / ".venv" / "frameworks"
BATCH = ProcessingSettings().batch_posts


class Figures(msgspec.Struct):
    """Posts behind the first batch, the seconds of the clock and of user CPU time that they took, and memory in MB.

    `peak` is the most memory that the loop had at any time.
    """

    posts: int
    seconds: float
    user: float
    peak: float


class Sink:
    """Tags and inserts records, a batch at a time."""

    def __init__(self, store: Store, posts: int) -> None:
        self._store, self._enricher = store, shipped_enricher()
        self._left, self._waiting = posts, list[bytes]()
        self._begun: tuple[float, float] | None = None
        self._posts = 0
        gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])  # as the worker does

    def take(self, value: bytes) -> None:
        """Take one record."""
        self._waiting.append(value)
        self._left -= 1
        if len(self._waiting) >= BATCH or not self._left:
            self._work()

    @property
    def complete(self) -> bool:
        """Whether every post has come."""
        return self._left <= 0

    def _work(self) -> None:
        posts, self._waiting = list(map(decode_post, self._waiting)), []
        insert_posts(self._store, self._enricher.tag_many(posts))
        if self._begun is None:
            self._begun = _times()
        else:
            self._posts += len(posts)

    def figures(self) -> Figures:
        """Return the figures so far."""
        seconds, user = (now - begun for now, begun in zip(_times(), self._begun or _times(), strict=True))
        return Figures(self._posts, seconds, user, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _times() -> tuple[float, float]:
    """Return the seconds of the clock, and of the user CPU time of this process."""
    return time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime


def bare(bootstrap: str, sink: Sink) -> None:
    """A loop of a few lines around kafka-python."""
    consumer = KafkaConsumer(
        POSTS_TOPIC, bootstrap_servers=bootstrap, group_id=uuid4().hex, auto_offset_reset="earliest"
    )
    while not sink.complete:
        for records in consumer.poll(timeout_ms=200, max_records=BATCH).values():
            for record in records:
                sink.take(record.value)


def bytewax(bootstrap: str, sink: Sink) -> None:
    """A flow of Bytewax, in one process and one thread."""
    dataflow, operators, outputs = (import_module(f"bytewax.{name}") for name in ("dataflow", "operators", "outputs"))

    class Partition(outputs.StatelessSinkPartition):
        def write_batch(self, items: list[Any]) -> None:
            for item in items:
                sink.take(item.value)

    class Output(outputs.DynamicSink):
        def build(self, step_id: str, worker_index: int, worker_count: int) -> Partition:
            return Partition()

    source = import_module("bytewax.connectors.kafka").KafkaSource([bootstrap], [POSTS_TOPIC], tail=False)
    flow = dataflow.Dataflow("bench")
    operators.output("out", operators.input("in", flow, source), Output())
    import_module("bytewax.testing").run_main(flow)


def quixstreams(bootstrap: str, sink: Sink, posts: int) -> None:
    """An application of Quix Streams."""
    application = import_module("quixstreams").Application(
        bootstrap,
        consumer_group=uuid4().hex,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        loglevel="ERROR",
    )
    topic = application.topic(POSTS_TOPIC, value_deserializer="bytes")
    application.dataframe(topic).update(sink.take)
    application.run(count=posts, collect=False)


def installed() -> list[str]:
    """The names of the loops that can run here."""
    sys.path.append(str(FRAMEWORKS))
    return ["kafka-python", *(name for name in ("bytewax", "quixstreams") if util.find_spec(name))]


def main(name: str, bootstrap: str, url: str, posts: int) -> None:
    """Run one loop and print its figures."""
    installed()
    loops: dict[str, Callable[[str, Sink], None]] = {
        "kafka-python": bare,
        "bytewax": bytewax,
        "quixstreams": partial(quixstreams, posts=posts),
    }
    with Store(ClickHouseAddress(url, "writer", SecretStr(WRITER_PASSWORD))) as store:
        sink = Sink(store, posts)
        loops[name](bootstrap, sink)
        if not sink.complete:
            raise SystemExit(f"{name} has ended before the last post.")
        sys.stdout.buffer.write(msgspec.json.encode(sink.figures()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
