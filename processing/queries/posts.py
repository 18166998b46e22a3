"""Reads of the posts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ingest.contract import SYNTHETIC_PREFIX, Post
from processing.contract import (
    TaggedPost,
)
from processing.queries.reader import Reader
from processing.store.client import Row


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post in the form in which the page shows it. `reposts` is what its network told last, or None."""

    source: str
    id: str
    created_at: datetime
    language: str
    topics: tuple[str, ...]
    text: str
    url: str
    author: str
    reposts: int | None = None

    @property
    def synthetic(self) -> bool:
        """Whether the post is generated: nobody wrote it."""
        return self.source.startswith(SYNTHETIC_PREFIX)


STORED_POST = "source, id, created_at, language, topics, text, url, author, reposts"
"""The columns of a `StoredPost`, in its order."""


def stored_post(row: Row) -> StoredPost:
    """Return a row of `STORED_POST` as a post."""
    source, name, created_at, language, topics, text, url, author, reposts = row
    return StoredPost(source, name, created_at, language, tuple(topics), text, url, author, reposts)


def stored_posts(reader: Reader, start: datetime, end: datetime) -> tuple[TaggedPost, ...]:
    """Return the posts of a range that still have a text, with their tags."""
    rows = reader.query(
        """
        SELECT
            source, id, text, created_at, url, author, langs, links, hashtags, reply_to, repost_of,
            likes, replies, reposts, seen_at, backfill, language, confidence, topics, rules
        FROM posts
        WHERE created_at >= {start:DateTime64(3, 'UTC')} AND created_at < {end:DateTime64(3, 'UTC')}
            AND text != '' AND NOT deleted
        """,
        {"start": start, "end": end},
    )
    return tuple(_tagged(row) for row in rows)


def _tagged(row: Row) -> TaggedPost:
    source, name, text, created_at, url, author, langs, links, hashtags, reply_to, repost_of, *rest = row
    likes, replies, reposts, seen_at, backfill, language, confidence, topics, rules = rest
    post = Post(
        source=source,
        id=name,
        text=text,
        created_at=created_at,
        url=url or None,
        author=author or None,
        langs=tuple(langs),
        links=tuple(links),
        hashtags=tuple(hashtags),
        reply_to=reply_to or None,
        repost_of=repost_of or None,
        likes=likes,
        replies=replies,
        reposts=reposts,
        seen_at=seen_at,
        backfill=backfill,
    )
    return TaggedPost(post, language, confidence, tuple(topics), rules)
