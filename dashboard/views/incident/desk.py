"""What operators do about an incident: have it in hand, end it, silence such ones, and leave notes for the others."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import streamlit as st
from markupsafe import Markup

from dashboard.context import Context
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import element, filled, moment
from dashboard.parts.access import why_not
from dashboard.parts.desk import draft, enter, written
from dashboard.parts.silences import conditions
from dashboard.services import Desk
from dashboard.views.incident import report, told
from dashboard.views.incident.report import Standing, Told
from processing.contract import EVERYTHING, Silence
from processing.plain_text import displayable

LONGEST_NOTE = 500


def show(context: Context, of: Standing, said: Told) -> None:
    """Draw the notes of all, and an operator's controls, or the sentence that says why there are none."""
    page, desk = context.words.incident_page, context.services.desk
    st.header(page.notes, anchor=False)
    written = list(told.notes(said, context.words))
    st.html(element("div", *(written or [element("p", page.no_notes, css="bw-note")]), css="bw-notes"))
    reason = why_not(context)
    if desk is None or reason:
        st.caption(reason)
        return
    st.header(page.operators, anchor=False)
    in_hand, over, silent, note = st.tabs([page.acknowledge, page.resolve, page.silence, page.annotate])
    incident = of.incident.id
    with in_hand:
        _answer(context, incident, page.acknowledge, page.acknowledge_help, desk.acknowledge)
    with over:
        _answer(context, incident, page.resolve, page.resolve_help, desk.resolve)
    with silent:
        _silence(context, desk, of, said)
    with note:
        _answer(context, incident, page.annotate, page.annotate_help, desk.annotate, needed=True)


def _answer(
    context: Context,
    incident: str,
    label: str,
    explained: str,
    write: Callable[[str, str, str], None],
    *,
    needed: bool = False,
) -> None:
    page, form = context.words.incident_page, f"incident-{label}"
    begun = draft(form, note="")
    with st.form(form, border=False):
        st.caption(explained)
        text = st.text_area(page.note, key=f"{form}-note", max_chars=LONGEST_NOTE, height=80)
        sent = st.form_submit_button(label)
    if not sent:
        return
    if needed and not text.strip():
        st.warning(page.note_empty)
        return
    entry = (incident, context.viewer.name, text.strip())
    enter(context, begun, entry, lambda: write(*entry), report.told.clear)


def _silence(context: Context, desk: Desk, of: Standing, said: Told) -> None:
    page, words, incident = context.words.incident_page, context.words, of.incident
    for each in (silence for silence in said.silences if silence.starts_at <= of.now):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(element("p", described(each, context)), width="content")
            if st.button(page.silence_end, key=f"incident-silence-{each.id}"):
                written(context, partial(desk.silence, each.ended(of.now)), report.told.clear)
    topics = list(dict.fromkeys((incident.topic, *incident.subtopics, EVERYTHING)))
    begun = draft("incident-silence", topic=topics[0], languages=[], hours=next(iter(page.silence_hours)), note="")
    with st.form("incident-silence", border=False):
        st.caption(page.silence_help)
        topic = st.selectbox(
            page.silence_topic, topics, key="incident-silence-topic", format_func=lambda each: topic_name(words, each)
        )
        languages = st.multiselect(
            page.silence_languages,
            incident.languages,
            key="incident-silence-languages",
            format_func=lambda each: language_name(words, each),
        )
        hours = st.selectbox(
            page.silence_for,
            list(page.silence_hours),
            key="incident-silence-hours",
            format_func=page.silence_hours.__getitem__,
        )
        text = st.text_area(page.note, key="incident-silence-note", max_chars=LONGEST_NOTE, height=80)
        sent = st.form_submit_button(page.silence)
    if sent:
        start = of.now.replace(microsecond=0)
        silence = Silence(
            id=secrets.token_hex(4),
            topic=topic,
            languages=tuple(languages),
            starts_at=start,
            ends_at=start + timedelta(hours=int(hours)),
            by=context.viewer.name,
            note=text.strip(),
        )
        entry = (incident.id, topic, languages, hours, text)
        enter(context, begun, entry, lambda: desk.silence(silence), report.told.clear)


def described(silence: Silence, context: Context) -> str:
    """Return the sentence about a silence that lasts."""
    page, words = context.words.incident_page, context.words
    sentence = filled(
        page.silence_lasts,
        end=moment(silence.ends_at, words),
        by=element("bdi", displayable(silence.by, told.LONGEST_NAME)),
        topic=topic_name(words, silence.topic),
    )
    return Markup(" ").join((sentence, *conditions(silence, words)))
