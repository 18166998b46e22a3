"""How banwatch itself is: what each stage has reached, and what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.snapshot import BEHIND_FROM
from dashboard.status import Collector, CollectorState, collectors, missing, watch_silence
from dashboard.views.health.rates import Rate
from processing.contract import BrokerState
from processing.queries import (
    BrokerMemory,
    ChannelAttempt,
    Coverage,
    DiskSpace,
    Health,
    RejectedShare,
    Rejections,
    StoredNotification,
)

MANY_REJECTED = 0.05
"""A collector whose records are rejected to this share or more is worth a look."""
OVERDUE_AFTER = timedelta(minutes=5)
"""A message that is due for so long has not been sent because something is wrong."""
LITTLE_FREE = 0.1
"""A disk of which less than this share is free is worth a look."""
BROKER_TOLD_WITHIN = timedelta(minutes=30)
"""An embedded broker that cannot begin anew is reported every ten minutes. An older report is of one that has ended."""
MEGABYTE = 1024 * 1024
SENT = "sent"


class StageName(StrEnum):
    """A stage of the path of a post, in their order."""

    READ = "read"
    COUNTED = "counted"
    SCORED = "scored"
    TOLD = "told"


class StageState(StrEnum):
    """How a stage is. `UNKNOWN` is neither good nor bad: nobody has said anything."""

    WELL = "well"
    BEHIND = "behind"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stage:
    """One stage: up to when it has come, in event time, and how far that is behind the stage before it."""

    name: StageName
    state: StageState
    until: datetime | None
    behind: timedelta | None = None


class Fault(StrEnum):
    """A kind of trouble, of which the page says what to do."""

    FAILED = "failed"
    AWAY = "away"
    SILENT = "silent"
    REJECTS = "rejects"
    COUNTS_BEHIND = "counts_behind"
    SCORES_BEHIND = "scores_behind"
    NO_SCORES = "no_scores"
    CHANNEL = "channel"
    OVERDUE = "overdue"
    WATCH_SILENT = "watch_silent"
    DISK = "disk"
    BROKER = "broker"


@dataclass(frozen=True)
class Problem:
    """One trouble: of whom, and for how long or how much where that is known."""

    fault: Fault
    name: str = ""
    span: timedelta | None = None
    share: float | None = None
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the store knows of banwatch itself.

    `watch_heard_at` is the wall clock of the watch's last report. What was rejected is that of the last day.
    `first` and `counted_until` are the oldest and the newest covered moment, or None while there is no post.
    `posts` are all counted posts, and `newest` is the minute of the newest one.
    """

    coverage: tuple[Coverage, ...]
    health: tuple[Health, ...]
    scored_until: datetime | None
    attempts: tuple[ChannelAttempt, ...] = ()
    waiting: tuple[StoredNotification, ...] = ()
    first: datetime | None = None
    newest: datetime | None = None
    counted_until: datetime | None = None
    posts: int = 0
    rates: tuple[Rate, ...] = ()
    watch_heard_at: datetime | None = None
    disks: tuple[DiskSpace, ...] = ()
    rejections: tuple[Rejections, ...] = ()
    rejected_shares: tuple[RejectedShare, ...] = ()
    broker: BrokerMemory | None = None


def read_until(health: Iterable[Health]) -> datetime | None:
    """Return the newest event time that any collector has sent on; None if no collector has reported."""
    return max((each.heard_at - timedelta(seconds=each.lag) for each in health), default=None)


def stages(of: Standing, wall: datetime) -> tuple[Stage, ...]:
    """Return the four stages in the order of a post's path."""
    return _read(of, wall), _counted(of), _scored(of, wall), _told(of, wall)


def _read(of: Standing, wall: datetime) -> Stage:
    found = collectors(of.coverage, of.health, wall)
    absent = missing(found)
    state = StageState.UNKNOWN if not found else StageState.WRONG if absent else StageState.WELL
    return Stage(StageName.READ, state, read_until(of.health))


def _counted(of: Standing) -> Stage:
    if of.counted_until is None or not of.coverage:
        return Stage(StageName.COUNTED, StageState.UNKNOWN, of.counted_until)
    return _behind(StageName.COUNTED, of.counted_until, read_until(of.health))


def _scored(of: Standing, wall: datetime) -> Stage:
    if of.scored_until is None or of.counted_until is None:
        return Stage(StageName.SCORED, StageState.UNKNOWN, None)
    if (silence := watch_silence(of.watch_heard_at, of.coverage, wall)) is not None:
        return Stage(StageName.SCORED, StageState.WRONG, min(of.scored_until, of.counted_until), silence)
    return _behind(StageName.SCORED, min(of.scored_until, of.counted_until), of.counted_until)


def _behind(name: StageName, until: datetime, before: datetime | None) -> Stage:
    behind = max(timedelta(), before - until) if before else None
    late = behind is not None and behind > BEHIND_FROM
    return Stage(name, StageState.BEHIND if late else StageState.WELL, until, behind)


def _told(of: Standing, wall: datetime) -> Stage:
    last = max((each.at for each in of.attempts if each.outcome == SENT), default=None)
    if failing(of.attempts):
        return Stage(StageName.TOLD, StageState.WRONG, last)
    if overdue(of.waiting, wall):
        return Stage(StageName.TOLD, StageState.BEHIND, last)
    return Stage(StageName.TOLD, StageState.WELL if of.attempts else StageState.UNKNOWN, last)


def failing(attempts: Iterable[ChannelAttempt]) -> tuple[ChannelAttempt, ...]:
    """Return the last attempt at each channel that failed there, sorted by channel."""
    last: dict[str, ChannelAttempt] = {}
    for each in attempts:
        if each.channel not in last or each.at > last[each.channel].at:
            last[each.channel] = each
    return tuple(last[channel] for channel in sorted(last) if last[channel].outcome != SENT)


def overdue(waiting: Iterable[StoredNotification], wall: datetime) -> tuple[StoredNotification, ...]:
    """Return the messages that should have been sent some minutes ago."""
    return tuple(each for each in waiting if wall - each.due > OVERDUE_AFTER)


def problems(of: Standing, wall: datetime) -> tuple[Problem, ...]:
    """Return everything that is wrong, the collectors first."""
    return (*_of_collectors(of, wall), *_of_stages(of, wall), *_of_channels(of, wall), *_of_machine(of, wall))


def _of_collectors(of: Standing, wall: datetime) -> Iterator[Problem]:
    faults = {
        CollectorState.FAILED: Fault.FAILED,
        CollectorState.AWAY: Fault.AWAY,
        CollectorState.SILENT: Fault.SILENT,
    }
    for each in missing(collectors(of.coverage, of.health, wall)):
        yield Problem(faults[each.state], each.source, wall - each.heard_at)
    for word in of.health:
        share = rejected_share(word)
        if share is not None and share >= MANY_REJECTED:
            yield Problem(Fault.REJECTS, word.source, share=share, count=word.rejected)


def rejected_share(word: Health) -> float | None:
    """Return the rejected share of a collector's records since its start; None before the first record."""
    records = word.posts + word.rejected
    return word.rejected / records if records else None


def _of_stages(of: Standing, wall: datetime) -> Iterator[Problem]:
    behind = {StageName.COUNTED: Fault.COUNTS_BEHIND, StageName.SCORED: Fault.SCORES_BEHIND}
    for stage in stages(of, wall):
        if stage.name in behind and stage.state is StageState.BEHIND:
            yield Problem(behind[stage.name], span=stage.behind)
        if stage.name is StageName.SCORED and stage.state is StageState.WRONG:
            yield Problem(Fault.WATCH_SILENT, span=stage.behind)
    if of.counted_until is not None and of.scored_until is None:
        yield Problem(Fault.NO_SCORES)


def _of_channels(of: Standing, wall: datetime) -> Iterator[Problem]:
    for attempt in failing(of.attempts):
        yield Problem(Fault.CHANNEL, attempt.channel, wall - attempt.at)
    late = overdue(of.waiting, wall)
    if late:
        yield Problem(Fault.OVERDUE, span=wall - min(each.due for each in late), count=len(late))


def _of_machine(of: Standing, wall: datetime) -> Iterator[Problem]:
    for disk in of.disks:
        if disk.share < LITTLE_FREE:
            yield Problem(Fault.DISK, disk.name, share=disk.share)
    stuck = of.broker is not None and of.broker.state in {BrokerState.UNCOUNTED, BrokerState.STREAMED}
    if of.broker is not None and stuck and wall - of.broker.at < BROKER_TOLD_WITHIN:
        yield Problem(Fault.BROKER, count=of.broker.held // MEGABYTE)


def words_of(health: Iterable[Health]) -> dict[str, Health]:
    """Return each collector's newest report by the collector's name."""
    return {each.source: each for each in health}


def listed(of: Standing, wall: datetime) -> tuple[Collector, ...]:
    """Return the collectors, those whose posts are missing first."""
    found = collectors(of.coverage, of.health, wall)
    absent = missing(found)
    return (*absent, *(each for each in found if each not in absent))
