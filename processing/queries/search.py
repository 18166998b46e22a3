"""The search for posts: by time, topic, language, source and words; newest first or most shared first.

The counts tell how many posts of a series lie in which hour and minute. So any page of the newest posts is read without
the posts before it, and a search for words reads the newest texts first and stops when its time is over.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, takewhile

from processing.contract import EVERYTHING
from processing.queries.posts import STORED_POST, StoredPost, stored_post
from processing.queries.reader import TIMEOUT_EXCEEDED, Reader
from processing.queries.rollups import HOUR, MINUTE, counted
from processing.queries.statement import Statement, Value
from processing.queries.text_pattern import patterns
from processing.store.client import StoreUnavailable

MOST_FOUND = 10_000
"""The posts that a search for words, or for the most shared posts, counts and lists at most."""
PATIENCE = timedelta(seconds=4)
_FIRST_POSTS, _MOST_POSTS = 50_000, 2_000_000
"""The posts of the store that the first and the largest step of a search for words reads."""

PostKey = tuple[datetime, str, str]
"""The name of a post in the store: event time, source, id."""


@dataclass(frozen=True, slots=True)
class PostSearch:
    """What posts are searched for: `start` and `end` are whole minutes, and `*` means every value.

    `words` is as a person types it: see `processing.queries.text_pattern`.
    """

    start: datetime
    end: datetime
    topic: str = EVERYTHING
    language: str = EVERYTHING
    source: str = EVERYTHING
    words: str = ""

    @property
    def condition(self) -> str:
        """The condition on `posts` that selects what is searched for."""
        matching = (f" AND match(text, {{pattern_{number}:String}})" for number in range(len(patterns(self.words))))
        return (
            "created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')} AND NOT deleted "
            "AND ({topic:String} = '*' OR has(topics, {topic:String})) "
            "AND ({language:String} = '*' OR language = {language:String}) "
            "AND ({source:String} = '*' OR source = {source:String})" + "".join(matching)
        )

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters of the condition."""
        named = {f"pattern_{number}": pattern for number, pattern in enumerate(patterns(self.words))}
        return {
            "start": self.start,
            "end": self.end,
            "topic": self.topic,
            "language": self.language,
            "source": self.source,
            **named,
        }

    def statement(self, most: int) -> Statement:
        """Return the search as one query, for people to change and run."""
        return Statement(
            f"SELECT {STORED_POST}\nFROM posts\nWHERE {self.condition}\n"
            "ORDER BY created_at DESC\nLIMIT {most:UInt32}",
            {**self.parameters, "most": most},
        )


@dataclass(frozen=True, slots=True)
class CountedTime:
    """Counts of an hour or a minute: the posts of a search without its words, of these the deleted, and all posts."""

    start: datetime
    posts: int
    deleted: int
    stored: int

    @property
    def listed(self) -> int:
        """The posts that a list shows: those that are not deleted."""
        return self.posts - self.deleted


@dataclass(frozen=True, slots=True)
class Matches:
    """The posts that a search found, in their order.

    `more` means that further posts match. Newer posts than `reached` were searched; it is None if all were.
    """

    keys: tuple[PostKey, ...]
    more: bool = False
    reached: datetime | None = None


def hours_of(reader: Reader, search: PostSearch) -> tuple[CountedTime, ...]:
    """Return the hours in which posts of a search were counted, the newest first. Words are ignored."""
    return _counted_times(reader, search, HOUR)


def newest_matching(
    reader: Reader, search: PostSearch, hours: Sequence[CountedTime], *, first: int, limit: int
) -> tuple[StoredPost, ...]:
    """Return a page of a search without words, newest first, from the post with the number `first`, which begins at 0.

    `hours` comes from `hours_of`. Only the minutes of this page are read, so the last page costs as much as the first.
    """
    within, before = _holding(hours, first, limit)
    if not within:
        return ()
    part = _cut(search, within[-1].start, within[0].start + HOUR)
    minutes, before = _holding(_counted_times(reader, part, MINUTE), first - before, limit, before=before)
    rows = reader.query(
        f"""
        SELECT {STORED_POST} FROM posts
        WHERE toStartOfMinute(created_at) IN {{minutes:Array(DateTime('UTC'))}} AND {part.condition}
        ORDER BY created_at DESC, source, id
        LIMIT {{limit:UInt32}} OFFSET {{skipped:UInt32}}
        """,  # noqa: S608 - only names of ours
        part.parameters | {"minutes": [each.start for each in minutes], "limit": limit, "skipped": first - before},
    )
    return tuple(map(stored_post, rows))


def newest_with_words(
    reader: Reader, search: PostSearch, hours: Sequence[CountedTime], *, patience: timedelta = PATIENCE
) -> Matches:
    """Return the newest posts with the words of a search, at most `MOST_FOUND`.

    The texts are read in steps, from the newest hour backward, until everything is read or `patience` is over. `hours`
    comes from `hours_of`.
    """
    until = time.monotonic() + patience.total_seconds()
    keys: list[PostKey] = []
    size = _FIRST_POSTS
    left = list(hours)
    while left and len(keys) <= MOST_FOUND:
        step = _first_posts(left, size)
        began = time.monotonic()
        part = _cut(search, step[-1].start, step[0].start + HOUR)
        try:
            keys += _keys(reader, part, MOST_FOUND + 1 - len(keys), timedelta(seconds=max(1.0, until - began)))
        except StoreUnavailable as error:
            if error.code != TIMEOUT_EXCEEDED:
                raise
            return Matches(tuple(keys), reached=step[0].start + HOUR)
        del left[: len(step)]
        now = time.monotonic()
        if left and now >= until:
            return Matches(tuple(keys[:MOST_FOUND]), len(keys) > MOST_FOUND, reached=step[-1].start)
        # The next step shall end in time, at the speed of this one.
        rate = sum(each.stored for each in step) / max(now - began, 0.001)
        size = int(min(2 * size, _MOST_POSTS, max(_FIRST_POSTS, rate * (until - now))))
    return Matches(tuple(keys[:MOST_FOUND]), len(keys) > MOST_FOUND)


def most_shared(reader: Reader, search: PostSearch, *, patience: timedelta = PATIENCE) -> Matches:
    """Return the posts of a search that were shared at all, the most shared first, at most `MOST_FOUND`.

    Shares are the authors who repeat a post within the time of the search, or the reposts that its network told, if
    these are more.

    Raises:
        StoreUnavailable: the search takes longer than `patience`; the error's code is 159.
    """
    rows = reader.query(
        f"""
        WITH repeated AS
        (
            SELECT source, repost_of AS id, uniqExact(if(author = '', id, author)) AS times
            FROM posts
            WHERE created_at >= {{start:DateTime('UTC')}} AND created_at < {{end:DateTime('UTC')}}
                AND NOT deleted AND repost_of != ''
            GROUP BY source, id
        )
        SELECT created_at, source, id
        FROM (SELECT created_at, source, id, reposts FROM posts WHERE {search.condition}) AS posts
        LEFT JOIN repeated USING (source, id)
        WHERE times > 0 OR reposts > 0
        ORDER BY greatest(times, ifNull(reposts, 0)) DESC, created_at DESC, source, id
        LIMIT {{limit:UInt32}}
        """,  # noqa: S608 - only names of ours
        search.parameters | {"limit": MOST_FOUND + 1},
        patience=patience,
    )
    keys = tuple((created_at, source, name) for created_at, source, name in rows)
    return Matches(keys[:MOST_FOUND], len(keys) > MOST_FOUND)


def posts_with_keys(reader: Reader, search: PostSearch, keys: Sequence[PostKey]) -> tuple[StoredPost, ...]:
    """Return posts in the order of their keys. A post that is deleted or changed since is left out."""
    if not keys:
        return ()
    names = [(source, name) for _, source, name in keys]
    rows = reader.query(
        f"""
        SELECT {STORED_POST} FROM posts
        WHERE toStartOfMinute(created_at) IN {{minutes:Array(DateTime('UTC'))}}
            AND (source, id) IN {{names:Array(Tuple(String, String))}}
            AND {search.condition}
        """,  # noqa: S608 - only names of ours
        search.parameters | {"minutes": [at.replace(second=0, microsecond=0) for at, *_ in keys], "names": names},
    )
    found = {(post.source, post.id): post for post in map(stored_post, rows)}
    return tuple(found[name] for name in names if name in found)


def _counted_times(reader: Reader, search: PostSearch, width: timedelta) -> tuple[CountedTime, ...]:
    counts, bounds = counted(search.start, search.end, width)
    of_series = (
        "topic = {topic:String} AND ({language:String} = '*' OR language = {language:String}) "
        "AND ({source:String} = '*' OR source = {source:String})"
    )
    rows = reader.query(
        f"""
        SELECT
            toStartOfInterval(minute, toIntervalSecond({{width:UInt32}})) AS time,
            sumIf(posts, {of_series}) AS of_series,
            sumIf(deleted, {of_series}),
            sumIf(posts, topic = '*')
        FROM {counts}
        WHERE topic IN ({{topic:String}}, '*')
        GROUP BY time
        HAVING of_series > 0
        ORDER BY time DESC
        """,  # noqa: S608 - only names of ours
        bounds
        | {
            "width": int(width.total_seconds()),
            "topic": search.topic,
            "language": search.language,
            "source": search.source,
        },
    )
    return tuple(CountedTime(start, posts, deleted, stored) for start, posts, deleted, stored in rows)


def _holding(times: Iterable[CountedTime], first: int, limit: int, *, before: int = 0) -> tuple[list[CountedTime], int]:
    """Return the times that hold the posts from number `first` on, and the number of the posts before these times."""
    held: list[CountedTime] = []
    passed = 0
    for each in times:
        if passed >= first + limit:
            break
        if passed + each.listed > first:
            held.append(each)
        elif not held:
            before += each.listed
        passed += each.listed
    return held, before


def _first_posts(hours: Sequence[CountedTime], size: int) -> Sequence[CountedTime]:
    """Return the first hours that hold together about `size` posts of any kind, at least one hour."""
    together = accumulate(hour.stored for hour in hours)
    return hours[: 1 + sum(1 for total in takewhile(lambda total: total < size, together))]


def _cut(search: PostSearch, start: datetime, end: datetime) -> PostSearch:
    return PostSearch(
        max(search.start, start), min(search.end, end), search.topic, search.language, search.source, search.words
    )


def _keys(reader: Reader, search: PostSearch, limit: int, patience: timedelta) -> Iterator[PostKey]:
    rows = reader.query(
        f"SELECT created_at, source, id FROM posts WHERE {search.condition} "  # noqa: S608 - only names of ours
        "ORDER BY created_at DESC, source, id LIMIT {limit:UInt32}",
        search.parameters | {"limit": limit},
        patience=patience,
    )
    return ((created_at, source, name) for created_at, source, name in rows)
