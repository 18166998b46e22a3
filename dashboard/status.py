"""The claims that the page may make about the present."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.snapshot import Present
from processing.contract import Incident, VerdictName
from processing.troubles import CollectorState, newest_stretches, state_of

LIVE_WITHIN = timedelta(days=1)


class HeadlineState(StrEnum):
    """The headline's claim about the present.

    While the watch is `CATCHING_UP` with the counts, or every collector is silent, nothing is claimed of the present:
    what the page says of surges is then as of the scored time.
    """

    SURGING = "surging"
    CALM = "calm"
    CATCHING_UP = "catching_up"
    STALE = "stale"


def headline_state(known: Present, wall: datetime) -> HeadlineState:
    """Return the headline's state."""
    if is_stale(known, wall):
        return HeadlineState.STALE
    if known.is_behind:
        return HeadlineState.CATCHING_UP
    return HeadlineState.SURGING if going_on(known.incidents) else HeadlineState.CALM


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


def is_live(now: datetime, wall: datetime) -> bool:
    """Return whether the newest covered moment is less than a day from the wall clock.

    A replay of older posts is not live.
    """
    return abs(wall - now) < LIVE_WITHIN
