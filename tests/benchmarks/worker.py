"""The process that `tests.benchmarks.pipeline` measures: the worker itself, with a stopwatch around each of its steps.

`python -m tests.benchmarks.worker BOOTSTRAP URL [LINGER]` works until SIGTERM and prints its `Figures` as JSON. They
are of all batches but the first, before which stand joining the group and compiling the rules of most languages. The
worker reads and tags a batch while the one before it is stored, so the clock begins when the first batch is tagged.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec
import structlog
from pydantic import SecretStr

import deploy.processes.worker  # noqa: F401 - the process of a worker loads it, so it counts for the start and memory
from ingest.contract import KafkaAddress
from ingest.kafka import Batch, PostConsumer, PostProducer
from processing import worker as pipeline
from processing.contract import ClickHouseAddress
from processing.settings import ProcessingSettings
from processing.store.client import Store
from processing.tagging.language import DETECTORS
from processing.tagging.topics import ReloadingTaxonomy

Given = ParamSpec("Given")
Result = TypeVar("Result")

GROUP = "bench"


class Figures(msgspec.Struct):
    """Of a worker: seconds of wall and of CPU time, the latter also by step; the peak of its memory in MB.

    `user` is the part of `cpu` that the kernel did not take. `start` is the CPU time before the first poll.
    """

    posts: int
    batches: int
    seconds: float
    cpu: float
    user: float
    start: float
    cpu_by_step: dict[str, float]
    waited: float
    peak: float


class Stopwatch:
    """What the steps take, from the second batch on."""

    def __init__(self) -> None:
        self._cpu: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._begun: tuple[float, float, float] | None = None
        self._committed = False
        self._start = self._of_first = 0.0
        self._posts = self._batches = 0
        self.figures: Figures | None = None

    def around(self, step: str, work: Callable[Given, Result]) -> Callable[Given, Result]:
        """`work`, timed. A step runs in one thread at a time."""

        def timed(*args: Given.args, **named: Given.kwargs) -> Result:
            begun, cpu = time.perf_counter(), time.thread_time()
            try:
                return work(*args, **named)
            finally:
                self._cpu[step] += time.thread_time() - cpu
                self._busy[step] += time.perf_counter() - begun
                if step == "tag" and self._begun is None:
                    self._begin()

        return timed

    def started(self) -> None:
        """Note that the process is ready for its first poll."""
        self._start = time.process_time()

    def _begin(self) -> None:
        """Begin behind the tagging of the first batch. What comes from now on is for the batches behind it."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        self._begun = time.perf_counter(), time.process_time(), used.ru_utime
        self._cpu.clear()
        self._busy.clear()

    def committed(self, batch: Batch) -> None:
        """Leave the writing of the first batch out; from the second on, take the figures so far."""
        now, cpu, used = time.perf_counter(), time.process_time(), resource.getrusage(resource.RUSAGE_SELF)
        if self._begun is None or not self._committed:
            self._committed = True
            self._of_first = self._cpu.pop("write", 0.0) + self._cpu.pop("recount", 0.0)
            return
        self._posts += len(batch.posts)
        self._batches += 1
        seconds = now - self._begun[0]
        self.figures = Figures(
            self._posts,
            self._batches,
            seconds,
            cpu - self._begun[1] - self._of_first,
            used.ru_utime - self._begun[2] - self._of_first,
            self._start,
            dict(self._cpu),
            seconds - sum(self._busy[step] for step in ("read", "tag", "commit")),
            used.ru_maxrss / 1024,
        )


class TimedConsumer(PostConsumer):
    """A consumer whose commits are the stopwatch's laps."""

    def __init__(self, address: KafkaAddress, watch: Stopwatch) -> None:
        super().__init__(address, GROUP)
        self._watch = watch
        self.poll = watch.around("read", self.poll)  # type: ignore[method-assign]

    def commit(self, batch: Batch) -> None:
        """Commit, and look at the clock."""
        self._watch.around("commit", super().commit)(batch)
        self._watch.committed(batch)


def main(bootstrap: str, url: str, linger: str = "0") -> None:
    """Work until SIGTERM, then print what it took. Batches that are not full wait for `linger` seconds."""
    # Standard output carries the figures alone.
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    watch = Stopwatch()
    steps = {"sort": "tag", "write_posts": "write", "delete_posts": "write", "recount": "recount"}
    for name, step in steps.items():
        setattr(pipeline, name, watch.around(step, getattr(pipeline, name)))
    kafka, most = KafkaAddress(bootstrap), ProcessingSettings().batch_posts
    detector = DETECTORS["vote"]()
    taxonomy = ReloadingTaxonomy(Path(str(resources.files("deploy") / "config/topics.toml")))
    with (
        Store(ClickHouseAddress(url, "writer", SecretStr(os.environ["BANWATCH_CLICKHOUSE_PASSWORD"]))) as store,
        PostProducer(kafka, client_id="bench-rejects") as producer,
        TimedConsumer(kafka, watch) as consumer,
    ):
        watch.started()
        wait = timedelta(seconds=float(linger))
        pipeline.Pipeline(consumer, producer, store, detector, taxonomy, stop, most, wait)()
    sys.stdout.buffer.write(msgspec.json.encode(watch.figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
