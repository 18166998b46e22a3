"""The collectors: in which state each is, and for how long nothing has been heard of the watch. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from processing.coverage import newest_stretches
from processing.queries import Coverage, Health

WATCH_SILENT_AFTER = timedelta(minutes=5)
"""A watch without work reports twice a minute, and a busy one with each part of a day of history."""


class CollectorState(StrEnum):
    """The state of a collector, as the page shows it."""

    COMPLETE = "complete"
    IDLE = "idle"
    LISTENING = "listening"
    SILENT = "silent"
    AWAY = "away"
    FAILED = "failed"


@dataclass(frozen=True)
class Collector:
    """One collector, as the page shows it. `stretch` is the time that the collector covers now, or None.

    `detail` is the collector's own report of a fault, in English; the report may quote text from a network.
    """

    source: str
    state: CollectorState
    heard_at: datetime
    stretch: Coverage | None
    detail: str


def state_of(stretch: Coverage, wall: datetime) -> CollectorState:
    """Return a collector's state, as its newest covered stretch shows it."""
    if stretch.complete:
        return CollectorState.COMPLETE
    if stretch.is_silent(wall):
        return CollectorState.SILENT
    return CollectorState.IDLE if stretch.idle else CollectorState.LISTENING


def collectors(coverage: Iterable[Coverage], health: Iterable[Health], wall: datetime) -> tuple[Collector, ...]:
    """Return every collector that covers a stretch or has reported its health, sorted by name."""
    stretches = {stretch.source: stretch for stretch in newest_stretches(coverage)}
    words = {word.source: word for word in health}
    return tuple(
        _collector(source, stretches.get(source), words.get(source), wall) for source in sorted({*stretches, *words})
    )


def _collector(source: str, stretch: Coverage | None, word: Health | None, wall: datetime) -> Collector:
    events = [stretch.heard_at] if stretch else []
    events += [word.last_event] if word and word.last_event else []
    heard_at = max(events) if events or word is None else word.heard_at
    return Collector(source, _state(stretch, word, wall), heard_at, stretch, "" if word is None else word.detail)


def _state(stretch: Coverage | None, word: Health | None, wall: datetime) -> CollectorState:
    """Return a collector's state: its own report while the report is recent, later the state of its coverage."""
    covers = CollectorState.SILENT if stretch is None else state_of(stretch, wall)
    says = covers if word is None else SAYS.get(word.state_at(wall), covers)
    return covers if (says, covers) in COVERS_SAYS_MORE else says


SAYS = {
    "listening": CollectorState.LISTENING,
    "silent": CollectorState.SILENT,
    "reconnecting": CollectorState.AWAY,
    "failed": CollectorState.FAILED,
}
"""State of a collector for each health report. A report of an ended collector is missing: its coverage decides."""

COVERS_SAYS_MORE = {
    (CollectorState.LISTENING, CollectorState.IDLE),
    (CollectorState.SILENT, CollectorState.COMPLETE),
}


def missing(collected: Iterable[Collector]) -> tuple[Collector, ...]:
    """Return the collectors whose posts of the present are missing in the counts."""
    absent = {CollectorState.SILENT, CollectorState.AWAY, CollectorState.FAILED}
    return tuple(each for each in collected if each.state in absent)


def watch_silence(heard_at: datetime | None, coverage: Iterable[Coverage], wall: datetime) -> timedelta | None:
    """Return for how long nothing has been heard of the watch; None while it reports, or if nothing more will come.

    `heard_at` is None before the watch's first bin, of which the page says so.
    """
    if heard_at is None or all(stretch.complete for stretch in coverage):
        return None
    return wall - heard_at if wall - heard_at > WATCH_SILENT_AFTER else None
