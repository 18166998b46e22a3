"""Who was told of an incident: each attempt with its outcome, what each channel knows, and what people answered."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.markup import element, filled, moment
from dashboard.parts import tables
from dashboard.views.incident.report import Standing, Told
from processing.contract import VerdictName
from processing.plain_text import displayable
from processing.queries import Conversation, Delivery

LONGEST_NAME, LONGEST_DETAIL, LONGEST_NOTE = 80, 200, 500


def show(of: Standing, told: Told, words: Words) -> None:
    """Draw the answer, the conversations and the attempts."""
    page = words.incident_page
    st.subheader(page.told, anchor=False)
    st.html(element("p", answer(told, words), css="bw-said"))
    if not told.deliveries and not told.conversations:
        st.caption(page.told_nobody if of.incident.verdict is VerdictName.ORGANIC else page.told_not_organic)
        return
    if told.deliveries:
        attempts = (page.when, page.channel, page.step, page.outcome, page.latency, page.detail)
        tables.show(attempts, (_attempt(each, words) for each in told.deliveries), css="bw-words")
    if told.conversations:
        st.markdown(f"**{page.told_channels}**")
        known = (page.channel, page.rule, page.state, page.last_step, page.when)
        tables.show(known, (_conversation(each, words) for each in told.conversations), css="bw-words")


def answer(told: Told, words: Words) -> str:
    """Return what people answered last, as one sentence with its note."""
    page = words.incident_page
    if told.answer is None:
        return page.answer_none
    by, note, action, at = told.answer
    said = page.answer_resolve if action == "resolve" else page.answer_acknowledge
    sentence = filled(said, by=_foreign(by), at=moment(at, words))
    written = displayable(note, LONGEST_NOTE)
    return sentence + " " + filled(page.answer_note, note=element("bdi", written)) if written else sentence


def _attempt(each: Delivery, words: Words) -> tuple[str, ...]:
    page = words.incident_page
    return (
        moment(each.at, words),
        _foreign(each.channel),
        page.steps.get(each.step, each.step),
        page.outcomes.get(each.reason, each.reason),
        page.seconds.format(value=words.decimal(each.latency)) if each.attempt else "",
        _foreign(each.detail, LONGEST_DETAIL),
    )


def _conversation(each: Conversation, words: Words) -> tuple[str, ...]:
    page = words.incident_page
    return (
        _foreign(each.channel),
        _foreign(each.rule),
        page.states.get(each.state, each.state),
        page.steps.get(each.step, each.step),
        moment(each.at, words),
    )


def _foreign(text: str, longest: int = LONGEST_NAME) -> Markup:
    return element("bdi", displayable(text, longest))


def notes(told: Told, words: Words) -> Iterator[Markup]:
    """Yield what people wrote beside the incident, the oldest first."""
    for each in told.notes:
        about = (displayable(each.by, LONGEST_NAME), moment(each.at, words))
        yield element(
            "article",
            element("header", *(element("bdi", part) for part in about)),
            element("p", displayable(each.text, LONGEST_NOTE), css="bw-text", dir="auto"),
            css="bw-post",
        )
