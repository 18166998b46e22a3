"""From what the store knows of banwatch itself to what is wrong. Pure.

A trouble that people have been told of is over only when its value is well on the right side of the threshold again, so
that a value at the threshold does not open and end one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, takewhile

from ingest.contract import ARCHIVE_PREFIX
from processing.contract import BrokerState
from processing.coverage import HISTORY, newest_stretches, watermark
from processing.queries import (
    BrokerMemory,
    ChannelAttempt,
    Coverage,
    DiskSpace,
    Health,
    RejectedShare,
    StoredNotification,
)
from processing.trouble_limits import Limits
from processing.troubles.collector_states import (
    WATCH_SILENT_AFTER,
    CollectorState,
    collectors,
    missing,
    watch_silence,
)
from processing.troubles.trouble import Area, Trouble, TroubleName, TroubleSeverity, conversation_about

CLEAR = 0.8
"""The share of its threshold below which the value of a trouble that goes on must fall before the trouble is over."""

OVERDUE_AFTER = timedelta(minutes=5)
"""A message that is due for so long has not been sent because something is wrong."""

BROKER_TOLD_WITHIN = timedelta(minutes=30)
"""An embedded broker that cannot begin anew is reported every ten minutes. An older report is of one that has ended."""

DEAD_AFTER = 2
"""So many failed attempts in a row make a channel dead."""

SENT, NOT_ACCEPTED = "sent", "auth"

CHANNEL_FAILURES = frozenset({"retry", "rate_limited", "timeout", NOT_ACCEPTED, "gave_up"})
"""The outcomes of an attempt that speak against the channel. A refusal speaks against the message."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the store knows of banwatch itself.

    `counted_until` is the newest covered moment, and `scored_until` how far the watch has come; None before the first.
    `watch_heard_at` is the wall clock of the watch's last report. `rejected` is of the last hour. `attempts` are the
    last ones at each channel.
    """

    coverage: tuple[Coverage, ...]
    health: tuple[Health, ...]
    counted_until: datetime | None = None
    scored_until: datetime | None = None
    watch_heard_at: datetime | None = None
    disks: tuple[DiskSpace, ...] = ()
    rejected: tuple[RejectedShare, ...] = ()
    broker: BrokerMemory | None = None
    attempts: tuple[ChannelAttempt, ...] = ()
    waiting: tuple[StoredNotification, ...] = ()


def collects_live(of: Facts) -> bool:
    """Return whether anything is collected from a network, and not only played from archives."""
    return any(_is_of_a_network(each) and each.state != "ended" for each in of.health)


def _is_of_a_network(word: Health) -> bool:
    return not word.source.startswith(ARCHIVE_PREFIX)


def troubles(of: Facts, limits: Limits, wall: datetime, going_on: Collection[str] = ()) -> tuple[Trouble, ...]:
    """Return everything that is wrong, the collectors first. `wall` is the wall clock.

    `going_on` names what people have been told of and is not over: see `Trouble.about`.
    """
    return (
        *_of_collectors(of, wall),
        *_of_rejections(of, limits, wall, going_on),
        *_of_counts(of, limits, wall, going_on),
        *_of_watch(of, limits, wall, going_on),
        *_of_channels(of, wall),
        *_of_disks(of, limits, wall, going_on),
        *_of_broker(of, wall),
    )


def _eased(threshold: float, area: Area, subject: str, going_on: Collection[str]) -> float:
    """Return the threshold that a value has to reach now."""
    return threshold * CLEAR if conversation_about(area, subject) in going_on else threshold


def _of_collectors(of: Facts, wall: datetime) -> Iterator[Trouble]:
    names = {
        CollectorState.FAILED: (TroubleName.FAILED, TroubleSeverity.WARNING),
        CollectorState.AWAY: (TroubleName.AWAY, TroubleSeverity.NOTICE),
        CollectorState.SILENT: (TroubleName.SILENT, TroubleSeverity.WARNING),
    }
    silent_after = {each.source: each.silent_after for each in of.health}
    for each in missing(collectors(of.coverage, of.health, wall)):
        name, severity = names[each.state]
        lasts = (wall - each.heard_at).total_seconds()
        silent = name is TroubleName.SILENT
        yield Trouble(
            name=name,
            severity=severity,
            since=each.heard_at,
            subject=each.source,
            value=lasts if silent else None,
            threshold=silent_after.get(each.source) if silent else None,
            lasts=lasts,
            detail=each.detail,
        )


def _of_rejections(of: Facts, limits: Limits, wall: datetime, going_on: Collection[str]) -> Iterator[Trouble]:
    at_work = {each.source for each in of.health if _is_of_a_network(each)}
    for each in of.rejected:
        # A network that sends nothing but what cannot be read has no post to compare with. A replay has none either.
        share = 1.0 if each.share is None and each.source in at_work else each.share
        least = _eased(limits.rejected_least, Area.REJECTED, each.source, going_on)
        limit = _eased(limits.rejected_share, Area.REJECTED, each.source, going_on)
        if share is not None and share >= limit and each.rejected >= least:
            yield Trouble(
                name=TroubleName.REJECTS,
                severity=TroubleSeverity.WARNING,
                since=wall,
                subject=each.source,
                value=share,
                threshold=limits.rejected_share,
                count=each.rejected,
            )


def _of_counts(of: Facts, limits: Limits, wall: datetime, going_on: Collection[str]) -> Iterator[Trouble]:
    """Yield that the counts are behind the clock, though a collector says that it delivers the present.

    A collector that says nothing any more counts too: what it says comes through Kafka and the workers, as posts do.
    """
    listening = {each.source for each in of.health if _is_of_a_network(each) and each.state == "listening"}
    present = (each for each in newest_stretches(of.coverage) if each.source in listening and not each.idle)
    until = max((each.until for each in present), default=None)
    told = conversation_about(Area.LAG) in going_on
    # Further behind is history that is fetched, unless people have been told already.
    if until is None or (wall - until >= HISTORY and not told):
        return
    behind = (wall - until).total_seconds()
    if behind > _eased(limits.lag.total_seconds(), Area.LAG, "", going_on):
        yield Trouble(
            name=TroubleName.LAG,
            severity=TroubleSeverity.WARNING,
            since=until,
            value=behind,
            threshold=limits.lag.total_seconds(),
            lasts=behind,
        )


def _of_watch(of: Facts, limits: Limits, wall: datetime, going_on: Collection[str]) -> Iterator[Trouble]:
    if of.counted_until is None:
        return
    if of.scored_until is None:
        yield Trouble(name=TroubleName.NO_SCORES, severity=TroubleSeverity.NOTICE, since=of.counted_until)
        return
    silence = watch_silence(of.watch_heard_at, of.coverage, wall)
    if silence is not None:
        yield Trouble(
            name=TroubleName.WATCH_SILENT,
            severity=TroubleSeverity.CRITICAL,
            since=wall - silence,
            value=silence.total_seconds(),
            threshold=WATCH_SILENT_AFTER.total_seconds(),
            lasts=silence.total_seconds(),
        )
        return
    # What a slow collector holds back is not the watch's.
    reached = min(of.counted_until, watermark(of.coverage, limits.width, wall) or of.counted_until)
    behind = (reached - of.scored_until).total_seconds()
    if behind > _eased(limits.lag.total_seconds(), Area.WATCH, "", going_on):
        live = collects_live(of) and wall - of.scored_until < HISTORY
        yield Trouble(
            name=TroubleName.SCORES_BEHIND,
            severity=TroubleSeverity.WARNING if live else TroubleSeverity.NOTICE,
            since=of.scored_until,
            value=behind,
            threshold=limits.lag.total_seconds(),
            lasts=behind,
        )


def failing(attempts: Iterable[ChannelAttempt]) -> dict[str, tuple[ChannelAttempt, ...]]:
    """Return the attempts at each channel since the last that it took, newest first; no channel that took the last."""
    newest_first = sorted(attempts, key=lambda each: each.at, reverse=True)
    by_channel = groupby(sorted(newest_first, key=lambda each: each.channel), key=lambda each: each.channel)
    since_sent = ((name, tuple(takewhile(lambda each: each.outcome != SENT, tried))) for name, tried in by_channel)
    return {name: tried for name, tried in since_sent if tried}


def overdue(waiting: Iterable[StoredNotification], wall: datetime) -> tuple[StoredNotification, ...]:
    """Return the messages that should have been sent some minutes ago."""
    return tuple(each for each in waiting if wall - each.due > OVERDUE_AFTER)


def _of_channels(of: Facts, wall: datetime) -> Iterator[Trouble]:
    for name, tried in failing(of.attempts).items():
        in_row = tuple(takewhile(lambda each: each.outcome in CHANNEL_FAILURES, tried))
        if not in_row:  # it has answered, and refused a message
            continue
        last = in_row[0]
        dead = len(in_row) >= DEAD_AFTER or last.outcome == NOT_ACCEPTED
        since = in_row[-1].at
        yield Trouble(
            name=TroubleName.CHANNEL,
            severity=TroubleSeverity.WARNING if dead else TroubleSeverity.NOTICE,
            since=since,
            subject=name,
            value=len(in_row),
            threshold=DEAD_AFTER,
            lasts=(wall - since).total_seconds(),
            count=len(in_row),
            reason=last.outcome,
            detail=last.detail,
        )
    late = overdue(of.waiting, wall)
    if late:
        first = min(each.due for each in late)
        lasts = (wall - first).total_seconds()
        yield Trouble(
            name=TroubleName.OVERDUE, severity=TroubleSeverity.NOTICE, since=first, lasts=lasts, count=len(late)
        )


def _of_disks(of: Facts, limits: Limits, wall: datetime, going_on: Collection[str]) -> Iterator[Trouble]:
    for disk in of.disks:
        limit = limits.disk / CLEAR if conversation_about(Area.DISK, disk.name) in going_on else limits.disk
        if disk.share < limit:
            critical = disk.share < limits.disk_critical
            yield Trouble(
                name=TroubleName.DISK,
                severity=TroubleSeverity.CRITICAL if critical else TroubleSeverity.WARNING,
                since=wall,
                subject=disk.name,
                value=disk.share,
                threshold=limits.disk_critical if critical else limits.disk,
            )


def _of_broker(of: Facts, wall: datetime) -> Iterator[Trouble]:
    broker = of.broker
    if broker is None or broker.state not in {BrokerState.UNCOUNTED, BrokerState.STREAMED}:
        return
    if wall - broker.at < BROKER_TOLD_WITHIN:
        yield Trouble(
            name=TroubleName.BROKER,
            severity=TroubleSeverity.WARNING,
            since=broker.at,
            value=broker.held,
            threshold=broker.limit,
        )
