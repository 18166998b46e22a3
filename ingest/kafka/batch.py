"""A batch of messages, and the reading of librdkafka's records into it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import methodcaller
from uuid import uuid4

import msgspec
from confluent_kafka import Message

from ingest.contract import Post, Progress, Rejected, raw_text
from ingest.kafka.codec import Headers, UnreadableRecord, read, read_rejected

Partition = tuple[str, int]
"""A topic, and the number of one of its partitions."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one poll, in the order of each partition.

    `progress` holds pairs of a partition and the progress read from it. `rejected` are the records that cannot be read,
    and `rejections` were read from the topic of rejections. `firsts` maps a partition to the offset of its first record
    here, and `offsets` to its next offset. `division`
    says how often this member's partitions had changed when the batch began. `owed` means that offsets of an earlier
    batch wait for the commit of this one, which may itself be empty. `sent_at` is when the first record was sent, by
    its sender's clock; None if it is a rejection. `id` names the batch in logs, in the store's log of queries and in
    traces.
    """

    posts: list[Post] = field(default_factory=list)
    progress: list[tuple[int, Progress]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rejections: list[Rejected] = field(default_factory=list)
    firsts: dict[Partition, int] = field(default_factory=dict)
    offsets: dict[Partition, int] = field(default_factory=dict)
    division: int = -1
    owed: bool = False
    sent_at: datetime | None = None
    id: str = field(default_factory=lambda: uuid4().hex)

    def __bool__(self) -> bool:
        return bool(self.offsets) or self.owed

    @property
    def named_offsets(self) -> dict[str, int]:
        """The offsets for a log, by names such as `posts/3`."""
        return {f"{topic}/{partition}": offset for (topic, partition), offset in self.offsets.items()}


def sort_into(batch: Batch, records: Sequence[Message], posts_topic: str) -> int:
    """Add records to a batch, and return their size in bytes. Call this within `uncollected`."""
    weight = 0
    for record in records:
        topic, value = record.topic(), record.value()
        weight += len(value or b"")
        partition, offset = (topic, record.partition()), record.offset()
        batch.firsts.setdefault(partition, offset)
        batch.offsets[partition] = offset + 1
        if topic == posts_topic:
            _sort_into(batch, record, value)
        # What is no rejection is left out: to reject it would write it into its own topic again.
        elif (rejection := read_rejected(value)) is not None:
            batch.rejections.append(msgspec.structs.replace(rejection, seen_at=sent_at(record)))
    return weight


def _sort_into(batch: Batch, record: Message, value: bytes | None) -> None:
    try:
        message = read(_headers(record), value)
    except UnreadableRecord as error:
        batch.rejected.append(_rejected(record, value, error))
        return
    if isinstance(message, Post):
        batch.posts.append(message)
    else:
        batch.progress.append((record.partition(), message))


_call_headers = methodcaller("headers")
"""Calls the library so that its error is noticed at once: a method that is called often is called without this check.

The library goes on after a header's name that is not UTF-8, and returns a name that is not there."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector away from `_call_headers`, because a collection would clear the error."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _headers(record: Message) -> Headers:
    """Return the headers of a record.

    Raises:
        UnreadableRecord: the name of a header is not UTF-8.
    """
    try:
        return _call_headers(record) or []
    except (SystemError, UnicodeDecodeError) as error:
        raise UnreadableRecord("The name of a header is not UTF-8.") from error


def _rejected(record: Message, value: bytes | None, error: UnreadableRecord) -> Rejected:
    return Rejected(
        source="kafka",
        where=f"{record.topic()}[{record.partition()}]@{record.offset()}",
        reason=str(error),
        raw=raw_text(value or b""),
        seen_at=sent_at(record),
        stage="worker",
        kind=error.kind,
    )


def sent_at(record: Message) -> datetime:
    """Return the record's own timestamp. Its writer sets it, so it may have any value."""
    try:
        return datetime.fromtimestamp(record.timestamp()[1] / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
