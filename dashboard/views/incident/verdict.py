"""The verdict on an incident with its figures."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboard.i18n import Words
from dashboard.i18n.labels import evidence_name
from dashboard.markup import element
from dashboard.parts import tables
from dashboard.parts.verdict import badge, doubts, sentence
from processing.contract import Evidence, Incident
from processing.explanation.sentences import figure, limit
from processing.queries import Statement


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
        tables.show((words.evidence, words.found, words.decides), (_figure(each, words) for each in incident.evidence))


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
