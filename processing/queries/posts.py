"""Reads of the posts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract import Post
from processing.contract import (
    EVERYTHING,
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


def newest_posts(
    reader: Reader, start: datetime, end: datetime, *, topic: str, language: str, limit: int
) -> tuple[StoredPost, ...]:
    """Return the newest posts of a range that still have a text, newest first.

    The counts first give the minutes in which the posts lie. Each of the newest `limit` minutes with a post holds at
    least one post, so no text of another minute is read. The query therefore stays fast for a range of a month.
    """
    minutes = _newest_minutes(reader, start, end, topic=topic, language=language, limit=limit)
    rows = reader.query(
        f"""
        SELECT {STORED_POST}
        FROM posts
        WHERE toStartOfMinute(created_at) IN {{minutes:Array(DateTime('UTC'))}}
            AND created_at >= {{start:DateTime64(3, 'UTC')}} AND created_at < {{end:DateTime64(3, 'UTC')}}
            AND text != '' AND NOT deleted
            AND ({{topic:String}} = '*' OR has(topics, {{topic:String}}))
            AND ({{language:String}} = '*' OR language = {{language:String}})
        ORDER BY created_at DESC, source, id
        LIMIT {{limit:UInt32}}
        """,  # noqa: S608 - only names of ours
        {"minutes": minutes, "topic": topic, "language": language, "start": start, "end": end, "limit": limit},
    )
    return tuple(map(stored_post, rows))


def _newest_minutes(
    reader: Reader, start: datetime, end: datetime, *, topic: str, language: str, limit: int
) -> list[datetime]:
    """Return the newest minutes with a post, newest first. The last day is searched before the whole range.

    The ids of all topics sort after `*`, so the range from `+` to `~` means every topic.
    """
    first, last = ("+", "~") if topic == EVERYTHING else (topic, topic)
    for since in (max(start, end - timedelta(days=1)), start):
        rows = reader.query(
            """
            SELECT DISTINCT minute FROM counts
            WHERE topic >= {first:String} AND topic <= {last:String}
                AND minute >= {since:DateTime('UTC')} AND minute < {end:DateTime('UTC')} AND posts > deleted
                AND ({language:String} = '*' OR language = {language:String})
            ORDER BY minute DESC
            LIMIT {limit:UInt32}
            """,
            {"first": first, "last": last, "language": language, "since": since, "end": end, "limit": limit},
        )
        if len(rows) == limit or since == start:
            break
    return [minute for (minute,) in rows]
