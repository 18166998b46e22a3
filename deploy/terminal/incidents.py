"""The stored incidents as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deploy.settings import Settings
from processing import queries
from processing.alerts.message import details, headline
from processing.contract import Incident
from processing.tagging.topics import load_taxonomy


def report(settings: Settings, say: Callable[[str], None], *, told: bool) -> None:
    """Print every incident, the latest last. Of those that people were told of in full, print where to read on."""
    reader = queries.connect(settings.reader)
    incidents = queries.incidents(reader)
    say(f"{len(incidents)} incident{'' if len(incidents) == 1 else 's'}")
    oldest_first = incidents[::-1]
    for line in _where_explained(oldest_first, settings) if told else incident_lines(oldest_first, settings):
        say(line)


def _where_explained(incidents: Sequence[Incident], settings: Settings) -> list[str]:
    names = load_taxonomy(*settings.topics_files).names_in("en")
    return [f"{headline(each, names)}\n  banwatch explain {each.id}" for each in incidents]


def incident_lines(incidents: Sequence[Incident], settings: Settings) -> list[str]:
    """Return a headline and detail lines for each incident."""
    lines = []
    for incident in incidents:
        lines.append(headline(incident))
        lines += [f"  {line}" for line in details(incident, settings.processing.bin_width)]
    return lines
