"""The claims that the page may make about the present: the state of the headline and of each collector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.snapshot import Present
from processing.contract import Incident, VerdictName
from processing.queries import Coverage, Health

LIVE_WITHIN = timedelta(days=1)
WATCH_SILENT_AFTER = timedelta(minutes=5)
"""A watch without work reports twice a minute, and a busy one with each part of a day of history."""


class HeadlineState(StrEnum):
    """The headline's claim about the present.

    While the watch is `CATCHING_UP` with the counts, or every collector is silent, nothing is claimed of the present:
    what the page says of surges is then as of the scored time.
    """

    SURGING = "surging"
    CALM = "calm"
    CATCHING_UP = "catching_up"
    STALE = "stale"


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


def headline_state(known: Present, wall: datetime) -> HeadlineState:
    """Return the headline's state."""
    if is_stale(known, wall):
        return HeadlineState.STALE
    if known.is_behind:
        return HeadlineState.CATCHING_UP
    return HeadlineState.SURGING if going_on(known.incidents) else HeadlineState.CALM


def watch_silence(heard_at: datetime | None, coverage: Iterable[Coverage], wall: datetime) -> timedelta | None:
    """Return for how long nothing has been heard of the watch; None while it reports, or if nothing more will come.

    `heard_at` is None before the watch's first bin, of which the page says so.
    """
    if heard_at is None or all(stretch.complete for stretch in coverage):
        return None
    return wall - heard_at if wall - heard_at > WATCH_SILENT_AFTER else None


def is_stale(known: Present, wall: datetime) -> bool:
    """Return whether every collector is silent, so that nobody knows what happens."""
    heard = [state_of(stretch, wall) for stretch in newest_stretches(known.coverage)]
    return bool(heard) and all(state is CollectorState.SILENT for state in heard)


def going_on(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return the surges that have not ended. An incident that has ended stays open for hours and does not count."""
    return tuple(incident for incident in surges(incidents) if incident.end is None)


def surges(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return the incidents that people made. The page shows other incidents as cards, but never calls them surges."""
    return tuple(incident for incident in incidents if incident.verdict is VerdictName.ORGANIC)


def strongest(incidents: Iterable[Incident]) -> Incident:
    """Return the incident with the highest severity; among equal severities, the one with the highest ratio."""
    return max(incidents, key=lambda incident: (incident.severity.rank, incident.ratio))


def newest_stretches(coverage: Iterable[Coverage]) -> tuple[Coverage, ...]:
    """Return each collector's newest covered stretch, sorted by the collector's name."""
    newest: dict[str, Coverage] = {}
    for stretch in coverage:
        kept = newest.get(stretch.source)
        if kept is None or stretch.until >= kept.until:
            newest[stretch.source] = stretch
    return tuple(newest[source] for source in sorted(newest))


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


def is_live(now: datetime, wall: datetime) -> bool:
    """Return whether the newest covered moment is less than a day from the wall clock.

    A replay of older posts is not live.
    """
    return abs(wall - now) < LIVE_WITHIN
