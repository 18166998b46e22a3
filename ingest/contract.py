"""The contract of the ingest stage: the post, its JSON, and the Kafka topics that carry it.

Everything here is frozen: other stages, stored archives and other people's programs read it. A field may be added with
a default. Renaming, retyping or removing a field raises `CONTRACT_VERSION`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from pydantic import BeforeValidator, SecretStr

CONTRACT_VERSION = 1

POSTS_TOPIC = "posts"
REJECTED_TOPIC = "posts.rejected"

EMBEDDED_CLUSTER_ID = "banwatch-embedded"
"""The cluster id that the embedded broker reports. The broker's memory dies with its process, so a cursor must not
trust its acknowledgement. The cursor advances behind the offsets that the consumer group has committed instead."""

SYNTHETIC_PREFIX = "synthetic-"
"""A source whose name begins with this prefix was generated, not collected, and every surface says so."""

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
"""`silent`: the network has sent nothing for the source's `silent_after`; see `is_silent`. `failed`: a person has to
change a setting or a file."""

SILENT_AFTER = timedelta(minutes=2)
"""The default of `silent_after`, for a source that sets no other time and for a collector of an older version."""


LONGEST_TEXT = 100_000
"""The longest text of a post, in characters."""


class Post(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One post of one network, or the deletion of one.

    `source` and `id` identify the post for good. `created_at` is the time of the author's clock. `seen_at` is the time
    at which the network, or banwatch, first saw the post. `clock_replaced` means that the author's clock was missing or
    impossible, and that `created_at` comes from another clock.

    A `delete` removes the post `id`. A `delete_author` removes every post by `author` and carries an `id` of its own.
    `backfill` marks a post fetched after the fact: it is counted and never alerts.
    """

    source: SourceName
    id: PostId
    text: Annotated[str, Meta(max_length=LONGEST_TEXT)]
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
    """A collector's statement that it has delivered every post between two event times.

    The statement goes to each of the `partitions`, after the posts that it covers. A reader that has read the statement
    in a partition has therefore read those posts there. Until all partitions have carried it, the statement does not
    hold. A minute that no progress covers is unknown, not zero.

    `complete` means that an archive has ended and nothing more will come; a live source is never complete. `idle` means
    that a live source has read everything up to `until` and is asked again later; nobody waits for it.

    Progress also carries the collector's health. `silent_after` is in seconds: see `is_silent`. `events` counts the
    network's signs of life, and `posts` counts the posts among them. `events`, `posts`, `rejected` and `reconnects`
    count from the start of the collector's process. `last_event` and `last_post` are times of the collector's wall
    clock. While the collector covers nothing, `since` equals `until`.
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


RAW_KEPT = 4_096
"""The number of characters that are kept of an unreadable record."""


RejectionStage = Literal["collector", "worker", "store"]
"""Who rejected a record: its collector, the worker that read it from Kafka, or the store."""

RejectionKind = Literal["unreadable", "too_large", "impossible_time", "missing", "refused"]
"""Why a record was rejected, in one word. `unreadable`: its form is not that of a post. `missing`: posts are known to
be gone, and nobody can read them any more. `refused`: the store does not take its contents."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record that could not be read as a post: its place, the reason, and its first `RAW_KEPT` characters.

    `seen_at` is when it was read; in a rejection from Kafka, when it was written there. `stage` is None in a record of
    0.1, which did not say it, and in a collector's until it is sent.
    """

    source: str
    where: str
    reason: str
    raw: str
    seen_at: Moment | None = None
    stage: RejectionStage | None = None
    kind: RejectionKind = "unreadable"


def _seconds(given: object) -> object:
    try:
        return float(given) if isinstance(given, str) else given
    except ValueError:
        return given


Duration = Annotated[timedelta, BeforeValidator(_seconds)]
"""A time span in a setting of any stage, written as seconds (`30`) or as ISO 8601 (`PT30S`)."""


POSTS_KEPT = timedelta(days=7)
"""How long Kafka keeps posts, unless the settings say otherwise."""


SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


@dataclass(frozen=True)
class KafkaSecurity:
    """How clients of Kafka encrypt their connections and log in, in Kafka's own terms.

    Without a `ca_file`, the authorities of the operating system are trusted. The key is not encrypted.
    """

    protocol: SecurityProtocol = "PLAINTEXT"
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    mechanism: SaslMechanism = "SCRAM-SHA-512"
    user: str = ""
    password: SecretStr = field(default=SecretStr(""))

    @property
    def encrypted(self) -> bool:
        """Whether connections use TLS."""
        return self.protocol in {"SSL", "SASL_SSL"}

    @property
    def logs_in(self) -> bool:
        """Whether a client logs in by SASL."""
        return self.protocol in {"SASL_PLAINTEXT", "SASL_SSL"}


@dataclass(frozen=True)
class KafkaAddress:
    """The address of Kafka. `bootstrap` is one or more `host:port`, separated by commas."""

    bootstrap: str
    posts_topic: str = POSTS_TOPIC
    rejected_topic: str = REJECTED_TOPIC
    security: KafkaSecurity = KafkaSecurity()

    @property
    def endpoints(self) -> list[str]:
        """Each `host:port` of the bootstrap."""
        return [endpoint.strip() for endpoint in self.bootstrap.split(",")]


@dataclass(frozen=True)
class Replication:
    """How often a new topic is stored, and how many of its replicas must have a record before it is acknowledged.

    None lets the size of the cluster decide: see `on`.
    """

    factor: int | None = None
    min_insync: int | None = None

    def on(self, brokers: int) -> tuple[int, int]:
        """Return the number of replicas, and of those that must be in sync, on a cluster of so many brokers.

        Up to three brokers have a replica each, and one of them may be away: 3 and 2, 2 and 1, 1 and 1.
        No more must be in sync than there are: such a topic refuses every record.
        """
        factor = self.factor or min(3, max(1, brokers))
        return factor, min(factor, self.min_insync or max(1, factor - 1))


BY_CLUSTER_SIZE = Replication()


class NotAPost(ValueError):
    """The bytes are not a post; the message names the field and the fault."""


_decode_post = msgspec.json.Decoder(Post).decode
_encode = msgspec.json.Encoder().encode


def decode_post(line: bytes | str) -> Post:
    """Return the post in one JSON object. Unknown fields are ignored, so an older reader accepts a newer post.

    Raises:
        NotAPost: the JSON is not a post; the message is one sentence that names the field.
    """
    try:
        return _decode_post(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAPost(f"Not a post: {error}.") from error
    except RecursionError as error:
        raise NotAPost("Not a post: the JSON is nested too deeply.") from error


def encode(message: Post | Progress | Rejected) -> bytes:
    """Return a message as one line of JSON, without the fields that have their default."""
    return _encode(message)


def is_silent(last_event: datetime, silent_after: timedelta, now: datetime) -> bool:
    """Return whether a collector is silent at `now`: its network has sent nothing for `silent_after`.

    `last_event` is the time of the last sign of life, or the collector's start before the first one. Every place that
    calls a collector silent uses this function.
    """
    return now - last_event >= silent_after


def state_at(said: CollectorState, last_event: datetime, silent_after: timedelta, now: datetime) -> CollectorState:
    """Return a collector's state at `now`: the state it reported, or `silent` if a working collector is overdue."""
    at_work = said in {"listening", "reconnecting"}
    return "silent" if at_work and is_silent(last_event, silent_after, now) else said


def raw_text(content: bytes | str) -> str:
    """Return the beginning of an unreadable record for `Rejected.raw`. Bytes that are not UTF-8 are replaced."""
    text = content if isinstance(content, str) else content[: 4 * RAW_KEPT].decode(errors="replace")
    return text[:RAW_KEPT]


def partition_key(post: Post) -> bytes:
    """Return the key `source:id`. It puts an edit or a delete in its post's partition, hence after the post."""
    return f"{post.source}:{post.id}".encode()


class Trend(msgspec.Struct, frozen=True):
    """What a network calls trending. `started_at` is when it says that it began, or None."""

    name: str
    url: str = ""
    started_at: datetime | None = None
