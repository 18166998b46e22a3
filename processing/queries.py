"""Every read of the store, as a named function with bound parameters. Public: the dashboard uses it too.

Times are aware and in UTC; a range takes its first moment and leaves out its last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from ingest.contract import SYNTHETIC_PREFIX, Post
from processing.contract import (
    EVERYTHING,
    ClickHouseAddress,
    Incident,
    IncidentState,
    Pulse,
    Severity,
    Spike,
    TaggedPost,
)
from processing.store.client import Parameters, Row, Store, StoreRefused, StoreUnavailable

__all__ = ["Reader", "StoreRefused", "StoreUnavailable", "connect"]


class Reader(Protocol):
    """What a query needs of a store."""

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """All rows of a query whose values are bound as `{name:Type}`."""
        ...


def connect(address: ClickHouseAddress) -> Store:
    """Open the store for reading.

    Raises:
        StoreUnavailable: nothing answers there, or not now.
        StoreRefused: it answers and does not let us in.
    """
    return Store(address)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one collector has delivered and the workers have counted, without a gap."""

    source: str
    since: datetime
    until: datetime
    complete: bool
    heard_at: datetime
    """Wall clock of its last word."""


@dataclass(frozen=True, slots=True)
class BinCount:
    """Posts of one series in one bin."""

    start: datetime
    topic: str
    language: str
    posts: int
    backfilled: int


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post as people read it."""

    source: str
    id: str
    created_at: datetime
    language: str
    topics: tuple[str, ...]
    text: str
    url: str
    author: str


def coverage(reader: Reader) -> tuple[Coverage, ...]:
    """Every stretch of event time that a collector has covered, newest last.

    A stretch counts only once all partitions have reported it: until then its end is not known.
    """
    rows = reader.query(
        """
        SELECT source, since, min(until) AS covered, min(complete), max(at)
        FROM source_health
        GROUP BY source, since
        HAVING count() >= max(partitions)
        ORDER BY covered
        """
    )
    return tuple(Coverage(source, since, until, bool(complete), at) for source, since, until, complete, at in rows)


def binned_counts(reader: Reader, start: datetime, end: datetime, width: timedelta) -> tuple[BinCount, ...]:
    """Posts per bin of every series that has any, in order of time.

    Each topic comes once for every language and once with language `*`, which is all of them together.
    """
    rows = reader.query(
        """
        SELECT
            toStartOfInterval(minute, toIntervalSecond({width:UInt32})) AS bin,
            topic,
            if(grouping(language) = 0, language, '*') AS series_language,
            sum(posts),
            sum(backfilled)
        FROM counts
        WHERE minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        GROUP BY GROUPING SETS ((bin, topic, language), (bin, topic))
        ORDER BY bin
        """,
        {"start": start, "end": end, "width": int(width.total_seconds())},
    )
    return tuple(BinCount(*row) for row in rows)


def series(
    reader: Reader, start: datetime, end: datetime, width: timedelta, *, topic: str, language: str
) -> tuple[BinCount, ...]:
    """Posts per bin of one series, in order of time; bins without posts are absent."""
    rows = reader.query(
        """
        SELECT toStartOfInterval(minute, toIntervalSecond({width:UInt32})) AS bin, sum(posts), sum(backfilled)
        FROM counts
        WHERE topic = {topic:String}
            AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
            AND ({language:String} = '*' OR language = {language:String})
        GROUP BY bin
        ORDER BY bin
        """,
        {
            "topic": topic,
            "language": language,
            "start": start,
            "end": end,
            "width": int(width.total_seconds()),
        },
    )
    return tuple(BinCount(bin_start, topic, language, posts, backfilled) for bin_start, posts, backfilled in rows)


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
    rows = reader.query(
        """
        SELECT
            toStartOfInterval(minute, toIntervalSecond({width:UInt32})) AS bin,
            multiIf({by:String} = 'topic', topic, {by:String} = 'language', language, source) AS value,
            sum(posts)
        FROM counts
        WHERE minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
            AND if({by:String} = 'topic', topic != '*', topic = {topic:String})
        GROUP BY bin, value
        ORDER BY bin, value
        """,
        {"start": start, "end": end, "width": int(width.total_seconds()), "by": by, "topic": topic},
    )
    return tuple((moment, value, posts) for moment, value, posts in rows)


def speakers(
    reader: Reader,
    start: datetime,
    end: datetime,
    width: timedelta,
    *,
    enough: int,
    topic: str = EVERYTHING,
    language: str = EVERYTHING,
) -> dict[tuple[datetime, str, str], frozenset[int]]:
    """Who wrote in each bin of each topic and language (`*` for all), as hashes, up to `enough` of them.

    With a topic or a language, only that one.
    The union of a few bins' sets has `enough` members exactly if that many people wrote in those bins. A post
    without an author counts as by one of its own.
    """
    rows = reader.query(
        """
        SELECT
            toStartOfInterval(created_at, toIntervalSecond({width:UInt32})) AS bin,
            arrayJoin(topics) AS topic,
            arrayJoin([language, '*']) AS series_language,
            groupUniqArray({enough:UInt8})(cityHash64(if(author = '', concat('\0', id), author)))
        FROM posts
        WHERE created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')} AND notEmpty(topics)
            AND ({topic:String} = '*' OR topic = {topic:String})
            AND ({language:String} = '*' OR language = {language:String})
        GROUP BY bin, topic, series_language
        """,
        {
            "start": start,
            "end": end,
            "width": int(width.total_seconds()),
            "enough": enough,
            "topic": topic,
            "language": language,
        },
    )
    return {(bin_start, name, lang): frozenset(who) for bin_start, name, lang, who in rows}


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


def stored_posts(reader: Reader, start: datetime, end: datetime) -> tuple[TaggedPost, ...]:
    """Whole posts of a range that still have a text, as they were tagged."""
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


def latest_posts(
    reader: Reader,
    *,
    topic: str = EVERYTHING,
    language: str = EVERYTHING,
    before: datetime,
    limit: int = 50,
) -> tuple[StoredPost, ...]:
    """The newest posts about the subject that still have a text, newest first."""
    rows = reader.query(
        """
        SELECT source, id, created_at, language, topics, text, url, author
        FROM posts
        WHERE created_at < {before:DateTime64(3, 'UTC')} AND text != '' AND NOT deleted
            AND ({topic:String} = '*' OR has(topics, {topic:String}))
            AND ({language:String} = '*' OR language = {language:String})
        ORDER BY created_at DESC
        LIMIT {limit:UInt32}
        """,
        {"topic": topic, "language": language, "before": before, "limit": limit},
    )
    return tuple(
        StoredPost(source, name, created_at, lang, tuple(topics), text, url, author)
        for source, name, created_at, lang, topics, text, url, author in rows
    )


def _pulses(stored: Sequence[object]) -> tuple[Pulse, ...]:
    return tuple(
        Pulse(**pulse) if isinstance(pulse, dict) else Pulse(*pulse)  # type: ignore[misc]
        for pulse in stored
    )


def spikes(reader: Reader, start: datetime, end: datetime) -> tuple[Spike, ...]:
    """Spikes that touch a range, by their start."""
    rows = reader.query(
        """
        SELECT
            topic, language, start, detected_at, peak, `end`, observed, expected, ratio, score, severity,
            provisional, pulses
        FROM spikes
        WHERE start < {end:DateTime('UTC')} AND ifNull(`end`, start) >= {start:DateTime('UTC')}
            OR (`end` IS NULL AND start < {end:DateTime('UTC')})
        ORDER BY start, topic, language
        """,
        {"start": start, "end": end},
    )
    names = (
        "topic",
        "language",
        "start",
        "detected_at",
        "peak",
        "end",
        "observed",
        "expected",
        "ratio",
        "score",
    )
    return tuple(
        Spike(
            **dict(zip(names, row[:10], strict=True)),
            severity=Severity(row[10]),
            provisional=row[11],
            pulses=_pulses(row[12]),
        )
        for row in rows
    )


def incidents(reader: Reader, *, limit: int = 100, open_only: bool = False) -> tuple[Incident, ...]:
    """Incidents, newest first."""
    rows = reader.query(
        """
        SELECT
            id, topic, start, detected_at, peak, `end`, observed, expected, ratio, score,
            state, severity, languages, subtopics, pulses, synthetic
        FROM incidents
        WHERE NOT {open_only:Bool} OR state = 'open'
        ORDER BY start DESC, id
        LIMIT {limit:UInt32}
        """,
        {"limit": limit, "open_only": open_only},
    )
    names = ("id", "topic", "start", "detected_at", "peak", "end", "observed", "expected", "ratio", "score")
    return tuple(
        Incident(
            **dict(zip(names, row[:10], strict=True)),
            state=IncidentState(row[10]),
            severity=Severity(row[11]),
            languages=tuple(row[12]),
            subtopics=tuple(row[13]),
            pulses=_pulses(row[14]),
            synthetic=row[15],
        )
        for row in rows
    )


def scored_until(reader: Reader, name: str = "main") -> datetime | None:
    """How far a watch has come; None before its first bin."""
    rows = reader.query("SELECT scored_until FROM watch_progress WHERE name = {name:String}", {"name": name})
    return rows[0][0] if rows else None


def first_minute(reader: Reader) -> datetime | None:
    """The oldest minute with a count; None when there is none."""
    [(oldest, rows)] = reader.query("SELECT min(minute), count() FROM counts WHERE topic = '*'")
    return oldest if rows else None


def delivered(reader: Reader, dedup_key: str, notifier: str) -> bool:
    """Whether a channel has told of an incident."""
    [(rows,)] = reader.query(
        """
        SELECT count() FROM deliveries
        WHERE dedup_key = {key:String} AND notifier = {notifier:String} AND outcome = 'sent'
        """,
        {"key": dedup_key, "notifier": notifier},
    )
    return bool(rows)


def silenced(reader: Reader, topic: str, at: datetime) -> bool:
    """Whether a silence covers this topic at this event time."""
    [(rows,)] = reader.query(
        """
        SELECT count() FROM silences
        WHERE (topic = '*' OR topic = {topic:String})
            AND starts_at <= {at:DateTime('UTC')} AND ends_at > {at:DateTime('UTC')}
        """,
        {"topic": topic, "at": at},
    )
    return bool(rows)


def acknowledged(reader: Reader, incident: str) -> bool:
    """Whether somebody has taken an incident on."""
    [(rows,)] = reader.query(
        "SELECT count() FROM acknowledgements WHERE incident = {incident:String}",
        {"incident": incident},
    )
    return bool(rows)


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
    rows = reader.query(
        """
        SELECT toStartOfInterval(minute, toIntervalSecond({width:UInt32})) AS bin, topic, sum(posts)
        FROM counts
        WHERE minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')} AND topic != '*'
            AND ({language:String} = '*' OR language = {language:String})
        GROUP BY bin, topic
        ORDER BY bin, topic
        """,
        {"start": start, "end": end, "width": int(width.total_seconds()), "language": language},
    )
    return tuple((moment, topic, posts) for moment, topic, posts in rows)


def newest_posts(
    reader: Reader, start: datetime, end: datetime, *, topic: str, language: str, limit: int
) -> tuple[StoredPost, ...]:
    """The newest posts of a range that still have a text, newest first.

    The counts say first in which minutes they are: each of the newest `limit` minutes with a post holds at least
    one, so no text of any other minute has to be read. That is what keeps a page over a month quick.
    """
    minutes = _newest_minutes(reader, start, end, topic=topic, language=language, limit=limit)
    rows = reader.query(
        """
        SELECT source, id, created_at, language, topics, text, url, author
        FROM posts
        WHERE toStartOfMinute(created_at) IN {minutes:Array(DateTime('UTC'))}
            AND created_at >= {start:DateTime64(3, 'UTC')} AND created_at < {end:DateTime64(3, 'UTC')}
            AND text != '' AND NOT deleted
            AND ({topic:String} = '*' OR has(topics, {topic:String}))
            AND ({language:String} = '*' OR language = {language:String})
        ORDER BY created_at DESC, source, id
        LIMIT {limit:UInt32}
        """,
        {"minutes": minutes, "topic": topic, "language": language, "start": start, "end": end, "limit": limit},
    )
    return tuple(
        StoredPost(source, name, created_at, lang, tuple(topics), text, url, author)
        for source, name, created_at, lang, topics, text, url, author in rows
    )


def _newest_minutes(
    reader: Reader, start: datetime, end: datetime, *, topic: str, language: str, limit: int
) -> list[datetime]:
    """Newest first. The last day is tried before the whole range; all topics there are sort behind `*`."""
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
