"""What collectors have covered and how they are, and how far a watch has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract import CollectorState, state_at
from processing.coverage import Coverage
from processing.queries.reader import Reader


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


def coverage(reader: Reader) -> tuple[Coverage, ...]:
    """Every stretch of event time that a collector has covered, newest last.

    A stretch counts only once all partitions have reported it: until then its end is not known. Partitions that the
    topic has no longer, as after a move to another Kafka, hold nothing back. A stretch ends by the store's clock,
    whatever its collector says: nobody has delivered what is still to be written.
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
        FROM (SELECT *, argMax(partitions, at) OVER (PARTITION BY source, since) AS present FROM source_health)
        WHERE partition < present
        GROUP BY source, since
        HAVING count() >= max(present) AND since <= now64(3, 'UTC') AND (covered > since OR completed)
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
        ORDER BY source, at DESC, since DESC, `until`
        LIMIT 1 BY source
        """
    )
    return tuple(Health(*row) for row in rows)


def scored_until(reader: Reader, name: str = "main") -> datetime | None:
    """How far a watch has come; None before its first bin."""
    rows = reader.query("SELECT scored_until FROM watch_progress WHERE name = {name:String}", {"name": name})
    return rows[0][0] if rows else None


def retags(reader: Reader) -> int:
    """How many stretches of time were tagged again: it changes when one is."""
    [(rows,)] = reader.query("SELECT count() FROM retags")
    return int(rows)
