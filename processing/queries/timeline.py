"""The page's other reads: the extent of the data, the present topics, languages and sources, and counts over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ingest.contract import SYNTHETIC_PREFIX
from processing.contract import EVERYTHING
from processing.queries.reader import Reader
from processing.queries.rollups import SLACK_IN_MICROSECONDS, UNSUMMED, as_they_lie, counted


def posts_over_time(
    reader: Reader,
    start: datetime,
    end: datetime,
    width: timedelta,
    *,
    by: Literal["topic", "language", "source"],
    topic: str,
    language: str = EVERYTHING,
) -> tuple[tuple[datetime, str, int], ...]:
    """Return rows (start of the bin, value of `by`, posts).

    If `by` is topic, the rows are of all topics. Otherwise they are of one topic. They are of one language or of all.
    """
    counts, bounds = counted(start, end, width)
    rows = reader.query(
        f"""
        SELECT
            toStartOfInterval(minute, toIntervalSecond({{width:UInt32}})) AS bin,
            multiIf({{by:String}} = 'topic', topic, {{by:String}} = 'language', language, source) AS value,
            sum(posts)
        FROM {counts}
        WHERE if({{by:String}} = 'topic', topic != '*', topic = {{topic:String}})
            AND ({{language:String}} = '*' OR language = {{language:String}})
        GROUP BY bin, value
        ORDER BY bin, value
        """,  # noqa: S608 - only names of ours
        bounds | {"width": int(width.total_seconds()), "by": by, "topic": topic, "language": language},
    )
    return tuple((moment, value, posts) for moment, value, posts in rows)


def extent(reader: Reader) -> tuple[datetime, datetime] | None:
    """Return the oldest and the newest minute with a count, or None without any.

    `extent` and `presence` ask what exists, not how much. They read unmerged versions, which saves the merge of a
    month. A bucket emptied since may still be included. Minutes are read only of the first and the last day, and of
    days not summed up yet. Days are merged, because a day emptied since would have no minute.
    """
    [(oldest, newest, rows)] = reader.query(
        f"""
        WITH (
            SELECT (minOrNull(day), maxOrNull(day)) FROM count_day_versions FINAL WHERE topic = '*' AND posts > 0
        ) AS days
        SELECT min(minute), max(minute), count()
        FROM
        (
            SELECT minute FROM count_versions
            WHERE topic = '*' AND posts > 0 AND (minute < days.1 + toIntervalDay(1) OR minute >= days.2)
            UNION ALL
            SELECT minute FROM count_versions WHERE topic = '*' AND posts > 0 AND {UNSUMMED}
        )
        """,  # noqa: S608 - the part is a constant
        {"slack": SLACK_IN_MICROSECONDS},
    )
    return (oldest, newest) if rows else None


@dataclass(frozen=True, slots=True)
class Presence:
    """The topics and languages of the posts in a range, and their sources: generated ones and collected ones."""

    topics: tuple[str, ...]
    languages: tuple[str, ...]
    generated: tuple[str, ...]
    collected: tuple[str, ...]


def presence(reader: Reader, start: datetime, end: datetime) -> Presence:
    """Return the topics, languages and sources that have a post in a range."""
    versions, bounds = as_they_lie(start, end)
    held = reader.query(
        f"SELECT DISTINCT topic, language, source FROM {versions}",  # noqa: S608 - only names of ours
        bounds,
    )
    sources = sorted({source for topic, _, source in held if topic == EVERYTHING})
    return Presence(
        topics=tuple(sorted({topic for topic, _, _ in held})),
        languages=tuple(sorted({language for topic, language, _ in held if topic != EVERYTHING})),
        generated=tuple(source for source in sources if source.startswith(SYNTHETIC_PREFIX)),
        collected=tuple(source for source in sources if not source.startswith(SYNTHETIC_PREFIX)),
    )


def topics_over_time(
    reader: Reader, start: datetime, end: datetime, width: timedelta, *, language: str
) -> tuple[tuple[datetime, str, int], ...]:
    """Return rows (start of the bin, topic, posts) of all topics, in one language or in all."""
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
