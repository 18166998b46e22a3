"""Kafka to ClickHouse: the loop of a worker. It decides nothing and may be killed at any line.

    posts topic --poll--> Batch
      --tag-------> TaggedPost, what cannot be placed in time joins the rejected
      --write-----> post_versions, blank where a tombstone names the post; then the batch's own deletions
      --recount---> count_versions, for the minutes touched
      --note------> source_health, how far each collector has come
      --reject----> posts.rejected, what the store refuses for good among them
      --commit----> the group's offsets

Everything before the commit may happen again and changes nothing then; see `processing.store.writer`. What the store
will not have is found row by row and rejected, and the rest of its batch is stored: `processing.store.refusals`.

A batch is stored in a thread of its own while the next one is read and tagged: the store answers over the network, and
tagging is most of a worker's time. One batch is stored at a time, in the order of its partitions, and is committed
before the next one is stored. Only the loop's own thread speaks to Kafka.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from ingest.contract import Post, Progress, Rejected, encode, raw_text
from ingest.errors import Unavailable
from ingest.event_time import Impossible, event_time, is_to_come
from ingest.kafka import Batch, Delivery, PartitionsLost, PostConsumer, PostProducer
from ingest.retry import retry_while_unavailable
from processing.contract import TaggedPost
from processing.shortage import Shortage
from processing.store.client import Store, StoreUnavailable
from processing.store.deletions import delete_posts
from processing.store.pseudonyms import PLAIN, AuthorNames
from processing.store.refusals import RefusedItem, write_apart
from processing.store.versions import next_version
from processing.store.writer import minute_of, recount, write_posts, write_progress
from processing.tagging.language import LanguageDetector
from processing.tagging.tagger import Enricher
from processing.tagging.topics import ReloadingTaxonomy, ReloadOutcome

log = structlog.get_logger()

POLL = timedelta(milliseconds=200)
FLUSH = timedelta(seconds=30)
CLOCK_BEHIND = timedelta(seconds=10)
"""How far the store's clock may be behind what is stored before that is said: servers of a cluster differ a little."""
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
            rejected.append(_rejected(post, str(error)))
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
    if post.op != "delete" and is_to_come(event_time(post).at, now):
        raise Impossible(f"created_at {post.created_at.isoformat()} is still to come, and seen_at is no help.")


def _rejected(post: Post, reason: str) -> Rejected:
    return _rejection(post, f"{post.source}:{post.id}", reason)


def _rejection(what: Post | Progress, where: str, reason: str) -> Rejected:
    return Rejected(source=what.source, where=where, reason=reason, raw=raw_text(encode(what)))


def _refused_progress(refused: RefusedItem[tuple[int, Progress]]) -> Rejected:
    partition, progress = refused.item
    return _rejection(progress, f"progress of {progress.source} in partition {partition}", refused.reason)


def _refused_recount(refused: RefusedItem[datetime]) -> Rejected:
    return Rejected(source="counts", where=f"{refused.item:%Y-%m-%dT%H:%MZ}", reason=refused.reason, raw="")


@dataclass(frozen=True)
class UnderWay:
    """A batch that is being stored."""

    batch: Batch
    rejected: list[Rejected]
    stored: Future[list[Rejected]]
    """What the store would not have."""


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
    _clock_behind: bool = False
    """And said so."""

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
        if rejected := work.rejected + work.stored.result():
            for each in rejected:
                self.producer.reject(each, _acknowledged)
            log.warning("rejected", posts=len(rejected), first=rejected[0].where, reason=rejected[0].reason)
            self.producer.flush(FLUSH)
        try:
            self.consumer.commit(work.batch)
        except PartitionsLost as lost:
            log.info("batch not committed", reason=str(lost))

    def _refresh(self) -> None:
        """People edit the taxonomy while posts come in: the next batch is tagged by the file as it is then."""
        outcome, sentence = self.taxonomy.refresh()
        if outcome is ReloadOutcome.REPLACED:
            self._enricher = Enricher(self.detector, self.taxonomy.taxonomy)
        if sentence:
            log.warning("taxonomy", outcome=outcome.value, what=sentence)

    def _store(self, work: Sorted, batch: Batch) -> list[Rejected]:
        """Store a batch; what the store will not have comes back as rejected."""
        # Without end: a store that is away is waited for, and Kafka keeps what is not committed.
        refused = retry_while_unavailable(lambda: self._store_once(work, batch), self.stop, note=self._met)
        if self.shortage is not None:
            self.shortage.over()
        return refused

    def _store_once(self, work: Sorted, batch: Batch) -> list[Rejected]:
        touched: set[datetime] = set()
        posts = write_apart(work.tagged, lambda some: touched.update(write_posts(self.store, some, self.names)))
        # One that is refused may have been written, where it was the look for its tombstone that was refused.
        touched.update(minute_of(event_time(each.item.post).at) for each in posts)
        gone = write_apart(work.deletions, lambda some: touched.update(delete_posts(self.store, some, self.names)))
        minutes = write_apart(sorted(touched), lambda some: recount(self.store, set(some)))
        progress = write_apart(batch.progress, lambda some: write_progress(self.store, some))
        self._tell_of_clock()
        return [
            *(_rejected(each.item.post, each.reason) for each in posts),
            *(_rejected(each.item, each.reason) for each in gone),
            *map(_refused_recount, minutes),
            *map(_refused_progress, progress),
        ]

    def _tell_of_clock(self) -> None:
        """Say it once when the store's clock falls behind what is stored: counts stay exact, times of day do not."""
        behind = next_version(self.store).behind
        if behind > CLOCK_BEHIND and not self._clock_behind:
            log.warning(
                "clock behind",
                seconds=round(behind.total_seconds()),
                what="The store's clock is behind what it has stored: it was set back, or ran ahead before. "
                "Versions go on from the newest one. Set the clock right.",
            )
        self._clock_behind = behind > CLOCK_BEHIND

    def _met(self, error: Unavailable) -> None:
        if self.shortage is not None and isinstance(error, StoreUnavailable):
            self.shortage.met(error)


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
