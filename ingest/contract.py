"""What the ingest stage hands on: the post, its JSON, the Kafka topics it travels in.

Everything here is frozen: other stages, stored archives and other people's programs read it. A field may be
added with a default; none is renamed, retyped or removed without raising `CONTRACT_VERSION`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

CONTRACT_VERSION = 1

POSTS_TOPIC = "posts"
REJECTED_TOPIC = "posts.rejected"

EMBEDDED_CLUSTER_ID = "banwatch-embedded"
"""The cluster id that the embedded broker reports. Its memory dies with it, so a cursor must not trust its
acknowledgement: it advances behind what the consumer group has committed instead."""

SYNTHETIC_PREFIX = "synthetic-"
"""Sources whose name begins so were generated, not collected, and every surface says so."""

ARCHIVE_PREFIX = "archive-"
"""Collectors whose name begins so read an archive: files, each with posts of any sources."""

Moment = Annotated[datetime, Meta(tz=True)]
SourceName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
PostId = Annotated[str, Meta(min_length=1, max_length=512)]
Amount = Annotated[int, Meta(ge=0, le=2**63 - 1)]
LONGEST_SILENCE = 10**9
Seconds = Annotated[float, Meta(gt=0, le=LONGEST_SILENCE)]
Operation = Literal["post", "delete", "delete_author"]
CollectorState = Literal["listening", "silent", "reconnecting", "failed", "ended"]
"""`silent`: the network has given no sign of life for the source's `silent_after`; see `is_silent`.
`failed`: a person has to change something."""

SILENT_AFTER = timedelta(minutes=2)
"""For a source that sets no other time, and for a collector of an older version, which says none."""


class Post(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One post of one network, or the news that one is gone.

    `source` and `id` name it for good. `created_at` is the author's clock, `seen_at` the network's or ours.
    `clock_replaced`: the author's clock said nothing or could not be right, and `created_at` is another one.
    A `delete` removes the post `id`; a `delete_author` removes everything by `author` and carries an `id`
    of its own. `backfill` marks history fetched after the fact: it is counted and never alerts.
    """

    source: SourceName
    id: PostId
    text: Annotated[str, Meta(max_length=100_000)]
    created_at: Moment
    op: Operation = "post"
    url: str | None = None
    author: str | None = None
    langs: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    reply_to: str | None = None
    repost_of: str | None = None
    likes: Amount | None = None
    replies: Amount | None = None
    reposts: Amount | None = None
    seen_at: Moment | None = None
    backfill: bool = False
    clock_replaced: bool = False


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A collector's word that it has delivered everything between two event times.

    It is written to every one of the `partitions`, behind the posts that it speaks for, so whoever has read it
    there has read those posts; what not all partitions have said is not known yet. A minute that no progress covers
    is unknown, not zero. `complete`: an archive has said its last word, and nothing more will come. `idle`: a live
    source has read all there was up to `until`, and is asked again in its own time; nobody waits for it. A live source
    is never complete.

    It is also how the collector is. `silent_after` is in seconds: see `is_silent`. `events` are signs of life of the
    network, `posts` what it sent of them, and they are counted from the start of the collector's process, as
    `rejected` and `reconnects` are; `last_event` and `last_post` are the collector's wall clock. While it covers
    nothing, `since` and `until` are the same.
    """

    source: SourceName
    since: Moment
    until: Moment
    partitions: Annotated[int, Meta(ge=1, le=65_535)] = 1
    complete: bool = False
    idle: bool = False
    silent_after: Seconds = SILENT_AFTER.total_seconds()
    state: CollectorState = "listening"
    detail: Annotated[str, Meta(max_length=500)] = ""
    events: Amount = 0
    posts: Amount = 0
    rejected: Amount = 0
    reconnects: Amount = 0
    last_event: Moment | None = None
    last_post: Moment | None = None


class Rejected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that could not be read as a post: where it stood, why, and its first 4,096 characters."""

    source: str
    where: str
    reason: str
    raw: str
    seen_at: Moment | None = None


@dataclass(frozen=True)
class KafkaAddress:
    """Where Kafka is. `bootstrap` is one or more `host:port`, separated by commas."""

    bootstrap: str
    posts_topic: str = POSTS_TOPIC
    rejected_topic: str = REJECTED_TOPIC


class NotAPost(ValueError):
    """The bytes are not a post; the message says what is wrong and in which field."""


_decode_post = msgspec.json.Decoder(Post).decode
_encode = msgspec.json.Encoder().encode


def decode_post(line: bytes | str) -> Post:
    """Read one JSON object as a post. Unknown fields are ignored, so that an older reader takes a newer post.

    Raises:
        NotAPost: with one sentence that names the field.
    """
    try:
        return _decode_post(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAPost(f"Not a post: {error}.") from error
    except RecursionError as error:
        raise NotAPost("Not a post: the JSON is nested too deeply.") from error


def encode(message: Post | Progress | Rejected) -> bytes:
    """Write a message as one line of JSON, without the fields that hold their default."""
    return _encode(message)


def is_silent(last_event: datetime, silent_after: timedelta, now: datetime) -> bool:
    """Whether a collector is silent at `now`: its network has given no sign of life for its own `silent_after`.

    `last_event` is the last sign of life, and before the first one the start of the collector. Every place that calls
    a collector silent asks here.
    """
    return now - last_event >= silent_after


def state_at(said: CollectorState, last_event: datetime, silent_after: timedelta, now: datetime) -> CollectorState:
    """How a collector is at `now`: as it said, or silent where it was at work and its time is over."""
    at_work = said in {"listening", "reconnecting"}
    return "silent" if at_work and is_silent(last_event, silent_after, now) else said


def partition_key(post: Post) -> bytes:
    """`source:id`: an edit or a delete follows its post in the same partition, hence in order."""
    return f"{post.source}:{post.id}".encode()
