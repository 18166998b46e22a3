"""What a rise is, as a badge and as the sentence that alerts have too."""

from __future__ import annotations

from dashboard.i18n import Words
from dashboard.markup import Markup, element
from dashboard.view import View
from processing.contract import Incident, VerdictName
from processing.sentences import verdict_sentence


def badge(incident: Incident, words: Words) -> Markup:
    """Its name."""
    names = {
        VerdictName.ORGANIC: words.verdict_organic,
        VerdictName.CONCENTRATED: words.verdict_concentrated,
        VerdictName.COLLECTOR: words.verdict_collector,
        VerdictName.BACKFILL: words.verdict_backfill,
    }
    return element("span", names[incident.verdict], css=f"bw-badge bw-{incident.verdict.value}")


def sentence(incident: Incident, view: View) -> Markup:
    """What decided it."""
    return element("span", verdict_sentence(incident.verdict, incident.evidence, view.ui.value))
