"""The deliveries: each attempt with its outcome, and the channel's answer."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.markup import element, moment
from dashboard.parts import tables
from dashboard.parts.silences import foreign
from dashboard.views.alerts import report
from dashboard.views.alerts.conversations import about, step_name
from dashboard.views.alerts.report import Told
from processing.queries import Delivery

ANY = ""
LONGEST_DETAIL = 200
WELL = frozenset({"sent", "trying"})


@dataclass(frozen=True)
class Choice:
    """Which deliveries are shown: of one channel or of all, and those alone that failed."""

    channel: str
    only_faults: bool


def choice(context: Context) -> Choice:
    """Draw the controls."""
    page = context.words.alerts_page
    found = context.asked(lambda: report.told(context.settings))
    names = [] if isinstance(found, str) else [each.channel for each in found.channels]
    key = "alerts-channel"
    if st.session_state.get(key, ANY) not in {ANY, *names}:
        st.session_state[key] = ANY
    st.caption(page.deliveries_note)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        channel = st.selectbox(
            page.which_channel,
            [ANY, *names],
            key=key,
            format_func=lambda each: each or page.any_channel,
            width=240,
        )
        only_faults = st.toggle(page.only_faults, key="alerts-faults")
    return Choice(channel, only_faults)


def show(context: Context, chosen: Choice) -> None:
    """Draw the newest attempts."""
    words, page = context.words, context.words.alerts_page
    found = context.asked(
        lambda: (report.told(context.settings), report.deliveries(context.settings, chosen.channel, chosen.only_faults))
    )
    if isinstance(found, str):
        st.html(element("p", found, css="bw-warning"))
        return
    told, deliveries = found
    if not deliveries:
        st.html(element("p", page.no_such_deliveries if told.channels else page.no_deliveries, css="bw-said"))
        return
    incident = words.incident_page
    head = (incident.when, incident.channel, page.about, incident.step, incident.outcome, incident.latency)
    tables.show(
        (*head, incident.detail), (_row(each, told, words) for each in deliveries), css="bw-words bw-deliveries"
    )


def _row(each: Delivery, told: Told, words: Words) -> tuple[str, ...]:
    page = words.incident_page
    outcome = page.outcomes.get(each.reason, each.reason)
    failed = each.attempt > 0 and each.reason not in WELL
    return (
        moment(each.at, words),
        foreign(each.channel) if each.channel else words.alerts_page.nobody,
        about(each.conversation, told, words),
        step_name(each.step, words),
        element("span", "✕ ", outcome, css="bw-failed") if failed else outcome,
        page.seconds.format(value=words.decimal(each.latency)) if each.attempt else "",
        foreign(each.detail, LONGEST_DETAIL),
    )
