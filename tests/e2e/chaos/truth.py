"""What an archive's counts have to be, from its lines alone, and what a store says they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from ingest.contract import Post
from ingest.event_time import event_time
from processing.contract import ClickHouseAddress, TaggedPost
from processing.store.client import Store
from processing.store.writer import milliseconds, minute_of
from processing.tagging.language import DETECTORS
from processing.tagging.tagger import Enricher
from processing.tagging.topics import load_taxonomy

BATCH = 10_000


class Bucket(NamedTuple):
    """One row of `counts`."""

    minute: datetime
    topic: str
    language: str
    source: str


class Figures(NamedTuple):
    """What is counted of it."""

    posts: int
    authors: int
    deleted: int


NOTHING = Figures(0, 0, 0)


def recounted(messages: Iterable[Post]) -> dict[Bucket, Figures]:
    """Every bucket of the archive, counted in Python."""
    messages = list(messages)
    gone = _Gone(messages)
    speakers: dict[Bucket, list[tuple[str, bool]]] = {}
    for tagged in _tagged(_newest(messages)):
        post = tagged.post
        deleted = gone.names(post)
        # A deleted post has no author any more, and counts as one of its own.
        speaker = f"\0{post.id}" if deleted or not post.author else post.author
        for topic in (*tagged.topics, "*"):
            bucket = Bucket(minute_of(event_time(post).at), topic, tagged.language, post.source)
            speakers.setdefault(bucket, []).append((speaker, deleted))
    return {
        bucket: Figures(len(of), len({speaker for speaker, _ in of}), sum(deleted for _, deleted in of))
        for bucket, of in speakers.items()
    }


def counted(address: ClickHouseAddress) -> dict[Bucket, Figures]:
    """Every bucket of the store."""
    with Store(address) as store:
        rows = store.query("SELECT minute, topic, language, source, posts, authors, deleted FROM counts")
    return {Bucket(*row[:4]): Figures(*row[4:]) for row in rows}


def differences(expected: dict[Bucket, Figures], found: dict[Bucket, Figures]) -> dict[Bucket, tuple[Figures, Figures]]:
    """The buckets that differ: what was expected, what was found."""
    return {
        bucket: (expected.get(bucket, NOTHING), found.get(bucket, NOTHING))
        for bucket in expected.keys() | found.keys()
        if expected.get(bucket, NOTHING) != found.get(bucket, NOTHING)
    }


class _Gone:
    """Which posts are deleted, by themselves or with their author."""

    def __init__(self, messages: Iterable[Post]) -> None:
        self._posts: set[tuple[str, str]] = set()
        self._left: dict[tuple[str, str | None], datetime] = {}
        for message in messages:
            if message.op == "delete":
                self._posts.add((message.source, message.id))
            elif message.op == "delete_author":
                who = (message.source, message.author)
                self._left[who] = max(message.created_at, self._left.get(who, message.created_at))

    def names(self, post: Post) -> bool:
        left = self._left.get((post.source, post.author))
        return (post.source, post.id) in self._posts or (left is not None and post.created_at <= left)


def _newest(messages: Iterable[Post]) -> list[Post]:
    """Of each post the version that was seen last."""
    newest: dict[tuple[str, str], Post] = {}
    for message in messages:
        if message.op == "post":
            known = newest.setdefault((message.source, message.id), message)
            if _version(message) > _version(known):
                newest[message.source, message.id] = message
    return list(newest.values())


def _version(post: Post) -> int:
    return milliseconds(post.seen_at or post.created_at)


def _tagged(posts: list[Post]) -> Iterator[TaggedPost]:
    topics = Path(str(resources.files("deploy") / "config/topics.toml"))
    enricher = Enricher(DETECTORS["vote"](), load_taxonomy(topics))
    for start in range(0, len(posts), BATCH):
        yield from enricher.tag_many(posts[start : start + BATCH])
