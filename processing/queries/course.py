"""How an incident ran: its posts along time, how the languages followed each other, and its posts one by one.

A deleted post keeps its time, language and topics. So it can be counted, or left out, and its text is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.queries.reader import Reader
from processing.queries.scopes import Scope
from processing.queries.statement import Statement

ENOUGH = 10
"""The number of the post by which a language speaks of an incident for certain: a few posts are there at any time."""

_OF_TOPIC = (
    "has(topics, {topic:String}) AND ({language:String} = '*' OR language = {language:String}) "
    "AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}"
)
"""The posts of a series in a range, deleted ones among them."""


@dataclass(frozen=True, slots=True)
class BinPosts:
    """Posts of one bin. `deleted` of the `posts` are deleted by now."""

    start: datetime
    posts: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """How one language came to an incident. `deleted` of the `posts` are deleted by now.

    `first` is the time of its first post, and `tenth` that of its tenth post, or None if there are fewer.
    """

    language: str
    posts: int
    deleted: int
    first: datetime
    tenth: datetime | None


def bins_query(scope: Scope, width: timedelta) -> Statement:
    """Start of the bin, posts, and how many of them are deleted by now; bins without posts are absent."""
    return Statement(
        """
        SELECT toStartOfInterval(minute, toIntervalSecond({width:UInt32})) AS bin, sum(counts.posts) AS posts,
            sum(counts.deleted) AS deleted
        FROM counts
        WHERE topic = {topic:String} AND ({language:String} = '*' OR language = {language:String})
            AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        GROUP BY bin
        ORDER BY bin
        """,
        {**scope.parameters, "width": int(width.total_seconds())},
    )


def minutes_query(scope: Scope) -> Statement:
    """Minute, language, posts, authors, and how many of the posts were backfilled and are deleted by now."""
    return Statement(
        """
        SELECT minute, language, sum(counts.posts) AS posts, sum(counts.authors) AS authors,
            sum(counts.backfilled) AS backfilled, sum(counts.deleted) AS deleted
        FROM counts
        WHERE topic = {topic:String} AND ({language:String} = '*' OR language = {language:String})
            AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        GROUP BY minute, language
        ORDER BY minute, language
        """,
        scope.parameters,
    )


def arrivals_query(scope: Scope, *, with_deleted: bool) -> Statement:
    """Language, posts, deleted ones among them, the times of the first and the tenth; in the order of the first."""
    return Statement(
        f"""
        SELECT language, count() AS posts, countIf(posts.deleted) AS deleted, min(created_at) AS first,
            if(posts >= {{enough:UInt32}}, arraySort(groupArray(created_at))[{{enough:UInt32}}], NULL) AS tenth
        FROM posts
        WHERE {_OF_TOPIC} AND ({{with_deleted:Bool}} OR NOT posts.deleted)
        GROUP BY language
        ORDER BY first, language
        """,  # noqa: S608 - the part is a constant
        {**scope.parameters, "enough": ENOUGH, "with_deleted": with_deleted},
    )


def posts_query(scope: Scope) -> Statement:
    """Source, id, time, language, topics, rules, whether it is deleted, and the SHA-256 of the text if there is one."""
    return Statement(
        f"""
        SELECT source, id, created_at, language, topics, rules, deleted,
            if(text = '', '', lower(hex(SHA256(text)))) AS sha256
        FROM posts
        WHERE {_OF_TOPIC}
        ORDER BY created_at, source, id
        """,  # noqa: S608 - the part is a constant
        scope.parameters,
    )


def texts_query(scope: Scope) -> Statement:
    """Source, id and text of the posts that have a text and are not deleted."""
    return Statement(
        f"""
        SELECT source, id, text
        FROM posts
        WHERE {_OF_TOPIC} AND NOT deleted AND text != ''
        ORDER BY created_at, source, id
        """,  # noqa: S608 - the part is a constant
        scope.parameters,
    )


def course(reader: Reader, scope: Scope, width: timedelta) -> tuple[BinPosts, ...]:
    """Return the posts of a series along time; bins without posts are absent."""
    return tuple(BinPosts(*row) for row in bins_query(scope, width).rows(reader))


def arrivals(reader: Reader, scope: Scope, *, with_deleted: bool) -> tuple[Arrival, ...]:
    """Return how the languages followed each other, in the order of their first posts."""
    return tuple(Arrival(*row) for row in arrivals_query(scope, with_deleted=with_deleted).rows(reader))
