"""The names that the page shows for topics, languages and the figures of a verdict. Without a name, the id is shown."""

from __future__ import annotations

from dashboard.i18n.messages import Words
from processing.contract import EVERYTHING, Severity, VerdictName
from processing.i18n import language_names

NAMED_AS_COLUMNS = frozenset({"posts", "authors", "texts", "copies", "reposts", "top_author", "top_ten_authors"})
"""Figures of a verdict that the page also shows elsewhere. `Words` holds their names."""


def topic_name(words: Words, topic: str) -> str:
    """Return the taxonomy's name of a topic."""
    return words.every_topic if topic == EVERYTHING else words.topics.get(topic, topic)


def language_name(words: Words, tag: str) -> str:
    """Return the CLDR's name for a BCP 47 tag."""
    return words.every_language if tag == EVERYTHING else language_names.language_name(words.language_of_page, tag)


def severity_name(words: Words, severity: Severity) -> str:
    """Return the page's name of a severity."""
    names = {
        Severity.NOTABLE: words.severity_notable,
        Severity.MAJOR: words.severity_major,
        Severity.EXTREME: words.severity_extreme,
    }
    return names[severity]


def evidence_name(words: Words, evidence: str) -> str:
    """Return the page's name for a figure of a verdict."""
    if evidence in NAMED_AS_COLUMNS:
        return str(getattr(words, evidence))
    return words.figures.get(evidence, evidence)


def mark_name(verdict: VerdictName, words: Words) -> str:
    """Return the label of a rise on the chart."""
    names = {
        VerdictName.ORGANIC: words.surge,
        VerdictName.CONCENTRATED: words.mark_concentrated,
        VerdictName.COLLECTOR: words.mark_collector,
        VerdictName.BACKFILL: words.mark_backfill,
    }
    return names[verdict]
