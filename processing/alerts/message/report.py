"""An incident in English for a terminal, in the words of the alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from processing.alerts.message import incident as of_incident
from processing.alerts.message.text import terminal_lines
from processing.alerts.message.wording import Wording
from processing.alerts.news import IncidentNews
from processing.alerts.notification import Step
from processing.contract import Incident
from processing.plain_text import STEERING


def headline(incident: Incident, topics: Mapping[str, str] | None = None) -> str:
    """Return the incident in one line: what, how far above normal, since when, or from when to when it lasted.

    `topics` has names of topics by their ids. Without it, a topic is named by its id, as in SQL.
    """
    return STEERING.sub("", of_incident.headline(incident, Wording(width=timedelta(), topics=topics or {})))


def details(incident: Incident, width: timedelta) -> tuple[str, ...]:
    """Return the lines below the headline; `width` is the detector's bin. Topics are named by their ids."""
    news = IncidentNews(step=Step.OPENED, at=incident.detected_at, incident=incident)
    lines = terminal_lines(of_incident.incident_message(news, Wording(width=width)))
    return tuple(line.removeprefix("  ") for line in lines[1:])
