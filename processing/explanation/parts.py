"""The parts of an explanation that the store counts, a query each."""

from __future__ import annotations

from datetime import datetime

import msgspec

from processing.queries.scopes import IN_SCOPE, Scope
from processing.queries.statement import Statement

_CLEAN_LINK = r"replaceRegexpAll(cutFragment(link), '[?&](utm_[a-z]+|fbclid|gclid|ref|ref_src|igshid)=[^&]*', '')"
"""A link without the parameters that only say who shared it."""


class Counted(msgspec.Struct, frozen=True):
    """A link, a site or a hashtag: how many people used it, in how many posts."""

    name: str
    authors: int
    posts: int


class Share(msgspec.Struct, frozen=True):
    """A language or a source: its posts, its share of all, and its usual share over the week before (0 where none)."""

    name: str
    posts: int
    share: float
    usual: float


class SharedPost(msgspec.Struct, frozen=True):
    """A post to show. `shared`: reposts of it in the range; `reposts` and `likes` as its network said last."""

    source: str
    id: str
    created_at: datetime
    language: str
    author: str
    text: str
    url: str
    shared: int
    reposts: int | None
    likes: int | None


def first_posts(scope: Scope, most: int = 5) -> Statement:
    """The earliest posts, reposts left out."""
    return Statement(
        f"""
        SELECT source, id, created_at, language, author, text, url, toUInt64(0) AS shared, reposts, likes
        FROM posts
        WHERE {IN_SCOPE} AND text != '' AND repost_of = ''
        ORDER BY created_at, source, id
        LIMIT {{most:UInt32}}
        """,  # noqa: S608 - the part is a constant
        {**scope.parameters, "most": most},
    )


def most_shared(scope: Scope, most: int = 5) -> Statement:
    """The posts that most people repeat or like: posts of the range, and posts of the day before that it repeats."""
    return Statement(
        f"""
        WITH repeated AS
        (
            SELECT source, repost_of AS id, uniqExact(author) AS shared
            FROM posts
            WHERE {IN_SCOPE} AND repost_of != ''
            GROUP BY source, id
        )
        SELECT source, id, created_at, language, author, text, url, repeated.shared AS shared, reposts, likes
        FROM posts LEFT JOIN repeated USING (source, id)
        WHERE created_at >= {{start:DateTime('UTC')}} - INTERVAL 1 DAY AND created_at < {{end:DateTime('UTC')}}
            AND has(topics, {{topic:String}}) AND ({{language:String}} = '*' OR language = {{language:String}})
            AND NOT deleted AND text != '' AND repost_of = ''
            AND (created_at >= {{start:DateTime('UTC')}} OR shared > 0)
            AND (shared > 0 OR reposts > 0 OR likes > 0)
        ORDER BY greatest(shared, ifNull(reposts, 0)) DESC, ifNull(likes, 0) DESC, created_at, source, id
        LIMIT {{most:UInt32}}
        """,  # noqa: S608 - the part is a constant
        {**scope.parameters, "most": most},
    )


def links(scope: Scope, most: int = 8) -> Statement:
    """The addresses that most people point to."""
    return _counted(scope, f"arrayMap(link -> {_CLEAN_LINK}, links)", most)


def sites(scope: Scope, most: int = 8) -> Statement:
    """The sites that most people point to."""
    return _counted(scope, "arrayMap(link -> domainWithoutWWW(link), links)", most)


def hashtags(scope: Scope, most: int = 12) -> Statement:
    """The hashtags that most people use."""
    return _counted(scope, "arrayMap(tag -> lowerUTF8(trimLeft(tag, '#')), hashtags)", most)


def _counted(scope: Scope, names: str, most: int) -> Statement:
    """What at least two people used: what one person alone used may be anything and says nothing of a surge."""
    return Statement(
        f"""
        SELECT name, uniqExact(if(author = '', concat('-', id), author)) AS authors, count() AS posts
        FROM posts
        ARRAY JOIN arrayDistinct({names}) AS name
        WHERE {IN_SCOPE} AND name != ''
        GROUP BY name
        HAVING authors > 1
        ORDER BY authors DESC, posts DESC, name
        LIMIT {{most:UInt32}}
        """,  # noqa: S608 - the parts are constants
        {**scope.parameters, "most": most},
    )


def languages(scope: Scope) -> Statement:
    """Each language's share of the posts."""
    return _shares(scope, "language")


def sources(scope: Scope) -> Statement:
    """Each source's share of the posts."""
    return _shares(scope, "source")


def _shares(scope: Scope, column: str) -> Statement:
    return Statement(
        f"""
        WITH
            counted AS
            (
                SELECT {column} AS name, sumIf(counts.posts, minute >= {{start:DateTime('UTC')}}) AS during,
                    sumIf(counts.posts, minute < {{start:DateTime('UTC')}}) AS before
                FROM counts
                WHERE topic = {{topic:String}} AND ({{language:String}} = '*' OR language = {{language:String}})
                    AND minute >= {{start:DateTime('UTC')}} - INTERVAL 7 DAY AND minute < {{end:DateTime('UTC')}}
                GROUP BY name
            )
        SELECT name, during AS posts, during / greatest(sum(during) OVER (), 1) AS share,
            before / greatest(sum(before) OVER (), 1) AS usual
        FROM counted
        ORDER BY posts DESC, name
        LIMIT 20
        """,  # noqa: S608 - the column is a constant of this file
        scope.parameters,
    )
