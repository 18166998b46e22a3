"""One sentence for each incident: what, since when, how far above normal, in which languages, and who makes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard import addresses
from dashboard.headline import incident_name, seen_until
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element, filled, moment
from dashboard.snapshot import Present
from dashboard.status import is_stale
from processing.contract import EVERYTHING, Incident, VerdictName

MOST_SENTENCES = 6
MOST_LANGUAGES = 5


def show(known: Present, words: Words, wall: datetime) -> None:
    """Draw a sentence for each of the newest incidents, those that go on first."""
    st.header(words.now_page.incidents, anchor=False)
    if not known.incidents:
        st.caption(words.no_incidents)
        return
    scored = known.scored_until or known.first
    present = not (known.is_behind or is_stale(known, wall))
    state = words.state_open if present else words.now_page.open_as_of.format(moment=words.moment(scored))
    rows = (_row(incident, scored, state, words) for incident in ordered(known.incidents))
    st.html(element("div", *rows, css="bw-incidents"))


def ordered(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """Return the incidents to show: those that go on, the most severe first, and then the newest of the others."""
    going = [incident for incident in incidents if incident.end is None]
    going.sort(key=lambda each: (each.verdict is VerdictName.ORGANIC, each.severity.rank, each.ratio), reverse=True)
    over = sorted((each for each in incidents if each.end is not None), key=lambda each: each.start, reverse=True)
    return (*going, *over)[: max(MOST_SENTENCES, len(going))]


def sentence(incident: Incident, scored: datetime, words: Words) -> Markup:
    """Return the incident in one sentence. While it goes on, the sentence is as of the scored time."""
    page = words.now_page
    about = {
        "topic": incident_name(incident, words),
        "start": moment(incident.start, words),
        "ratio": words.number(incident.ratio),
        "languages": _languages(incident, words),
        "made_by": _made_by(incident.verdict, words),
    }
    if incident.end is None:
        lasted = words.duration(seen_until(incident, scored) - incident.start)
        return filled(page.going_on, duration=lasted, **about)
    return filled(page.over, end=moment(incident.end, words), **about)


def _row(incident: Incident, scored: datetime, state: str, words: Words) -> Markup:
    """Return the sentence with its sign, its link, and the `state` of an incident that goes on."""
    going, organic = incident.end is None, incident.verdict is VerdictName.ORGANIC
    sign = ("▲" if going else "△") if organic else ("◆" if going else "◇")
    label = words.now_page.why_label.format(topic=incident_name(incident, words), start=words.moment(incident.start))
    link = {"href": addresses.of_incident(incident.id, words), "target": "_self", "aria-label": label}
    return element(
        "article",
        element("span", sign, css="bw-sign"),
        element(
            "p",
            filled(
                words.colon,
                name=element("b", state if going else words.state_closed),
                value=sentence(incident, scored, words),
            ),
            " ",
            element("a", words.now_page.why, **link),
        ),
        css=f"bw-incident bw-{'open' if going else 'closed'} bw-{incident.verdict.value}",
    )


def _languages(incident: Incident, words: Words) -> str:
    tags = incident.languages or tuple({incident.lead_language} - {EVERYTHING})
    names = [language_name(words, tag) for tag in tags]
    if not names:
        return words.now_page.one_language
    shown, more = words.separator.join(names[:MOST_LANGUAGES]), len(names) - MOST_LANGUAGES
    return words.now_page.and_more.format(shown=shown, count=words.number(more)) if more > 0 else shown


def _made_by(verdict: VerdictName, words: Words) -> str:
    page = words.now_page
    return {
        VerdictName.ORGANIC: page.by_people,
        VerdictName.CONCENTRATED: page.by_few,
        VerdictName.COLLECTOR: page.by_collecting,
        VerdictName.BACKFILL: page.by_history,
    }[verdict]
