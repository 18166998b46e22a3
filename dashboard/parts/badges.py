"""The badges of an incident."""

from __future__ import annotations

from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import severity_name
from dashboard.markup import element
from dashboard.parts.verdict import badge
from processing.contract import Incident, IncidentState


def badges(incident: Incident, words: Words) -> list[Markup]:
    """Return the badges of an incident: verdict, whether it goes on, severity, and whether its posts are generated."""
    state, name = (
        (IncidentState.OPEN, words.state_open) if incident.end is None else (IncidentState.CLOSED, words.state_closed)
    )
    badges = [
        badge(incident, words),
        element("span", name, css=f"bw-badge bw-{state.value}"),
        element("span", severity_name(words, incident.severity), css=f"bw-badge bw-{incident.severity.value}"),
    ]
    return [*badges, element("span", words.synthetic_badge, css="bw-badge")] if incident.synthetic else badges
