"""The headline of the page, and the figures beside it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard.headline import HEADLINE_SIGNS, headline
from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.snapshot import Snapshot
from dashboard.status import headline_state


def show(snapshot: Snapshot, words: Words, wall: datetime) -> None:
    """Draw the headline and the three figures beside it."""
    state = headline_state(snapshot, wall)
    title, *details = headline(snapshot, words, wall)
    st.html(
        element(
            "section",
            element(
                "div",
                element("div", HEADLINE_SIGNS[state], " ", title, css="bw-headline-title"),
                *(element("p", detail) for detail in details),
            ),
            _figures(snapshot, words),
            css=f"bw-headline bw-{state.value}",
        )
    )


def _figures(snapshot: Snapshot, words: Words) -> Markup:
    page, moment = words.now_page, words.moment(snapshot.counted_back_from)
    figures = (
        (page.hour_to.format(moment=moment) if snapshot.is_behind else words.last_hour, snapshot.last_hour),
        (words.hour_before, snapshot.hour_before),
        (words.in_range, snapshot.total),
    )
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", words.number(value))) for name, value in figures),
        css="bw-figures",
    )
