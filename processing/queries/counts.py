"""How many posts were counted: in bins, in the first minutes of single bins, and since when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from processing.contract import EVERYTHING, BinCount
from processing.queries.reader import Reader
from processing.queries.rollups import counted
from processing.queries.scopes import within

RANGES_AT_ONCE = 100


def binned_counts(
    reader: Reader, start: datetime, end: datetime, width: timedelta, *, topics: Collection[str] | None = None
) -> tuple[BinCount, ...]:
    """Posts per bin of every series that has any, in order of time; with `topics`, of these alone.

    Each topic comes once for every language and once with language `*`, which is all of them together.
    """
    counts, bounds = counted(start, end, width)
    rows = reader.query(
        f"""
        SELECT
            toStartOfInterval(minute, toIntervalSecond({{width:UInt32}})) AS bin,
            topic,
            if(grouping(language) = 0, language, '*') AS series_language,
            sum(posts),
            sum(backfilled)
        FROM {counts}
        WHERE {{every_topic:Bool}} OR topic IN {{topics:Array(String)}}
        GROUP BY GROUPING SETS ((bin, topic, language), (bin, topic))
        ORDER BY bin, topic, series_language
        """,  # noqa: S608 - only names of ours
        bounds | {"width": int(width.total_seconds()), "every_topic": topics is None, "topics": sorted(topics or ())},
    )
    return tuple(BinCount(*row) for row in rows)


def minute_counts(
    reader: Reader, bins: Collection[datetime], width: timedelta, topics: Collection[str]
) -> tuple[BinCount, ...]:
    """Posts per minute of the series of some topics, within bins that begin at these times; in order of time."""
    starts = sorted(bins)
    found: list[BinCount] = []
    for first in range(0, len(starts), RANGES_AT_ONCE):
        some = starts[first : first + RANGES_AT_ONCE]
        condition, parameters = within("minute", ((start, start + width) for start in some))
        rows = reader.query(
            f"""
            SELECT
                minute,
                topic,
                if(grouping(language) = 0, language, '*') AS series_language,
                sum(posts),
                sum(backfilled)
            FROM counts
            WHERE topic IN {{topics:Array(String)}} AND {condition}
            GROUP BY GROUPING SETS ((minute, topic, language), (minute, topic))
            ORDER BY minute
            """,  # noqa: S608 - only names of ours
            {**parameters, "topics": sorted(topics)},
        )
        found += (BinCount(*row) for row in rows)
    return tuple(found)


def first_counted(reader: Reader, start: datetime, end: datetime) -> datetime | None:
    """The first minute of a range in which any post was counted, on whatever subject; None where none was.

    No version is merged: a minute that was emptied since counts as one with posts.
    """
    [(posts, first)] = reader.query(
        """
        SELECT count(), min(minute) FROM count_versions
        WHERE topic = {everything:String} AND posts > 0
            AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        """,
        {"everything": EVERYTHING, "start": start, "end": end},
    )
    return first if posts else None


def last_recount(reader: Reader, start: datetime, end: datetime) -> int:
    """The highest version of the counts of a range: it rises when a minute of it is counted again. 0 without counts."""
    [(version,)] = reader.query(
        """
        SELECT max(version) FROM count_versions
        WHERE topic = {everything:String} AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        """,
        {"everything": EVERYTHING, "start": start, "end": end},
    )
    return int(version)


def series(
    reader: Reader, start: datetime, end: datetime, width: timedelta, *, topic: str, language: str
) -> tuple[BinCount, ...]:
    """Posts per bin of one series, in order of time; bins without posts are absent."""
    counts, bounds = counted(start, end, width)
    rows = reader.query(
        f"""
        SELECT toStartOfInterval(minute, toIntervalSecond({{width:UInt32}})) AS bin, sum(posts), sum(backfilled)
        FROM {counts}
        WHERE topic = {{topic:String}} AND ({{language:String}} = '*' OR language = {{language:String}})
        GROUP BY bin
        ORDER BY bin
        """,  # noqa: S608 - only names of ours
        bounds | {"topic": topic, "language": language, "width": int(width.total_seconds())},
    )
    return tuple(BinCount(bin_start, topic, language, posts, backfilled) for bin_start, posts, backfilled in rows)


def sources_between(reader: Reader, topic: str, start: datetime, end: datetime) -> tuple[str, ...]:
    """Which sources spoke of a topic."""
    rows = reader.query(
        """
        SELECT DISTINCT source FROM counts
        WHERE topic = {topic:String} AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        ORDER BY source
        """,
        {"topic": topic, "start": start, "end": end},
    )
    return tuple(source for (source,) in rows)
