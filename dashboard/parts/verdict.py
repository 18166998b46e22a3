"""The verdict on an incident: its badge, and the sentences that alerts contain too."""

from __future__ import annotations

from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element
from processing.contract import Incident, VerdictName
from processing.explanation.sentences import doubt_sentence, verdict_sentence

MOST_DOUBTS = 6


def name_of(verdict: VerdictName, words: Words) -> str:
    """Return the name of a verdict."""
    names = {
        VerdictName.ORGANIC: words.verdict_organic,
        VerdictName.CONCENTRATED: words.verdict_concentrated,
        VerdictName.COLLECTOR: words.verdict_collector,
        VerdictName.BACKFILL: words.verdict_backfill,
    }
    return names[verdict]


def badge(incident: Incident, words: Words) -> Markup:
    """Return the name of the verdict as a badge."""
    return element("span", name_of(incident.verdict, words), css=f"bw-badge bw-{incident.verdict.value}")


def sentence(incident: Incident, words: Words) -> Markup:
    """Return the sentence that says which figure decided the verdict."""
    return element("span", verdict_sentence(incident.verdict, incident.evidence, words.tag))


def doubts(incident: Incident, words: Words) -> list[Markup]:
    """Return a sentence for each language that rose without being a surge of people."""
    shown = [
        doubt_sentence(doubt, language_name(words, doubt.language), words.tag)
        for doubt in incident.doubted[:MOST_DOUBTS]
    ]
    others = [language_name(words, doubt.language) for doubt in incident.doubted[MOST_DOUBTS:]]
    if others:
        shown.append(words.colon.format(name=words.also_doubted, value=words.separator.join(others)))
    return [element("p", each, css="bw-note") for each in shown]
