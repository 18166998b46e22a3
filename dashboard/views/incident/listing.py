"""The list of incidents, newest first. Each is a link to its own page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st
from markupsafe import Markup

from dashboard.addresses import of_incident
from dashboard.context import Context, went_back
from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import element, filled, moment
from dashboard.parts.badges import badges
from dashboard.parts.verdict import name_of
from dashboard.views.incident.report import listed
from processing.contract import EVERYTHING, Incident, VerdictName

MOST_SHOWN = 100
ANY = EVERYTHING


def show(context: Context) -> None:
    """Draw the filters and the list."""
    words, page = context.words, context.words.incident_page
    found = context.asked(lambda: of_list(context))
    if isinstance(found, str):
        st.info(found)
        return
    if not found:
        st.info(words.no_incidents)
        return
    st.caption(page.list_note)
    topic, language, verdict = _filters(found, words)
    chosen = [each for each in found if matches(each, topic, language, verdict)]
    if not chosen:
        st.info(page.none_listed)
        return
    st.caption(page.listed.format(shown=words.number(min(len(chosen), MOST_SHOWN)), count=words.number(len(chosen))))
    st.html(element("ol", *(row(each, words) for each in chosen[:MOST_SHOWN]), css="bw-listed"))


def of_list(context: Context) -> tuple[Incident, ...]:
    """Return the newest incidents of the reader's watch list."""
    root = context.filters.watch.root
    return tuple(each for each in listed(context.settings) if each.topic == root)


def matches(incident: Incident, topic: str, language: str, verdict: str) -> bool:
    """Return whether an incident is of a topic, in a language and of a verdict; each may be anything."""
    languages = {*incident.languages, *(doubt.language for doubt in incident.doubted)}
    return (
        topic in {ANY, incident.topic, *incident.subtopics}
        and language in {ANY, *languages}
        and verdict in {ANY, incident.verdict.value}
    )


def row(incident: Incident, words: Words) -> Markup:
    """Return one incident as an item of the list."""
    page = words.incident_page
    start = moment(incident.start, words)
    when = (
        filled(page.row_over, start=start, end=moment(incident.end, words))
        if incident.end
        else filled(page.row_going_on, start=start)
    )
    languages = words.separator.join(language_name(words, each) for each in incident.languages)
    link = element("a", incident_name(incident, words), href=of_incident(incident.id, words), target="_self")
    ratio = element("span", words.number(incident.ratio), words.times_normal, css="bw-ratio")
    about = when + words.separator + languages if languages else when
    return element(
        "li",
        element("div", link, ratio, css="bw-listed-name"),
        element("p", about),
        element("div", *badges(incident, words), css="bw-badges"),
    )


def _filters(found: Sequence[Incident], words: Words) -> tuple[str, str, str]:
    page = words.incident_page
    topics = {topic for each in found for topic in (each.topic, *each.subtopics)}
    languages = {language for each in found for language in each.languages}
    languages |= {doubt.language for each in found for doubt in each.doubted}
    left, middle, right = st.columns(3)
    with left:
        topic = _choice(page.list_topic, "about", page.any_topic, {each: topic_name(words, each) for each in topics})
    with middle:
        named = {each: language_name(words, each) for each in languages}
        language = _choice(page.list_language, "spoken", page.any_language, named)
    with right:
        verdicts = {each.value: name_of(each, words) for each in VerdictName}
        verdict = _choice(page.list_verdict, "verdict", page.any_verdict, verdicts)
    return topic, language, verdict


def _choice(label: str, key: str, anything: str, names: dict[str, str]) -> str:
    """Draw one filter; the address holds its value, so that a list can be shared."""
    options = [ANY, *sorted(names, key=names.__getitem__)]
    _settle(key, options)
    chosen = st.selectbox(label, options, key=key, format_func=lambda each: names.get(each, anything))
    if chosen == ANY:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return str(chosen)


def _settle(key: str, options: Iterable[str]) -> None:
    """Let a filter have the value of the address on the way back, and while it holds none that is offered."""
    if st.session_state.get(key) not in set(options) or went_back():
        asked = st.query_params.get(key, ANY)
        st.session_state[key] = asked if asked in set(options) else ANY
