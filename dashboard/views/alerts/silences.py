"""The silences of now and those that are planned, with an operator's controls to begin and to end them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st
from markupsafe import Markup
from streamlit.delta_generator import DeltaGenerator

from dashboard.context import Context
from dashboard.i18n.labels import language_name, severity_name, topic_name
from dashboard.markup import element, filled, moment
from dashboard.parts.access import why_not
from dashboard.parts.desk import draft, enter, written
from dashboard.parts.silences import conditions, foreign
from dashboard.services import Desk
from dashboard.views.alerts import report
from dashboard.views.alerts.report import Told
from processing.contract import EVERYTHING, Severity, Silence
from processing.plain_text import displayable

LONGEST_NOTE = 500


def show(context: Context, told: Told) -> None:
    """Draw the silences, and for operators what begins and ends them."""
    page = context.words.alerts_page
    st.caption(page.silences_note)
    reason = why_not(context)
    desk = None if reason else context.services.desk
    if not told.silences:
        st.html(element("p", page.no_silences, css="bw-said"))
    for each in told.silences:
        _silence(context, desk, each, told)
    if desk is None:
        st.caption(reason)
        return
    with st.expander(page.silence_new, icon=":material/notifications_off:", key="alerts-silence-new"):
        _form(context, desk, told)


def _silence(context: Context, desk: Desk | None, each: Silence, told: Told) -> None:
    page = context.words.incident_page
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(described(each, context, told.event_time))
        if desk is not None and st.button(page.silence_end, key=f"alerts-silence-{each.id}", width="content"):
            ended = each.ended(told.event_time)
            written(context, lambda: desk.silence(ended), report.renew)


def described(silence: Silence, context: Context, now: datetime) -> Markup:
    """Return a silence as an element: what it covers, how long, by whom, and why."""
    words, page = context.words, context.words.alerts_page
    lasts = silence.starts_at <= now
    span = filled(
        page.silence_span,
        start=moment(silence.starts_at, words),
        end=moment(silence.ends_at, words),
        by=foreign(silence.by),
    )
    note = displayable(silence.note, LONGEST_NOTE)
    parts = [
        element(
            "header",
            element("span", topic_name(words, silence.topic), css="bw-card-title"),
            element("span", page.silence_now if lasts else page.silence_planned, css="bw-badge"),
        ),
        element("p", Markup(" ").join((span, *conditions(silence, words)))),
        *([element("p", note, css="bw-text", dir="auto")] if note else []),
    ]
    return element("article", *parts, css=f"bw-silence {'bw-lasting' if lasts else 'bw-planned'}")


@dataclass(frozen=True)
class _Matched:
    """The incidents that a silence is of. An empty field is no condition."""

    topic: str
    languages: tuple[str, ...]
    severity: Severity | None
    channel: str


def _form(context: Context, desk: Desk, told: Told) -> None:
    words, page, incident = context.words, context.words.alerts_page, context.words.incident_page
    least = next(iter(incident.silence_hours))
    empty = {"topic": EVERYTHING, "severity": "", "channel": "", "start": None, "hours": least, "note": ""}
    entered = draft("alerts-silence", languages=[], sources=[], **empty)
    with st.form("alerts-silence", border=False):
        left, right = st.columns(2)
        matched = _matched(context, told, left, right)
        start = left.datetime_input(
            page.silence_from.format(zone=str(words.zone)), None, key="alerts-silence-start", format="YYYY-MM-DD"
        )
        hours = right.selectbox(
            incident.silence_for,
            list(incident.silence_hours),
            key="alerts-silence-hours",
            format_func=incident.silence_hours.__getitem__,
        )
        sources = st.multiselect(page.silence_from_sources, told.sources, key="alerts-silence-sources")
        text = st.text_area(incident.note, key="alerts-silence-note", max_chars=LONGEST_NOTE, height=80)
        sent = st.form_submit_button(page.silence_button)
    if sent:
        begin = start.replace(tzinfo=words.zone).astimezone(UTC) if start else told.event_time
        begin = begin.replace(microsecond=0)
        begun = Silence(
            id=secrets.token_hex(4),
            topic=matched.topic,
            languages=matched.languages,
            sources=tuple(sources),
            severity=matched.severity,
            channel=matched.channel,
            starts_at=begin,
            ends_at=begin + timedelta(hours=int(hours)),
            by=context.viewer.name,
            note=text.strip(),
        )
        entry = (matched, start, hours, sources, text)
        enter(context, entered, entry, lambda: desk.silence(begun), report.renew)


def _matched(context: Context, told: Told, left: DeltaGenerator, right: DeltaGenerator) -> _Matched:
    """Draw the choices of the incidents that are silenced, in two columns, and return what is chosen."""
    words, page, incident = context.words, context.words.alerts_page, context.words.incident_page
    lent = context.services.rules
    channels = {each.channel for each in told.channels} | {each.name for each in (lent().channels if lent else ())}
    languages = {language for each in told.incidents.values() for language in each.languages}
    watched = (name for name, topic in context.services.topics().items() if topic.watched)
    with left:
        topic = st.selectbox(
            incident.silence_topic,
            [EVERYTHING, *sorted(watched, key=lambda each: topic_name(words, each))],
            key="alerts-silence-topic",
            format_func=lambda each: topic_name(words, each),
        )
        severity = _maybe(
            page.silence_up_to,
            "severity",
            page.any_severity,
            [each.value for each in Severity][:-1],
            lambda each: severity_name(words, Severity(each)),
        )
    with right:
        chosen = st.multiselect(
            incident.silence_languages,
            sorted(languages),
            key="alerts-silence-languages",
            format_func=lambda each: language_name(words, each),
        )
        channel = _maybe(page.silence_at, "channel", page.any_channel, sorted(channels), str)
    return _Matched(topic, tuple(chosen), Severity(severity) if severity else None, channel)


def _maybe(label: str, key: str, anything: str, options: Sequence[str], named: Callable[[str], str]) -> str:
    """Draw a choice of which the first means no condition, and return the choice, empty for none."""
    return str(
        st.selectbox(
            label,
            ["", *options],
            key=f"alerts-silence-{key}",
            format_func=lambda each: named(each) if each else anything,
        )
    )
