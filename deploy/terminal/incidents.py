"""The stored incidents as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deploy.settings import Settings
from processing import queries
from processing.alerts.message import details, headline
from processing.contract import Incident


def report(settings: Settings, say: Callable[[str], None]) -> None:
    """Print every incident with its pulses, languages and ratio, the latest last."""
    reader = queries.connect(settings.reader)
    incidents = queries.incidents(reader)
    say(f"{len(incidents)} incident{'' if len(incidents) == 1 else 's'}")
    for line in incident_lines(incidents[::-1], settings):
        say(line)


def incident_lines(incidents: Sequence[Incident], settings: Settings) -> list[str]:
    """Return a headline and detail lines for each incident."""
    lines = []
    for incident in incidents:
        lines.append(headline(incident))
        lines += [f"  {line}" for line in details(incident, settings.processing.bin_width)]
    return lines
