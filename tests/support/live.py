"""One live source through the whole: its run, an embedded broker, a worker, the store; for end-to-end tests.

with httpserver speaking the network's protocol:
    found = collect(Source(settings, clock), store, tmp_path, until=lambda live: len(live.posts()) == 3)
    assert found.counts["*"] == 3
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import resources
from pathlib import Path

from ingest.contract import KafkaAddress, Progress, Rejected
from ingest.cursors import CursorFile
from ingest.kafka import CommittedOffsets, ConsumerGroup, PostConsumer, PostProducer, ensure_topics
from ingest.progress import CollectorStats
from ingest.retry import BackoffPolicy
from ingest.runner import SourceRunner
from ingest.source import Source
from processing import queries
from processing.queries import Coverage
from processing.store.client import Store
from processing.tagging.language import DETECTORS
from processing.tagging.topics import ReloadingTaxonomy
from processing.worker import Pipeline
from tests.support import brokers
from tests.support.log_reader import LogReader
from tests.support.waiting import eventually

QUICKLY = BackoffPolicy(first=timedelta(milliseconds=50), cap=timedelta(milliseconds=200))
"""Tests do not wait for a minute."""

ENDS_WITHIN = timedelta(seconds=60)
GROUP = "live"


@dataclass
class RunningSource:
    """A source that runs in a thread. What it raised is raised again when it is stopped."""

    run: SourceRunner
    failure: Exception | None = None
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self.run()
        except Exception as error:  # noqa: BLE001 - it is raised where the test waits
            self.failure = error

    @property
    def tally(self) -> CollectorStats:
        return self.run.tally

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        """As SIGTERM does; it must end in time."""
        self.run.stop.set()
        self._thread.join(ENDS_WITHIN.total_seconds())
        assert self.over, f"the source did not end within {ENDS_WITHIN}"
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure


@contextmanager
def run_source(
    source: Source,
    address: KafkaAddress,
    cursor_file: CursorFile,
    *,
    committed: CommittedOffsets | None = None,
    silent_after: timedelta = timedelta(minutes=2),
) -> Iterator[RunningSource]:
    """A source that runs into the log until the block is left."""
    producer = PostProducer(address)
    run = SourceRunner(
        source,
        producer,
        cursor_file,
        committed,
        threading.Event(),
        lambda _: None,
        address.posts_topic,
        silent_after=silent_after,
        backoff=QUICKLY,
    )
    running = RunningSource(run)
    with producer:
        try:
            yield running
        finally:
            running.stop()


@dataclass
class Live:
    """What has come of a running source so far."""

    source: RunningSource
    store: Store
    log: LogReader

    def posts(self) -> dict[str, str]:
        """Text by id of the posts in the store that are not deleted."""
        return dict(self.store.query("SELECT id, text FROM posts WHERE NOT deleted"))

    def deleted(self) -> set[str]:
        """Ids of the posts in the store that are deleted."""
        return {name for (name,) in self.store.query("SELECT id FROM posts WHERE deleted")}

    def counts(self) -> dict[str, int]:
        """Posts by topic, over all minutes and languages; `*` is everything."""
        return dict(self.store.query("SELECT topic, sum(posts) FROM counts GROUP BY topic"))

    def coverage(self) -> tuple[Coverage, ...]:
        """What the collector covers."""
        return queries.coverage(self.store)

    def rejected(self) -> list[Rejected]:
        """What could not be read."""
        return self.log.rejected()

    def progress(self) -> list[Progress]:
        """What the collector has said of itself."""
        return self.log.progress()


@dataclass(frozen=True)
class Collected:
    """What had come of a source when its test was content."""

    posts: dict[str, str]
    deleted: set[str]
    counts: dict[str, int]
    coverage: tuple[Coverage, ...]
    rejected: list[Rejected]
    tally: CollectorStats


@contextmanager
def running(
    source: Source, store: Store, folder: Path, *, silent_after: timedelta = timedelta(minutes=2)
) -> Iterator[Live]:
    """A source, a broker and a worker that run until the block is left, over the test's own store."""
    with ExitStack() as parts:
        broker = parts.enter_context(brokers.tansu())
        address = KafkaAddress(broker.bootstrap)
        ensure_topics(address, 2)
        parts.enter_context(_worker(address, store))
        committed = parts.enter_context(CommittedOffsets(ConsumerGroup(address, GROUP)))
        log = parts.enter_context(LogReader(address))
        cursor_file = CursorFile(folder / f"{source.name}.json")
        started = run_source(source, address, cursor_file, committed=committed, silent_after=silent_after)
        yield Live(parts.enter_context(started), store, log)


@contextmanager
def _worker(address: KafkaAddress, store: Store) -> Iterator[None]:
    stop = threading.Event()
    shipped = Path(str(resources.files("deploy") / "config/topics.toml"))
    with PostConsumer(address, GROUP) as consumer, PostProducer(address) as producer:
        pipeline = Pipeline(
            consumer, producer, store, DETECTORS["vote"](), ReloadingTaxonomy(shipped), stop, batch_posts=1_000
        )
        thread = threading.Thread(target=pipeline, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def collect(
    source: Source,
    store: Store,
    folder: Path,
    until: Callable[[Live], bool],
) -> Collected:
    """Run a source until a test is content with what has come of it, then stop it."""
    with running(source, store, folder) as live:
        eventually(lambda: live.source.over or until(live))
        if live.source.failure is not None:
            raise live.source.failure
        eventually(lambda: live.counts().get("*", 0) >= len(live.posts()))  # posts are written, then counted
        return Collected(
            live.posts(), live.deleted(), live.counts(), live.coverage(), live.rejected(), live.source.tally
        )
