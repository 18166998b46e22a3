"""The conversations: what each channel knows of each incident or trouble, and who has it in hand."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from dashboard.addresses import of_incident
from dashboard.context import Context
from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.markup import element, filled, moment
from dashboard.parts import tables
from dashboard.parts.silences import foreign
from dashboard.views.alerts.report import Told
from processing.queries import Conversation

OVER = "resolved"
MOST_OVER = 50
LONGEST_NOTE = 200


def show(context: Context, told: Told) -> None:
    """Draw the conversations that go on, and behind an expander the newest of those that are over."""
    words, page = context.words, context.words.alerts_page
    going_on = [each for each in told.conversations if each.state != OVER]
    over = [each for each in told.conversations if each.state == OVER][:MOST_OVER]
    if going_on:
        st.caption(page.conversations_note)
        _table(going_on, told, words)
    else:
        st.html(element("p", page.no_conversations, css="bw-said"))
    if over:
        with st.expander(page.conversations_over(len(over)), key="alerts-over"):
            _table(over, told, words)


def _table(conversations: Sequence[Conversation], told: Told, words: Words) -> None:
    page, incident = words.alerts_page, words.incident_page
    head = (page.about, incident.channel, incident.state, incident.last_step, incident.when, page.in_hand)
    tables.show(head, (_row(each, told, words) for each in conversations), css="bw-words bw-about")


def _row(each: Conversation, told: Told, words: Words) -> tuple[str, ...]:
    page = words.incident_page
    return (
        about(each.conversation, told, words),
        foreign(each.channel) if each.channel else words.alerts_page.nobody,
        page.states.get(each.state, each.state) if each.channel else page.outcomes["no_route"],
        step_name(each.step, words),
        moment(each.at, words),
        _in_hand(each),
    )


def about(conversation: str, told: Told, words: Words) -> Markup:
    """Return what a conversation is about: a link to an incident, or a trouble of banwatch itself."""
    page = words.alerts_page
    area, colon, name = conversation.partition(":")
    if colon and area in page.areas:
        return filled(page.about_itself, what=filled(page.areas[area], name=foreign(name)))
    incident = told.incidents.get(conversation)
    named = foreign(conversation) if incident is None else element("span", incident_name(incident, words))
    link = element("a", named, href=of_incident(conversation, words), target="_self", css="bw-link")
    return link if incident is None else link + " " + element("span", moment(incident.start, words), css="bw-detail")


def step_name(step: str, words: Words) -> str:
    """Return the name of a message."""
    return words.incident_page.steps.get(step) or words.alerts_page.steps.get(step, step)


def _in_hand(each: Conversation) -> Markup:
    if not each.acknowledged_by:
        return Markup("")
    note = element("span", foreign(each.note, LONGEST_NOTE), css="bw-detail") if each.note else Markup("")
    return foreign(each.acknowledged_by) + note
