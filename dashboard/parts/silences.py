"""A silence in words, and what every page that writes one shares."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, severity_name
from dashboard.markup import element, filled
from processing.contract import Silence
from processing.plain_text import displayable

LONGEST_NAME = 80


def conditions(silence: Silence, words: Words) -> Iterator[Markup]:
    """Yield a sentence for each thing that narrows a silence besides its topic."""
    page = words.alerts_page
    if silence.languages:
        only = words.separator.join(language_name(words, each) for each in silence.languages)
        yield filled(words.incident_page.silence_only, languages=only)
    if silence.sources:
        yield filled(page.silence_sources, sources=foreign(words.separator.join(silence.sources)))
    if silence.severity is not None:
        yield filled(page.silence_severity, severity=severity_name(words, silence.severity))
    if silence.channel:
        yield filled(page.silence_channel, channel=foreign(silence.channel))


def foreign(text: str, longest: int = LONGEST_NAME) -> Markup:
    """Return a text of people or networks as an element of a direction of its own."""
    return element("bdi", displayable(text, longest))
