"""How far the counts go, and which collectors still speak."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from dashboard.data import Listening, Snapshot, listening, newest_stretches
from dashboard.i18n import Words, duration, moment
from dashboard.markup import Markup, element
from dashboard.views.headline import counted_until
from processing.queries import Coverage

SIGNS = {Listening.COMPLETE: "✓", Listening.LISTENING: "●", Listening.SILENT: "✕"}


def show(snapshot: Snapshot, words: Words, wall: datetime) -> None:
    """Draw one line a collector."""
    st.subheader(words.freshness, anchor=False)
    rows = [_collector(stretch, words, wall) for stretch in newest_stretches(snapshot.coverage)]
    st.html(
        element(
            "div",
            element("p", counted_until(snapshot, words, wall)),
            *rows,
            css="bw-freshness",
        )
    )


def _collector(stretch: Coverage, words: Words, wall: datetime) -> Markup:
    state = listening(stretch, wall)
    age = duration(words, wall - stretch.heard_at)
    says = {
        Listening.COMPLETE: words.collector_complete,
        Listening.LISTENING: words.collector_listening,
        Listening.SILENT: words.collector_silent.format(age=age),
    }
    covered = words.covered.format(start=moment(words, stretch.since), end=moment(words, stretch.until))
    return element(
        "p",
        element("span", SIGNS[state], css=f"bw-{state.value}"),
        " ",
        element("bdi", stretch.source, css="bw-source"),
        " ",
        says[state],
        words.separator,
        covered,
    )
