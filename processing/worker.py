"""The loop of a worker, from Kafka to ClickHouse. The loop decides nothing, and a kill at any line does no harm.

    posts, posts.rejected --poll--> Batch
      --tag-------> TaggedPost; a post without a possible time is rejected
      --write-----> post_versions, blank where a tombstone names the post; then the batch's own deletions
      --recount---> count_versions, for the minutes touched
      --note------> source_health, how far each collector has come
      --keep------> rejected_versions, why records were rejected that are read from posts.rejected
      --reject----> posts.rejected, with the rows that the store refuses for good
      --commit----> the group's offsets

Every step before the commit may be repeated without effect; see `processing.store.writer`. Rows that the store refuses
are found one by one and rejected, and the other rows of the batch are stored: see `processing.store.refusals`.

A thread stores a batch while the loop reads and tags the next one. The store answers over the network, and tagging
takes most of a worker's time. One batch is stored at a time, in the order of its partitions. It is committed
before the next one is stored. Only the loop's own thread uses the Kafka clients.

Each line of the log that a batch causes names the batch, and so does each of its requests to the store: see
`processing.store.client`. Metrics are counted once a batch.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from ingest.contract import Post, Progress, Rejected, RejectionKind, RejectionStage, encode, raw_text
from ingest.errors import Unavailable
from ingest.event_time import Impossible, event_time, is_to_come
from ingest.kafka import Batch, CommitDelayed, Delivery, PartitionsLost, PostConsumer, PostProducer
from ingest.liveness import Liveness
from ingest.retry import retry_while_unavailable
from processing.contract import TaggedPost
from processing.shortage import Shortage
from processing.store.client import Store, StoreUnavailable
from processing.store.deletions import delete_posts
from processing.store.pseudonyms import PLAIN, AuthorNames
from processing.store.refusals import Item, RefusedItem, write_apart
from processing.store.rejections import write_rejections
from processing.store.versions import next_version
from processing.store.writer import minute_of, recount, write_posts, write_progress
from processing.tagging.language import LanguageDetector
from processing.tagging.tagger import Enricher
from processing.tagging.topics import ReloadingTaxonomy, ReloadOutcome
from processing.traces import Traces
from processing.worker_metrics import Stage, WorkerMetrics

log = structlog.get_logger()

POLL = timedelta(milliseconds=200)
FLUSH = timedelta(seconds=30)
CLOCK_BEHIND = timedelta(seconds=10)
"""The most by which the store's clock may lag its newest version without a warning. Servers of a cluster differ."""
COLLECT_AFTER = 100_000
"""The number of new objects between two garbage collections: those of a batch. Python's default is 700 to 2,000."""


@dataclass(frozen=True)
class Sorted:
    """A batch, divided by the work to be done: tagged posts, deletions and rejected records."""

    tagged: list[TaggedPost]
    deletions: list[Post]
    rejected: list[Rejected]


def sort(batch: Batch, enricher: Enricher, now: datetime) -> Sorted:
    """Tag the posts of a batch, and separate deletions and invalid posts. `now` is the time of the worker's clock."""
    posts: list[Post] = []
    deletions: list[Post] = []
    rejected = list(batch.rejected)
    for post in batch.posts:
        try:
            check(post, now)
        except Impossible as error:
            rejected.append(_rejection(post, _place(post), str(error), "worker", "impossible_time"))
        else:
            (posts if post.op == "post" else deletions).append(post)
    return Sorted(enricher.tag_many(posts), deletions, rejected)


def check(post: Post, now: datetime) -> None:
    """Check that a post has a possible time, unless it is a `delete`.

    Raises:
        Impossible: the post has no possible time, its time is in the future, or a `delete_author` names no author.
    """
    if post.op == "delete_author" and not post.author:
        raise Impossible("A delete_author names no author.")
    if post.op != "delete" and is_to_come(event_time(post).at, now):
        raise Impossible(f"created_at {post.created_at.isoformat()} is still to come, and seen_at is no help.")


def _place(post: Post) -> str:
    return f"{post.source}:{post.id}"


def _rejection(
    what: Post | Progress,
    where: str,
    reason: str,
    stage: RejectionStage = "store",
    kind: RejectionKind = "refused",
) -> Rejected:
    raw = raw_text(encode(what))
    return Rejected(source=what.source, where=where, reason=reason, raw=raw, stage=stage, kind=kind)


def _refused_progress(refused: RefusedItem[tuple[int, Progress]]) -> Rejected:
    partition, progress = refused.item
    return _rejection(progress, f"progress of {progress.source} in partition {partition}", refused.reason)


def _refused_recount(refused: RefusedItem[datetime]) -> Rejected:
    minute = f"{refused.item:%Y-%m-%dT%H:%MZ}"
    return Rejected(source="counts", where=minute, reason=refused.reason, raw="", stage="store", kind="refused")


@dataclass(frozen=True)
class UnderWay:
    """A batch that is being stored."""

    batch: Batch
    rejected: list[Rejected]
    stored: Future[list[Rejected]]
    """The records that the store refused."""


@dataclass
class Pipeline:
    """One worker.

    Several workers share the partitions of the topic; the store needs no other agreement between them.
    """

    consumer: PostConsumer
    producer: PostProducer
    store: Store
    detector: LanguageDetector
    taxonomy: ReloadingTaxonomy
    stop: threading.Event
    batch_posts: int
    batch_linger: timedelta = timedelta()
    names: AuthorNames = PLAIN
    shortage: Shortage | None = None
    """The reporter of a store without room."""
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    liveness: Liveness = field(default_factory=Liveness)
    traces: Traces = field(default_factory=Traces)
    _enricher: Enricher = field(init=False)
    _clock_behind: bool = False
    """Whether the worker has warned that the store's clock is behind."""
    _waits: bool = False
    """Whether the worker waits for the store."""

    def __post_init__(self) -> None:
        self._enricher = Enricher(self.detector, self.taxonomy.taxonomy)

    def __call__(self) -> None:
        """Work until `stop` is set.

        Raises:
            BrokerUnavailable, BrokerRefused, StoreRefused, WrittenShort: this worker cannot go on. The next owner of
                its partitions repeats the uncommitted work.
        """
        try:
            with _seldom_collected(), ThreadPoolExecutor(1, "store") as beside:
                self._work(beside)
        finally:
            self.metrics.left()

    def _work(self, beside: ThreadPoolExecutor) -> None:
        before: UnderWay | None = None
        while not self.stop.is_set():
            batch = self._poll()
            self._refresh()
            work = self._sort(batch)
            if before:
                self._settle(before)
            before = UnderWay(batch, work.rejected, beside.submit(self._store, work, batch)) if batch else None
            self.metrics.in_hand = len(batch.posts)
        if before:
            self._settle(before)

    def _poll(self) -> Batch:
        begun = time.monotonic()
        batch = self.consumer.poll(POLL, self.batch_posts, self.batch_linger)
        assigned = self.consumer.assigned
        self.liveness.turned(ready=assigned is not None and not self._waits)
        seconds = time.monotonic() - begun
        self.metrics.polled(batch, assigned, self.consumer.lag(), seconds)
        if batch:
            self.traces.polled(batch, seconds)
        return batch

    def _sort(self, batch: Batch) -> Sorted:
        if not batch:
            return Sorted([], [], [])
        with bound_contextvars(batch=batch.id), self._step(batch, "tag"):
            work = sort(batch, self._enricher, datetime.now(UTC))
        self.metrics.tagged.inc(len(work.tagged))
        return work

    def _settle(self, work: UnderWay) -> None:
        with bound_contextvars(batch=work.batch.id):
            self._settle_now(work)

    def _settle_now(self, work: UnderWay) -> None:
        """Wait until a batch is stored, send its rejected records, and commit it."""
        if rejected := work.rejected + work.stored.result():
            for each in rejected:
                self.producer.reject(each, _acknowledged)
                self.metrics.rejected.labels(each.kind).inc()
            log.warning("rejected", posts=len(rejected), first=rejected[0].where, reason=rejected[0].reason)
            self.producer.flush(FLUSH)
        try:
            with self._step(work.batch, "commit"):
                self.consumer.commit(work.batch)
        except PartitionsLost as lost:
            self.metrics.batches.labels("lost").inc()
            log.info("batch not committed", reason=str(lost))
        except CommitDelayed as delayed:
            self.metrics.batches.labels("delayed").inc()
            # What is stored is counted. A worker that joined anew would leave a silent member behind, and the group
            # would wait for it.
            log.warning("batch not committed yet", reason=str(delayed))
        else:
            self.metrics.committed(work.batch, datetime.now(UTC))
            log.debug("batch counted", posts=len(work.batch.posts), offsets=work.batch.named_offsets)
        self.traces.ended(work.batch)

    def _refresh(self) -> None:
        """Reload the taxonomy if it has changed, so that the next batch is tagged by the present file."""
        outcome, sentence = self.taxonomy.refresh()
        if outcome is ReloadOutcome.REPLACED:
            self._enricher = Enricher(self.detector, self.taxonomy.taxonomy)
        if sentence:
            log.warning("taxonomy", outcome=outcome.value, what=sentence)

    def _store(self, work: Sorted, batch: Batch) -> list[Rejected]:
        """Store a batch, and return the records that the store refused."""
        # The wait has no limit, because Kafka keeps the uncommitted records while the store is unavailable.
        with bound_contextvars(batch=batch.id):  # a thread does not inherit what another one has bound
            refused = retry_while_unavailable(lambda: self._store_once(work, batch), self.stop, note=self._met)
        self._waits = False
        if self.shortage is not None:
            self.shortage.over()
        return refused

    def _store_once(self, work: Sorted, batch: Batch) -> list[Rejected]:
        touched: set[datetime] = set()
        with self._step(batch, "write"):
            posts = self._write_apart(
                work.tagged, lambda some: touched.update(write_posts(self.store, some, self.names))
            )
            # A refused post may have been written, if the store refused the search for its tombstone.
            touched.update(minute_of(event_time(each.item.post).at) for each in posts)
            gone = self._write_apart(
                work.deletions, lambda some: touched.update(delete_posts(self.store, some, self.names))
            )
        with self._step(batch, "recount"):
            minutes = self._write_apart(sorted(touched), lambda some: recount(self.store, set(some)))
        with self._step(batch, "note"):
            progress = self._write_apart(batch.progress, lambda some: write_progress(self.store, some))
        with self._step(batch, "keep"):
            lost = self._write_apart(batch.rejections, lambda some: write_rejections(self.store, some))
        if lost:
            # To reject a rejection would write it into its own topic again.
            log.warning("rejections not stored", count=len(lost), reason=lost[0].reason)
        self._tell_of_clock()
        self.metrics.written.inc(len(work.tagged) - len(posts))
        self.metrics.deletions.inc(len(work.deletions) - len(gone))
        self.metrics.recounted.inc(len(touched) - len(minutes))
        return [
            *(_rejection(each.item.post, _place(each.item.post), each.reason) for each in posts),
            *(_rejection(each.item, _place(each.item), each.reason) for each in gone),
            *map(_refused_recount, minutes),
            *map(_refused_progress, progress),
        ]

    def _write_apart(self, items: Sequence[Item], write: Callable[[Sequence[Item]], None]) -> list[RefusedItem[Item]]:
        """Write items as `write_apart` does. The loop turns with each piece: thousands of single rows take long."""

        def turning(some: Sequence[Item]) -> None:
            self.liveness.turned()
            write(some)

        return write_apart(items, turning)

    def _tell_of_clock(self) -> None:
        """Warn once when the store's clock falls behind its newest version.

        Counts stay exact, but times of day do not.
        """
        behind = next_version(self.store).behind
        if behind > CLOCK_BEHIND and not self._clock_behind:
            log.warning(
                "clock behind",
                seconds=round(behind.total_seconds()),
                what="The store's clock is behind what it has stored: it was set back, or ran ahead before. "
                "Versions go on from the newest one. Set the clock right.",
            )
        self._clock_behind = behind > CLOCK_BEHIND

    @contextmanager
    def _step(self, batch: Batch, stage: Stage) -> Iterator[None]:
        with self.traces.step(batch, stage), self.metrics.step(stage):
            yield
        self.liveness.turned()

    def _met(self, error: Unavailable) -> None:
        self._waits = True
        self.metrics.waits.inc()
        self.liveness.turned(ready=False)
        if self.shortage is not None and isinstance(error, StoreUnavailable):
            self.shortage.met(error)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Collect garbage less often. A batch has many objects and no cycles, so a collection finds nothing."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _acknowledged(_: Delivery) -> None:
    """Ignore the delivery of a rejected record, because the next flush waits for it."""
