"""The list of the latest surges, with one card for each surge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import element, filled, moment
from dashboard.parts import filters
from dashboard.parts.headline import incident_name
from dashboard.parts.verdict import badge, doubts, sentence
from dashboard.snapshot import Snapshot
from processing.contract import Incident, IncidentState, Pulse, Severity
from processing.explanation.sentences import rarity
from processing.plain_text import displayable

MOST_CARDS = 6


def show(snapshot: Snapshot, words: Words) -> None:
    """Draw the cards, newest first."""
    st.subheader(words.incidents, anchor=False)
    if not snapshot.incidents:
        st.caption(words.no_incidents)
        return
    st.caption(words.incidents_note)
    for incident in snapshot.incidents[:MOST_CARDS]:
        with st.container(border=True):
            st.html(card(incident, words))
            st.button(words.show_on_chart, key=f"show-{incident.id}", on_click=filters.look_around, args=(incident,))


def card(incident: Incident, words: Words) -> Markup:
    """Return the card of one surge as HTML."""
    return element(
        "article",
        element(
            "header",
            element("span", incident_name(incident, words), css="bw-card-title"),
            element("span", words.number(incident.ratio), words.times_normal, css="bw-ratio"),
        ),
        element("div", *_badges(incident, words), css="bw-badges"),
        element("p", sentence(incident, words), css="bw-note"),
        element("dl", *_facts(incident, words), css="bw-facts"),
        *doubts(incident, words),
        element("div", *_terms(incident, words), css="bw-drivers") if incident.terms else "",
        element("ol", *(_pulse(pulse, words) for pulse in incident.pulses), css="bw-pulses") if incident.pulses else "",
        css="bw-card",
    )


def _badges(incident: Incident, words: Words) -> list[Markup]:
    state, name = (
        (IncidentState.OPEN, words.state_open) if incident.end is None else (IncidentState.CLOSED, words.state_closed)
    )
    severity = {
        Severity.NOTABLE: words.severity_notable,
        Severity.MAJOR: words.severity_major,
        Severity.EXTREME: words.severity_extreme,
    }
    badges = [
        badge(incident, words),
        element("span", name, css=f"bw-badge bw-{state.value}"),
        element("span", severity[incident.severity], css=f"bw-badge bw-{incident.severity.value}"),
    ]
    return [*badges, element("span", words.synthetic_badge, css="bw-badge")] if incident.synthetic else badges


def _facts(incident: Incident, words: Words) -> list[Markup]:
    facts = {
        words.started: moment(incident.start, words),
        words.peaked: moment(incident.peak, words),
        words.ended: moment(incident.end, words) if incident.end else words.still_going,
        words.observed: words.number(incident.observed),
        words.expected: words.number(incident.expected),
        words.score: words.decimal(incident.score),
        words.rarity: rarity(incident.score, words.tag),
        words.languages: words.separator.join(language_name(words, each) for each in incident.languages),
        words.subtopics: words.separator.join(topic_name(words, each) for each in incident.subtopics),
    }
    long = {words.rarity, words.languages, words.subtopics}
    return [
        element("div", element("dt", name), element("dd", value), css="bw-wide" if name in long else "")
        for name, value in facts.items()
        if value
    ]


def _terms(incident: Incident, words: Words) -> Iterator[Markup]:
    """Yield the terms that drive the incident, one line for each language."""
    for language, terms in groupby(incident.terms, key=lambda each: each.language):
        chips = (element("bdi", displayable(each.term), css="bw-chip", lang=language) for each in terms)
        name = element("b", language_name(words, language))
        yield element("div", name, element("div", *chips, css="bw-chips"), css="bw-driver")


def _pulse(pulse: Pulse, words: Words) -> Markup:
    """Return one pulse as a list item: the moment of its peak, its posts and the expected posts."""
    return element(
        "li",
        filled(
            words.pulse_detail,
            peak=moment(pulse.peak, words),
            observed=words.number(pulse.observed),
            expected=words.number(pulse.expected),
        ),
    )
