"""What the page reads besides: how far the data reaches, who is there, and counts over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ingest.contract import SYNTHETIC_PREFIX
from processing.queries.reader import Reader
from processing.queries.rollups import counted


def posts_over_time(
    reader: Reader,
    start: datetime,
    end: datetime,
    width: timedelta,
    *,
    by: Literal["topic", "language", "source"],
    topic: str,
) -> tuple[tuple[datetime, str, int], ...]:
    """(bin, value of `by`, posts): by topic, of all topics there are; else of one topic."""
    counts, bounds = counted(start, end, width)
    rows = reader.query(
        f"""
        SELECT
            toStartOfInterval(minute, toIntervalSecond({{width:UInt32}})) AS bin,
            multiIf({{by:String}} = 'topic', topic, {{by:String}} = 'language', language, source) AS value,
            sum(posts)
        FROM {counts}
        WHERE if({{by:String}} = 'topic', topic != '*', topic = {{topic:String}})
        GROUP BY bin, value
        ORDER BY bin, value
        """,  # noqa: S608 - only names of ours
        bounds | {"width": int(width.total_seconds()), "by": by, "topic": topic},
    )
    return tuple((moment, value, posts) for moment, value, posts in rows)


def extent(reader: Reader) -> tuple[datetime, datetime] | None:
    """The oldest and the newest minute with a count; None when there is none.

    This question and the next ask what there is, not how much: they read the versions as they lie, which spares
    the merge of a month of them. A bucket emptied since may still answer.
    """
    [(oldest, newest, rows)] = reader.query(
        "SELECT min(minute), max(minute), count() FROM count_versions WHERE topic = '*' AND posts > 0"
    )
    return (oldest, newest) if rows else None


@dataclass(frozen=True, slots=True)
class Presence:
    """What the posts of a range are about, in which languages, and of which sources: generated or collected ones."""

    topics: tuple[str, ...]
    languages: tuple[str, ...]
    generated: tuple[str, ...]
    collected: tuple[str, ...]


def presence(reader: Reader, start: datetime, end: datetime) -> Presence:
    """Which topics, languages and sources have a post in a range."""
    rows = reader.query(
        """
        WITH held AS
        (
            SELECT topic, language, source FROM count_versions
            WHERE minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')} AND posts > 0
        )
        SELECT DISTINCT 'topic', toString(topic) FROM held
        UNION ALL SELECT DISTINCT 'language', toString(language) FROM held WHERE topic != '*'
        UNION ALL SELECT DISTINCT 'source', toString(source) FROM held WHERE topic = '*'
        """,
        {"start": start, "end": end},
    )
    sources = sorted(name for kind, name in rows if kind == "source")
    return Presence(
        topics=tuple(sorted(name for kind, name in rows if kind == "topic")),
        languages=tuple(sorted(name for kind, name in rows if kind == "language")),
        generated=tuple(source for source in sources if source.startswith(SYNTHETIC_PREFIX)),
        collected=tuple(source for source in sources if not source.startswith(SYNTHETIC_PREFIX)),
    )


def topics_over_time(
    reader: Reader, start: datetime, end: datetime, width: timedelta, *, language: str
) -> tuple[tuple[datetime, str, int], ...]:
    """(bin, topic, posts) of all topics there are, in one language or in all."""
    counts, bounds = counted(start, end, width)
    rows = reader.query(
        f"""
        SELECT toStartOfInterval(minute, toIntervalSecond({{width:UInt32}})) AS bin, topic, sum(posts)
        FROM {counts}
        WHERE topic != '*' AND ({{language:String}} = '*' OR language = {{language:String}})
        GROUP BY bin, topic
        ORDER BY bin, topic
        """,  # noqa: S608 - only names of ours
        bounds | {"width": int(width.total_seconds()), "language": language},
    )
    return tuple((moment, topic, posts) for moment, topic, posts in rows)
