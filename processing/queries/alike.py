"""Who posted alike in an incident: pairs of accounts that posted the same within seconds, more often than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from processing.queries.posts import STORED_POST, StoredPost, stored_post
from processing.queries.reader import Reader
from processing.queries.statement import Statement

WITHIN_SECONDS = 10
"""How close in time two posts are posted together."""

BEYOND_CHANCE = 0.05
"""Of pairs of accounts whose `chance` is below this, chance alone would make fewer than one in twenty incidents."""

MOST_PAIRS = 40
"""The pairs of accounts that are shown."""

MOST_POSTS = 5
"""The pairs of posts that are shown of one pair of accounts."""

LOOKED_FOR = timedelta(seconds=8)
"""The store ends the query for the pairs after this time: shorter than the dashboard waits for an answer."""

Account = tuple[str, str]
"""A network and the name of an account in it."""


@dataclass(frozen=True, slots=True)
class PostedTogether:
    """A post of each account with the same content. `kinds` is what was the same: link, text, hashtags."""

    kinds: tuple[str, ...]
    at_a: datetime
    id_a: str
    at_b: datetime
    id_b: str


@dataclass(frozen=True, slots=True)
class AlikePair:
    """Two accounts that posted alike `times`, with the first of these posts.

    `apart` is in seconds. `expected` is how many times chance makes likely, and `chance` is how many such pairs of
    accounts chance alone would make in the whole incident.
    """

    a: Account
    b: Account
    times: int
    kinds: tuple[str, ...]
    apart: float
    expected: float
    chance: float
    together: tuple[PostedTogether, ...]


def alike_query(incident: str) -> Statement:
    """Return the query for the pairs of accounts of an incident, the least likely by chance first."""
    return Statement(
        """
        SELECT source_a, author_a, source_b, author_b, times, kinds, apart, expected, chance,
            arraySlice(pairs, 1, {posts:UInt8}) AS first_pairs, count() OVER () AS all
        FROM alike(incident = {incident:String}, seconds = {seconds:UInt16})
        WHERE chance < {beyond:Float64}
        ORDER BY chance, times DESC, source_a, author_a, source_b, author_b
        LIMIT {most:UInt32}
        """,
        {
            "incident": incident,
            "seconds": WITHIN_SECONDS,
            "beyond": BEYOND_CHANCE,
            "posts": MOST_POSTS,
            "most": MOST_PAIRS,
        },
    )


def alike(reader: Reader, incident: str) -> tuple[int, tuple[AlikePair, ...]]:
    """Return how many pairs of accounts posted alike in an incident, and the first `MOST_PAIRS` of them.

    Raises:
        StoreUnavailable: with the code 159 if it takes longer than `LOOKED_FOR`.
    """
    query = alike_query(incident)
    rows = reader.query(query.sql, query.parameters, patience=LOOKED_FOR)
    pairs = tuple(
        AlikePair(
            (source_a, author_a),
            (source_b, author_b),
            times,
            tuple(kinds),
            apart,
            expected,
            chance,
            tuple(_together(each) for each in first),
        )
        for source_a, author_a, source_b, author_b, times, kinds, apart, expected, chance, first, _ in rows
    )
    return (rows[0][-1] if rows else 0), pairs


def _together(stored: Any) -> PostedTogether:
    """Return a named tuple of the store. The client returns it as a dictionary or as a tuple."""
    kinds, *rest = stored.values() if isinstance(stored, dict) else stored
    return PostedTogether(tuple(kinds), *rest)


def posts_of_pairs(reader: Reader, pairs: Sequence[AlikePair]) -> dict[tuple[str, str], StoredPost]:
    """Return the posts of these pairs by source and id. A post that is deleted since is not among them."""
    keys = {(each.a[0], one.id_a): one.at_a for each in pairs for one in each.together}
    keys |= {(each.b[0], one.id_b): one.at_b for each in pairs for one in each.together}
    if not keys:
        return {}
    rows = reader.query(
        f"""
        SELECT {STORED_POST} FROM posts
        WHERE toStartOfMinute(created_at) IN {{minutes:Array(DateTime('UTC'))}}
            AND (source, id) IN {{names:Array(Tuple(String, String))}} AND NOT deleted
        """,  # noqa: S608 - only names of ours
        {"minutes": sorted({at.replace(second=0, microsecond=0) for at in keys.values()}), "names": sorted(keys)},
    )
    return {(post.source, post.id): post for post in map(stored_post, rows)}
