"""The headline of the page: whether talk surges now, how far above normal, and since when."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard.headline import HEADLINE_SIGNS, headline
from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.snapshot import Snapshot
from dashboard.status import headline_state, is_live


def banner(snapshot: Snapshot, words: Words) -> None:
    """Draw a warning if some or all posts are generated."""
    if snapshot.generated or any(incident.synthetic for incident in snapshot.incidents):
        st.warning(words.partly_synthetic if snapshot.collected else words.synthetic, icon="⚠️")


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
                element("p", counted_until(snapshot, words, wall), css="bw-note"),
            ),
            _figures(snapshot, words),
            css=f"bw-headline bw-{state.value}",
        )
    )


def counted_until(snapshot: Snapshot, words: Words, wall: datetime) -> str:
    """Return a sentence with the newest counted moment.

    The sentence adds the moment's age, or says that the posts are a replay.
    """
    live = is_live(snapshot.now, wall)
    distance = words.behind.format(age=words.duration(wall - snapshot.now)) if live else words.replay
    return words.counted_until.format(now=words.moment(snapshot.now)) + words.separator + distance


def _figures(snapshot: Snapshot, words: Words) -> Markup:
    figures = (
        (words.last_hour, snapshot.last_hour),
        (words.hour_before, snapshot.hour_before),
        (words.in_range, snapshot.total),
    )
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", words.number(value))) for name, value in figures),
        css="bw-figures",
    )
