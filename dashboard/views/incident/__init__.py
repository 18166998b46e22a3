"""The page "Incident": why is it one? With an id in the address it shows this incident, else the list of all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.addresses import of_incidents
from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.parts import filters, live
from dashboard.views.incident import (
    alike,
    chart,
    claims,
    correction,
    desk,
    evidence,
    explanation,
    heading,
    languages,
    led,
    listing,
    report,
    told,
    trends,
    verdict,
)
from dashboard.views.incident.report import Course, Standing, Told
from processing.contract import EVERYTHING
from processing.explanation import queries_of_figures


def show(context: Context) -> None:
    """Draw the page.

    What changes is drawn again at intervals without a reader's action; the inputs stand outside of these parts.
    """
    name = st.query_params.get("id", "")
    if not name:
        listing.show(context)
        return
    words = context.words
    st.html(element("a", words.incident_page.all_incidents, href=of_incidents(words), target="_self", css="bw-back"))
    found = _standing(context, name)
    if isinstance(found, str):
        # The sentence may quote the address. Streamlit's own boxes would read that as Markdown.
        st.html(element("p", found, css="bw-warning"))
        return
    _follow(context, found.incident.topic)
    live.show("heading", _part, context, name, _heading)
    with_deleted = _deleted_switch(words)
    body, who, why, rest = st.container(), st.container(), st.container(), st.container()
    with body:
        live.show("body", _part, context, name, partial(_body, with_deleted=with_deleted))
        live.show("claims", _part, context, name, _claims)
    with rest:
        live.show("told", _part, context, name, _told)
        live.show("trends", _part, context, name, _trends)
        desk.show(context, found, _said(context, found))
        # The choice of texts draws only this part again.
        st.fragment(evidence.show)(context, found)
    # Who led, the explanation and who posted alike are computed last, so that the page is not empty meanwhile.
    with who:
        live.show("led", _part, context, name, _led)
    with why:
        st.header(words.incident_page.reasons, anchor=False)
        live.show("reasons", _part, context, name, _reasons)
        st.header(words.incident_page.alike, anchor=False)
        live.show("alike", _part, context, name, _alike)


def _follow(context: Context, topic: str) -> None:
    """Choose the watch list of the incident: an address of an incident does not name it."""
    if topic != context.filters.watch.root and any(each.root == topic for each in context.lists):
        filters.move(topic=topic)
        st.rerun()


def _standing(context: Context, name: str) -> Standing | str:
    """Return the incident as it stands, or the sentence that says why there is none."""
    return context.asked(lambda: report.standing(context.settings, name) or report.unknown(name, context.words))


def _part(context: Context, name: str, draw: Callable[[Context, Standing], None]) -> None:
    """Draw a part of an incident as it stands at this moment."""

    def drawn() -> str:
        found = _standing(context, name)
        if isinstance(found, str):
            return found
        draw(context, found)
        return ""

    if failed := context.asked(drawn):
        st.html(element("p", failed, css="bw-warning"))


def _heading(context: Context, of: Standing) -> None:
    heading.show(of, report.begun(context.settings, of), context.words)


def _deleted_switch(words: Words) -> bool:
    page = words.incident_page
    names = {True: page.deleted_counted, False: page.deleted_left_out}
    chosen = st.segmented_control(
        page.deleted,
        list(names),
        key="incident-deleted",
        default=True,
        required=True,
        format_func=names.__getitem__,
    )
    return chosen is not False


def _body(context: Context, of: Standing, *, with_deleted: bool) -> None:
    words = context.words
    ran = report.course(context.settings, of, with_deleted=with_deleted)
    # Without the claims, which are counted from every post, the chart is there all the same.
    asked = context.asked(lambda: report.corrections(context.settings, of, tuple(context.services.corrects())))
    corrected = () if isinstance(asked, str) else asked
    chart.show(of, ran, report.expected(context.settings, of, context.services), corrected, words)
    st.caption(_deleted(of, ran, words, with_deleted=with_deleted))
    st.header(words.incident_page.verdict, anchor=False)
    verdict.show(of.incident, words, queries_of_figures(of.incident, of.as_of).values())
    languages.show(of, ran, words)
    if isinstance(asked, str):
        st.html(element("p", asked, css="bw-warning"))
    correction.show(of, ran, corrected, words)


def _deleted(of: Standing, ran: Course, words: Words, *, with_deleted: bool) -> str:
    """Return the sentence that says how many posts of the incident were deleted since."""
    page, end = words.incident_page, of.incident.end or of.as_of
    inside = [each for each in ran.bins if of.incident.start <= each.start < end and each.posts is not None]
    deleted = sum(each.deleted for each in inside)
    posts = sum(each.posts or 0 for each in inside) + (0 if with_deleted else deleted)
    sentence = page.deleted_some if deleted else page.deleted_none
    return sentence.format(deleted=words.number(deleted), posts=words.number(posts))


def _said(context: Context, of: Standing) -> Told:
    topics = (EVERYTHING, of.incident.topic, *of.incident.subtopics)
    return report.told(context.settings, of.incident.id, topics, of.now.replace(second=0, microsecond=0))


def _claims(context: Context, of: Standing) -> None:
    claims.show(report.said(context.settings, of), context.words)


def _told(context: Context, of: Standing) -> None:
    told.show(of, _said(context, of), context.words)


def _led(context: Context, of: Standing) -> None:
    led.show(of, report.led(context.settings, of), context.words)


def _trends(context: Context, of: Standing) -> None:
    trends.show(report.trend_leads(context.settings, of.incident.id), context.words)


def _reasons(context: Context, of: Standing) -> None:
    explanation.show(report.explained(context.settings, of, EVERYTHING), context.words)


def _alike(context: Context, of: Standing) -> None:
    alike.show(report.alike(context.settings, of), context.words, of.incident.topic)
