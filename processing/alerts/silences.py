"""Whether somebody has asked not to hear of an incident."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from processing.alerts.rules import IncidentFacts
from processing.contract import EVERYTHING, Incident, Silence


def covers(
    silence: Silence,
    incident: Incident,
    facts: IncidentFacts,
    *,
    channel: str,
    at: datetime,
    ancestors: Mapping[str, frozenset[str]],
) -> bool:
    """Return whether a silence covers an incident at a channel, at an event time.

    An incident of more than the silence names is not silenced: of another topic, language or source too, or more
    severe. `ancestors` holds for each topic the topics above it.
    """
    lead = incident.lead_topic or incident.topic
    return (
        silence.starts_at <= at < silence.ends_at
        and silence.channel in {"", channel}
        and silence.topic in {EVERYTHING, lead, incident.topic, *ancestors.get(lead, ())}
        and _within(facts.languages, silence.languages)
        and _within(facts.sources, silence.sources)
        and (silence.severity is None or facts.severity.rank <= silence.severity.rank)
    )


def _within(found: Collection[str], named: Collection[str]) -> bool:
    return not named or (bool(found) and set(found) <= set(named))
