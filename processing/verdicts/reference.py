"""What is usual of the sources of a rise: how late they are, from which servers, and how much of everything else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

import msgspec

from processing.contract import EVERYTHING
from processing.queries.reader import Reader
from processing.queries.scopes import SCOPES, Scope, numbered, within
from processing.queries.statement import Statement

USUAL = timedelta(hours=6)
"""For so long, up to `BEFOREHAND` ahead of a rise, we look for what is usual of a source and of a server."""

BEFOREHAND = timedelta(hours=1)
"""The first posts of a flood may come so long before its rise is one: what is usual is older."""

DAYS_BEFORE = 7
LATE_AFTER = timedelta(hours=1)
"""A post seen so long after it was written is history: an alert on it would tell of what is over."""

IS_LATE = "NOT backfill AND seen_at > created_at + toIntervalSecond({late:UInt32})"

LEAST_REST = 20
"""Posts on anything else that a source usually delivers over the same hours; of fewer, a ratio is chance."""

SERVER = (
    "multiIf(position(author, '://') > 0, domain(author), position(author, '@') > 0, splitByChar('@', author)[-1], '')"
)
"""The server of an author such as `name@domain` or `https://domain/users/name`; empty where none is named."""

_STARTS = (
    "arrayFilter(start -> minute >= start - toIntervalSecond({before:UInt32}) - toIntervalSecond({usual:UInt32}) "
    "AND minute < start - toIntervalSecond({before:UInt32}), {starts:Array(DateTime('UTC'))}) AS start"
)
"""Minutes are counted once and then given to each of the starts that they lie before."""

USUALLY_REPLACED = 0.25
"""Share of a source's posts that are not placed by their authors' clocks, from which on that is its habit and no sign
of a fault."""


class ArrivedPosts(NamedTuple):
    """What a source brought in the hours before a rise: posts, those of them that came late, and those that are not
    placed by their authors' clocks."""

    posts: int = 0
    late: int = 0
    replaced: int = 0


Arrivals = dict[tuple[datetime, str], ArrivedPosts]


def usual_arrivals(reader: Reader, starts: Collection[datetime]) -> Arrivals:
    """By start of a rise and source: how everything came that it brought in the hours before."""
    condition, parameters = _before(starts)
    rows = reader.query(
        f"""
        SELECT start, source, sum(brought), sum(brought_late), sum(brought_replaced)
        FROM
        (
            SELECT
                toStartOfMinute(created_at) AS minute, source, count() AS brought, countIf({IS_LATE}) AS brought_late,
                countIf(clock_replaced) AS brought_replaced
            FROM posts WHERE {condition} GROUP BY minute, source
        )
        ARRAY JOIN {_STARTS}
        GROUP BY start, source
        """,  # noqa: S608 - only names of ours
        {**parameters, "late": int(LATE_AFTER.total_seconds())},
    )
    return {(start, source): ArrivedPosts(*counts) for start, source, *counts in rows}


def late_share(arrivals: Arrivals, start: datetime, sources: Iterable[str]) -> float | None:
    """Of everything that these sources brought before a start; None where that was nothing."""
    found = [arrivals.get((start, source), ArrivedPosts()) for source in sources]
    brought = sum(each.posts for each in found)
    return sum(each.late for each in found) / brought if brought else None


def is_usually_replaced(arrivals: Arrivals, start: datetime, source: str) -> bool:
    """Whether a source places many of its posts by another clock than their authors' at any time."""
    before = arrivals.get((start, source), ArrivedPosts())
    return before.replaced > 0 and before.replaced >= USUALLY_REPLACED * before.posts


Server = tuple[datetime, str, str]
"""The start of a rise, its language or `*`, and a server that its authors name."""


def servers_before(reader: Reader, asked: Collection[Server]) -> dict[Server, float]:
    """The share of each server among all that named one before, in that language and on any subject.

    It is the median of the shares of each hour, so that an earlier flood does not make the server a usual one.
    """
    if not asked:
        return {}
    condition, parameters = _before({start for start, *_ in asked})
    rows = reader.query(
        f"""
        SELECT start, language, server, intDiv(dateDiff('second', minute, start) - 1, 3600) AS hour, sum(brought)
        FROM
        (
            SELECT minute, language, if(named IN {{servers:Array(String)}}, named, '') AS server, count() AS brought
            FROM
            (SELECT toStartOfMinute(created_at) AS minute, language, {SERVER} AS named FROM posts WHERE {condition})
            WHERE named != ''
            GROUP BY minute, language, server
        )
        ARRAY JOIN {_STARTS}
        GROUP BY start, language, server, hour
        """,  # noqa: S608 - only names of ours
        {**parameters, "servers": sorted({server for *_, server in asked})},
    )
    own: defaultdict[tuple[Server, int], int] = defaultdict(int)
    everything: defaultdict[tuple[datetime, str], defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for start, spoken, server, hour, brought in rows:
        for language in (spoken, EVERYTHING):
            own[(start, language, server), hour] += brought
            everything[start, language][hour] += brought
    shares = {each: [own[each, hour] / posts for hour, posts in everything[each[:2]].items()] for each in asked}
    return {each: median(of_hours) if of_hours else 0.0 for each, of_hours in shares.items()}


def _before(starts: Collection[datetime]) -> tuple[str, dict[str, object]]:
    condition, parameters = within("created_at", ((each - BEFOREHAND - USUAL, each - BEFOREHAND) for each in starts))
    seconds = {"usual": int(USUAL.total_seconds()), "before": int(BEFOREHAND.total_seconds())}
    return condition, {**parameters, **seconds, "starts": sorted(set(starts))}


def heard_before(reader: Reader, starts: Collection[datetime], away: timedelta) -> dict[datetime, dict[str, datetime]]:
    """By start of a rise: the sources of which posts were counted up to `away` ahead of it, `BEFOREHAND` or more.

    Each comes with the ten minutes of its first post in that time.
    """
    condition, parameters = within("minute", ((each - away, each - BEFOREHAND) for each in starts))
    rows = reader.query(
        f"""
        SELECT start, source, min(minutes)
        FROM
        (
            SELECT DISTINCT toStartOfTenMinutes(minute) AS minutes, source
            FROM counts WHERE {condition} AND topic = '*' AND posts > backfilled
        )
        ARRAY JOIN arrayFilter(
            start -> minutes >= start - toIntervalSecond({{away:UInt32}})
                AND minutes < start - toIntervalSecond({{before:UInt32}}),
            {{starts:Array(DateTime('UTC'))}}
        ) AS start
        GROUP BY start, source
        """,  # noqa: S608 - only names of ours
        {
            **parameters,
            "starts": sorted(set(starts)),
            "away": int(away.total_seconds()),
            "before": int(BEFOREHAND.total_seconds()),
        },
    )
    found: dict[datetime, dict[str, datetime]] = {start: {} for start in starts}
    for start, source, first in rows:
        found[start][source] = first
    return found


def series_before(reader: Reader, scopes: Sequence[Scope], days: int) -> dict[int, dict[str, dict[int, int]]]:
    """By scope, source and days before, from 1 to `days`: the posts of the series over the same hours."""
    shifts = [timedelta(days=day) for day in range(1, days + 1)]
    earlier = [
        msgspec.structs.replace(each, start=each.start - shift, end=each.end - shift)
        for each in scopes
        for shift in shifts
    ]
    condition, parameters = within("minute", ((each.start, each.end) for each in earlier))
    rows = reader.query(
        f"""
        SELECT scope.number AS number, source, sum(posts)
        FROM counts
        ARRAY JOIN arrayFilter(
            scope -> topic = scope.topic AND scope.language IN ('*', language)
                AND minute >= scope.start AND minute < scope.end,
            {SCOPES}
        ) AS scope
        WHERE {condition}
        GROUP BY number, source
        """,  # noqa: S608 - only names of ours
        {**parameters, "scopes": numbered(earlier)},
    )
    found: dict[int, dict[str, dict[int, int]]] = {number: {} for number in range(len(scopes))}
    for number, source, posts in rows:
        found[number // days].setdefault(source, {})[number % days + 1] = posts
    return found


def rest_query(scopes: Sequence[Scope]) -> Statement:
    """By scope: source, days before (0 is the rise itself), posts on anything else over the same hours of the day."""
    condition, parameters = within("minute", ((each.start - timedelta(days=DAYS_BEFORE), each.end) for each in scopes))
    return Statement(
        f"""
        WITH
            windows AS
            (
                SELECT
                    arrayJoin({SCOPES}) AS scope,
                    arrayJoin(range({{days:UInt8}} + 1)) AS days_before,
                    scope.start - toIntervalDay(days_before) AS since,
                    scope.end - toIntervalDay(days_before) AS until,
                    arrayJoin(timeSlots(since, toUInt32(until - since), 3600)) AS hour
            ),
            counted AS
            (
                SELECT minute, source, topic, sum(posts) AS written
                FROM counts
                WHERE {condition} AND (topic = '*' OR topic IN {{topics:Array(String)}})
                GROUP BY minute, source, topic
            )
        SELECT
            scope.number AS number,
            source,
            days_before,
            toInt64(sumIf(written, topic = '*')) - toInt64(sumIf(written, topic != '*')) AS posts_on_anything_else
        FROM counted INNER JOIN windows ON toStartOfHour(minute) = hour
        WHERE minute >= since AND minute < until AND topic IN ('*', scope.topic)
        GROUP BY number, source, days_before
        ORDER BY number, source, days_before
        """,  # noqa: S608 - only names of ours
        {
            **parameters,
            "topics": sorted({each.topic for each in scopes}),
            "days": DAYS_BEFORE,
            "scopes": numbered(scopes),
        },
    )


def rest_ratio(by_source: dict[str, int], rest: dict[str, dict[int, int]], days: Iterable[int]) -> float | None:
    """How many times the usual amount of everything else came in, over the sources of a rise, weighted by its posts.

    The usual amount is the median over `days` (days before). None where at least half of the posts are from sources
    that usually bring too little else to tell.
    """
    days = tuple(days)
    known: dict[str, float] = {}
    for source in by_source:
        counts = rest.get(source, {})
        usual = median(counts.get(day, 0) for day in days) if days else 0
        if usual >= LEAST_REST:
            known[source] = counts.get(0, 0) / usual
    weight = sum(by_source[source] for source in known)
    if not weight or 2 * weight < sum(by_source.values()):
        return None
    return sum(by_source[source] * ratio for source, ratio in known.items()) / weight
