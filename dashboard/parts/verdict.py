"""The verdict on an incident: its badge, its figures, and the sentences that alerts contain too."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import evidence_name, language_name
from dashboard.markup import element
from dashboard.parts import tables
from processing.contract import Evidence, Incident, VerdictName
from processing.explanation.sentences import doubt_sentence, figure, limit, verdict_sentence
from processing.queries import Statement

MOST_DOUBTS = 6


def show(incident: Incident, words: Words, queries: Iterable[Statement]) -> None:
    """Draw the verdict with its figures: what decided, and above which limit a figure decides."""
    left, right = st.columns(2, gap="large")
    with left:
        st.html(element("div", badge(incident, words), " ", sentence(incident, words), css="bw-verdict"))
        st.html(element("p", decided(incident, words)))
        if incident.doubted:
            st.html(element("div", *doubts(incident, words)))
        tables.asked(words, *queries)
    with right:
        tables.show((words.evidence, "", words.decides), (_figure(each, words) for each in incident.evidence))


def _figure(each: Evidence, words: Words) -> tuple[str, str, str]:
    name = evidence_name(words, each.name)
    return (element("b", name) if each.decisive else name, figure(each, words.tag), limit(each, words.tag))


def decided(incident: Incident, words: Words) -> str:
    """Return the sentences that say which figures decided, and above which limits."""
    page = words.incident_page
    found = [
        page.decided_by.format(
            name=evidence_name(words, each.name), value=figure(each, words.tag), limit=limit(each, words.tag)
        )
        for each in incident.evidence
        if each.decisive
    ]
    return " ".join(found) or page.nothing_decided


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
