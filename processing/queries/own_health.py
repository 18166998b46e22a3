"""How banwatch itself is: the disk, the watch, rejected records, and the memory of the embedded broker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.contract import EVERYTHING, BrokerState
from processing.queries.reader import Reader
from processing.queries.timeline import posts_over_time

MINUTE = timedelta(minutes=1)
UNKNOWN_SOURCE = "kafka"
"""The source of records of which nobody can tell from which network they came."""


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """A local disk of the store, with its free and its whole size in bytes."""

    name: str
    free: int
    total: int

    @property
    def share(self) -> float:
        """The free share of the disk."""
        return self.free / self.total


@dataclass(frozen=True, slots=True)
class WatchReport:
    """How far a watch has come, in event time, and when it last said so, by the store's clock."""

    scored_until: datetime
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Rejections:
    """The records of one source that one stage rejected for one kind of reason.

    `latest` are those of the last hour of the asked time, and `reason` is the sentence of the newest record.
    """

    stage: str
    source: str
    kind: str
    latest: int
    records: int
    newest: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RejectedShare:
    """The rejected records of one source, beside its posts that were counted in the same time."""

    source: str
    rejected: int
    posts: int

    @property
    def share(self) -> float | None:
        """The rejected share of the records; None where no post of that time was counted, as in a replay."""
        return self.rejected / (self.rejected + self.posts) if self.posts else None


@dataclass(frozen=True, slots=True)
class BrokerMemory:
    """What last became of the memory of the embedded broker. `held` and `limit` are in bytes."""

    state: BrokerState
    held: int
    limit: int
    at: datetime


def disk_space(reader: Reader) -> tuple[DiskSpace, ...]:
    """Return the local disks of the server that answers; none where it keeps its data elsewhere."""
    rows = reader.query("SELECT name, free_bytes, total_bytes FROM disk_space ORDER BY name")
    return tuple(DiskSpace(*row) for row in rows)


def watch_report(reader: Reader, name: str = "main") -> WatchReport | None:
    """Return the newest report of a watch; None before its first bin."""
    rows = reader.query("SELECT scored_until, at FROM watch_progress WHERE name = {name:String}", {"name": name})
    return WatchReport(*rows[0]) if rows else None


def rejections(reader: Reader, since: datetime, until: datetime) -> tuple[Rejections, ...]:
    """Return what was rejected between two moments, by when Kafka got it, the most frequent first."""
    rows = reader.query(
        """
        SELECT
            stage,
            source,
            kind,
            countIf(at >= {until:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR),
            count() AS records,
            max(at),
            argMax(reason, at)
        FROM rejected
        WHERE at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        GROUP BY stage, source, kind
        ORDER BY records DESC, source, stage, kind
        """,
        {"since": since, "until": until},
    )
    return tuple(Rejections(*row) for row in rows)


def rejected_shares(reader: Reader, since: datetime, until: datetime) -> tuple[RejectedShare, ...]:
    """Return the rejected share of each source that had records rejected between two moments, by name.

    Records whose source nobody could tell are compared with the posts of all sources.
    """
    begin, end = (moment.replace(second=0, microsecond=0) for moment in (since, until))
    posts: dict[str, int] = {}
    for _, source, found in posts_over_time(reader, begin, end, MINUTE, by="source", topic=EVERYTHING):
        posts[source] = posts.get(source, 0) + found
    posts[UNKNOWN_SOURCE] = sum(posts.values())
    rejected: dict[str, int] = {}
    for each in rejections(reader, since, until):
        rejected[each.source] = rejected.get(each.source, 0) + each.records
    return tuple(RejectedShare(source, rejected[source], posts.get(source, 0)) for source in sorted(rejected))


def broker_memory(reader: Reader) -> BrokerMemory | None:
    """Return what last became of the memory of the embedded broker; None where none was ever started."""
    rows = reader.query("SELECT state, held_bytes, limit_bytes, at FROM broker_memory WHERE name = 'embedded'")
    return BrokerMemory(BrokerState(rows[0][0]), *rows[0][1:]) if rows else None
