"""What the page may claim of the present: the state of the headline and of each collector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.snapshot import Snapshot
from processing.contract import Incident, Severity, VerdictName
from processing.queries import Coverage, Health

LIVE_WITHIN = timedelta(days=1)
CATCHING_UP_FROM = timedelta(minutes=30)


class HeadlineState(StrEnum):
    """What the headline says of talk at this moment."""

    SURGING = "surging"
    CALM = "calm"
    CATCHING_UP = "catching_up"
    STALE = "stale"


class CollectorState(StrEnum):
    """What a collector does."""

    COMPLETE = "complete"
    IDLE = "idle"
    LISTENING = "listening"
    SILENT = "silent"
    AWAY = "away"
    FAILED = "failed"


@dataclass(frozen=True)
class Collector:
    """One collector as the page shows it. `stretch` is what it covers now, None where that is nothing.

    `detail` is its own word on what is wrong, in English: it may repeat what a network sent.
    """

    source: str
    state: CollectorState
    heard_at: datetime
    stretch: Coverage | None
    detail: str


def headline_state(snapshot: Snapshot, wall: datetime) -> HeadlineState:
    """What the headline may claim: nothing of the present where no collector speaks any more."""
    heard = [state_of(stretch, wall) for stretch in newest_stretches(snapshot.coverage)]
    if heard and all(state is CollectorState.SILENT for state in heard):
        return HeadlineState.STALE
    if going_on(snapshot.incidents):
        return HeadlineState.SURGING
    behind = snapshot.watched_until is None or snapshot.now - snapshot.watched_until > CATCHING_UP_FROM
    return HeadlineState.CATCHING_UP if behind else HeadlineState.CALM


def going_on(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Surges that have no end yet. An incident that has ended stays open for hours and does not count here."""
    return tuple(incident for incident in surges(incidents) if incident.end is None)


def surges(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """The incidents that people make. The page shows the others among the cards, and never calls them a surge."""
    return tuple(incident for incident in incidents if incident.verdict is VerdictName.ORGANIC)


def strongest(incidents: Iterable[Incident]) -> Incident:
    """The incident with the highest severity, and among those the highest ratio."""
    order = list(Severity)
    return max(incidents, key=lambda incident: (order.index(incident.severity), incident.ratio))


def newest_stretches(coverage: Iterable[Coverage]) -> tuple[Coverage, ...]:
    """What each collector covers now: its newest stretch."""
    newest: dict[str, Coverage] = {}
    for stretch in coverage:
        kept = newest.get(stretch.source)
        if kept is None or stretch.until >= kept.until:
            newest[stretch.source] = stretch
    return tuple(newest[source] for source in sorted(newest))


def state_of(stretch: Coverage, wall: datetime) -> CollectorState:
    """How a collector is, by what it covers."""
    if stretch.complete:
        return CollectorState.COMPLETE
    if stretch.is_silent(wall):
        return CollectorState.SILENT
    return CollectorState.IDLE if stretch.idle else CollectorState.LISTENING


def collectors(coverage: Iterable[Coverage], health: Iterable[Health], wall: datetime) -> tuple[Collector, ...]:
    """Every collector that covers something or has said how it is, by name."""
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
    """How a collector is, as it says itself while it speaks; after that, by what it covers."""
    covers = CollectorState.SILENT if stretch is None else state_of(stretch, wall)
    says = covers if word is None else SAYS.get(word.state_at(wall), covers)
    return covers if (says, covers) in COVERS_SAYS_MORE else says


SAYS = {
    "listening": CollectorState.LISTENING,
    "silent": CollectorState.SILENT,
    "reconnecting": CollectorState.AWAY,
    "failed": CollectorState.FAILED,
}
"""A collector that has ended is what it covers."""

COVERS_SAYS_MORE = {
    (CollectorState.LISTENING, CollectorState.IDLE),
    (CollectorState.SILENT, CollectorState.COMPLETE),
}


def is_live(now: datetime, wall: datetime) -> bool:
    """Whether the newest covered moment is within a day of the wall's clock; a replay is not."""
    return abs(wall - now) < LIVE_WITHIN
