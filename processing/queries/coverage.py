"""What collectors have covered and how they are, what is known of a bin by that, and counts in bins."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract import SILENT_AFTER, CollectorState, is_silent, state_at
from processing.detection.bins import end_of_bin, start_of_bin
from processing.queries.reader import Reader
from processing.queries.rollups import counted


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one collector has delivered and the workers have counted, without a gap."""

    source: str
    since: datetime
    until: datetime
    complete: bool
    heard_at: datetime
    """Wall clock of its network's last sign of life, or of its own last word where it tells none."""
    idle: bool = False
    silent_after: timedelta = SILENT_AFTER

    def is_silent(self, now: datetime) -> bool:
        """Whether its network has given no sign of life for too long. `now` is wall clock."""
        return is_silent(self.heard_at, self.silent_after, now)


@dataclass(frozen=True, slots=True)
class Health:
    """One collector's newest word, said at `heard_at`. `lag`, between what it covers and then, is in seconds, and so is
    `silent_after`."""

    source: str
    state: CollectorState
    detail: str
    events: int
    posts: int
    rejected: int
    reconnects: int
    last_event: datetime | None
    last_post: datetime | None
    heard_at: datetime
    lag: float
    silent_after: float

    def state_at(self, now: datetime) -> CollectorState:
        """How it is: as it last said, or silent where it has not been heard of for too long. `now` is wall clock."""
        silent_after = timedelta(seconds=self.silent_after)
        return state_at(self.state, self.last_event or self.heard_at, silent_after, now)


@dataclass(frozen=True, slots=True)
class BinCount:
    """Posts of one series in one bin."""

    start: datetime
    topic: str
    language: str
    posts: int
    backfilled: int


def coverage(reader: Reader) -> tuple[Coverage, ...]:
    """Every stretch of event time that a collector has covered, newest last.

    A stretch counts only once all partitions have reported it: until then its end is not known. It ends by the store's
    clock, whatever its collector says: nobody has delivered what is still to be written.
    """
    rows = reader.query(
        """
        SELECT
            source,
            since,
            least(min(until), now64(3, 'UTC')) AS covered,
            min(complete) AS completed,
            max(ifNull(last_event, at)),
            min(idle),
            argMax(silent_after, at)
        FROM source_health
        GROUP BY source, since
        HAVING count() >= max(partitions) AND since <= now64(3, 'UTC') AND (covered > since OR completed)
        ORDER BY covered
        """
    )
    return tuple(
        Coverage(source, since, until, bool(complete), heard_at, bool(idle), timedelta(seconds=silent_after))
        for source, since, until, complete, heard_at, idle, silent_after in rows
    )


def health(reader: Reader) -> tuple[Health, ...]:
    """Every collector that was ever heard of, by name, as it last said it was."""
    rows = reader.query(
        """
        SELECT source, state, detail, events, posts, rejected, reconnects, last_event, last_post, at, lag, silent_after
        FROM source_health
        ORDER BY source, at DESC, since DESC
        LIMIT 1 BY source
        """
    )
    return tuple(Health(*row) for row in rows)


def watermark(coverage: Iterable[Coverage], width: timedelta, now: datetime) -> datetime | None:
    """The end of the last bin of which nothing more is to come; None before the first.

    The slowest collector decides, but neither one that is silent, whose later minutes are unknown, nor one that is
    idle, which brings them in its own time: waiting for either would blind the others. Where nobody is waited for, the
    collector that has come furthest decides; of an archive that is complete, the bin of its last post is closed too.
    `now` is wall clock.
    """
    coverage = list(coverage)
    awaited = [each for each in coverage if not (each.complete or each.idle or each.is_silent(now))]
    if awaited:
        return start_of_bin(min(each.until for each in awaited), width)
    return max((_last_bin(each, width) for each in coverage), default=None)


def _last_bin(each: Coverage, width: timedelta) -> datetime:
    return end_of_bin(each.until, width) if each.complete else start_of_bin(each.until, width)


def is_covered(coverage: Iterable[Coverage], start: datetime, width: timedelta) -> bool:
    """Whether some collector has delivered the whole bin. The bins of its first and last post count as whole."""
    return any(
        start_of_bin(each.since, width) <= start and start + width <= _last_bin(each, width) for each in coverage
    )


def next_covered(coverage: Iterable[Coverage], start: datetime, width: timedelta) -> datetime | None:
    """The first covered bin at or behind `start`."""
    if is_covered(coverage, start, width):
        return start
    later = [start_of_bin(each.since, width) for each in coverage if start_of_bin(each.since, width) > start]
    return min(later, default=None)


def binned_counts(reader: Reader, start: datetime, end: datetime, width: timedelta) -> tuple[BinCount, ...]:
    """Posts per bin of every series that has any, in order of time.

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
        GROUP BY GROUPING SETS ((bin, topic, language), (bin, topic))
        ORDER BY bin
        """,  # noqa: S608 - only names of ours
        bounds | {"width": int(width.total_seconds())},
    )
    return tuple(BinCount(*row) for row in rows)


def first_counted(reader: Reader, topics: Collection[str], start: datetime, end: datetime) -> datetime | None:
    """The first minute of a range in which any post of the topics was counted; None where none was.

    No version is merged: a minute that was emptied since, as by a retag, counts as one with posts.
    """
    [(posts, first)] = reader.query(
        """
        SELECT count(), min(minute) FROM count_versions
        WHERE topic IN {topics:Array(String)} AND posts > 0
            AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}
        """,
        {"topics": sorted(topics), "start": start, "end": end},
    )
    return first if posts else None


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


def scored_until(reader: Reader, name: str = "main") -> datetime | None:
    """How far a watch has come; None before its first bin."""
    rows = reader.query("SELECT scored_until FROM watch_progress WHERE name = {name:String}", {"name": name})
    return rows[0][0] if rows else None


def watch_state(reader: Reader, name: str = "main") -> tuple[datetime, dict[tuple[str, str], str]] | None:
    """The newest state that a watch kept, by topic and language, and how far it had scored; None without one."""
    rows = reader.query(
        """
        SELECT scored_until, topic, language, state FROM watch_state
        WHERE name = {name:String}
            AND scored_until = (SELECT max(scored_until) FROM watch_state WHERE name = {name:String})
        """,
        {"name": name},
    )
    states = {(topic, language): state for _, topic, language, state in rows}
    return (rows[0][0], states) if rows else None
