"""Kafka to ClickHouse: the loop of a worker. It decides nothing and may be killed at any line.

    posts topic --poll--> Batch
      --tag-------> TaggedPost, what cannot be placed in time joins the rejected
      --write-----> post_versions, blank where a tombstone names the post; then the batch's own deletions
      --recount---> count_versions, for the minutes touched
      --note------> source_health, how far each collector has come
      --reject----> posts.rejected
      --commit----> the group's offsets

Everything before the commit may happen again and changes nothing then; see `processing.store.writer`.

A batch is stored in a thread of its own while the next one is read and tagged: the store answers over the network, and
tagging is most of a worker's time. One batch is stored at a time, in the order of the log, and is committed before the
next one is stored. Only the loop's own thread speaks to Kafka.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import stamina
import structlog

from ingest.contract import Post, Rejected, encode
from ingest.event_time import Impossible, event_time
from ingest.log import Batch, Delivery, PartitionsLost, PostConsumer, PostProducer
from processing.contract import TaggedPost
from processing.enrich import Enricher
from processing.language import LanguageDetector
from processing.shortage import Shortage
from processing.store.authors import PLAIN, AuthorNames
from processing.store.client import Store, StoreUnavailable
from processing.store.deletions import delete_posts
from processing.store.writer import recount, write_posts, write_progress
from processing.topics import Outcome, ReloadingTaxonomy

log = structlog.get_logger()

POLL = timedelta(milliseconds=200)
FLUSH = timedelta(seconds=30)
RAW_KEPT = 4_096
TO_COME = timedelta(days=1)
"""A post from further ahead is not believed. So wide, because it is the worker's clock that may be the wrong one."""
COLLECT_AFTER = 100_000
"""New objects between two collections of garbage: about a batch of them. Python's default is 700 to 2,000.

At 1,000 posts a second that is half a minute, and some 40 MB of garbage.
"""


@dataclass(frozen=True)
class Sorted:
    """A batch by what is to be done with it."""

    tagged: list[TaggedPost]
    deletions: list[Post]
    rejected: list[Rejected]


def sort(batch: Batch, enricher: Enricher, now: datetime) -> Sorted:
    """Tag the posts of a batch and set aside what is no post to keep. `now` is the worker's clock."""
    posts: list[Post] = []
    deletions: list[Post] = []
    rejected = list(batch.rejected)
    for post in batch.posts:
        try:
            check(post, now)
        except Impossible as error:
            rejected.append(_rejected(post, error))
        else:
            (posts if post.op == "post" else deletions).append(post)
    return Sorted(enricher.tag_many(posts), deletions, rejected)


def check(post: Post, now: datetime) -> None:
    """See that it can be placed in time, where that matters.

    Raises:
        Impossible: it cannot, that time is still to come, or it deletes an author and names none.
    """
    if post.op == "delete_author" and not post.author:
        raise Impossible("A delete_author names no author.")
    if post.op != "delete" and event_time(post).at - now > TO_COME:
        raise Impossible(f"created_at {post.created_at.isoformat()} is still to come, and seen_at is no help.")


def _rejected(post: Post, error: Impossible) -> Rejected:
    return Rejected(
        source=post.source,
        where=f"{post.source}:{post.id}",
        reason=str(error),
        raw=encode(post).decode()[:RAW_KEPT],
    )


@dataclass(frozen=True)
class UnderWay:
    """A batch that is being stored."""

    batch: Batch
    rejected: list[Rejected]
    stored: Future[None]


@dataclass
class Pipeline:
    """One worker. Two of them share the partitions of the topic; the store needs no other agreement."""

    consumer: PostConsumer
    producer: PostProducer
    store: Store
    detector: LanguageDetector
    taxonomy: ReloadingTaxonomy
    stop: threading.Event
    batch_posts: int
    names: AuthorNames = PLAIN
    shortage: Shortage | None = None
    """Whom to tell that the store has no room."""
    _enricher: Enricher = field(init=False)

    def __post_init__(self) -> None:
        self._enricher = Enricher(self.detector, self.taxonomy.taxonomy)

    def __call__(self) -> None:
        """Work until `stop` is set.

        Raises:
            BrokerUnavailable, BrokerRefused, StoreRefused, WrittenShort: this worker cannot go on. What it
                had not committed is done again by whoever has its partitions next.
        """
        with _seldom_collected(), ThreadPoolExecutor(1, "store") as beside:
            before: UnderWay | None = None
            while not self.stop.is_set():
                batch = self.consumer.poll(POLL, self.batch_posts)
                self._refresh()
                work = sort(batch, self._enricher, datetime.now(UTC))
                if before:
                    self._settle(before)
                before = UnderWay(batch, work.rejected, beside.submit(self._store, work, batch)) if batch else None
            if before:
                self._settle(before)

    def _settle(self, work: UnderWay) -> None:
        """Carry a batch to its commit, once it is stored."""
        work.stored.result()
        for rejected in work.rejected:
            self.producer.reject(rejected, _acknowledged)
        if work.rejected:
            log.warning(
                "rejected",
                posts=len(work.rejected),
                first=work.rejected[0].where,
                reason=work.rejected[0].reason,
            )
            self.producer.flush(FLUSH)
        try:
            self.consumer.commit(work.batch)
        except PartitionsLost as lost:
            log.info("batch not committed", reason=str(lost))

    def _refresh(self) -> None:
        """People edit the taxonomy while posts come in: the next batch is tagged by the file as it is then."""
        outcome, sentence = self.taxonomy.refresh()
        if outcome is Outcome.REPLACED:
            self._enricher = Enricher(self.detector, self.taxonomy.taxonomy)
        if sentence:
            log.warning("taxonomy", outcome=outcome.value, what=sentence)

    def _store(self, work: Sorted, batch: Batch) -> None:
        # Without end: a store that is away is waited for, and the log keeps what is not committed.
        for attempt in stamina.retry_context(on=self._worth_waiting, attempts=None, timeout=None, wait_max=5):
            with attempt:
                touched = write_posts(self.store, work.tagged, self.names)
                touched |= delete_posts(self.store, work.deletions, self.names)
                recount(self.store, touched)
                write_progress(self.store, batch.progress)
        if self.shortage is not None:
            self.shortage.over()

    def _worth_waiting(self, error: Exception) -> bool:
        if not isinstance(error, StoreUnavailable) or self.stop.is_set():
            return False
        if self.shortage is not None:
            self.shortage.met(error)
        return True


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage less often: a batch is many objects without a cycle, and looking through them finds nothing."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _acknowledged(_: Delivery) -> None:
    """Nothing waits for a rejection but the flush behind it."""
