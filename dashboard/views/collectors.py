"""How far the counts go, and which collectors still speak."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from dashboard.i18n import Words, duration, moment
from dashboard.markup import Markup, displayable, element
from dashboard.snapshot import Collector, CollectorState, Snapshot, collectors
from dashboard.views.headline import counted_until

SIGNS = {
    CollectorState.COMPLETE: "✓",
    CollectorState.IDLE: "○",
    CollectorState.LISTENING: "●",
    CollectorState.SILENT: "✕",
    CollectorState.AWAY: "✕",
    CollectorState.FAILED: "✕",
}
LONGEST_DETAIL = 500


def show(snapshot: Snapshot, words: Words, wall: datetime) -> None:
    """Draw one line a collector."""
    st.subheader(words.freshness, anchor=False)
    rows = [_line(collector, words, wall) for collector in collectors(snapshot.coverage, snapshot.health, wall)]
    st.html(
        element(
            "div",
            element("p", counted_until(snapshot, words, wall)),
            *rows,
            css="bw-freshness",
        )
    )


def _line(collector: Collector, words: Words, wall: datetime) -> Markup:
    says = {
        CollectorState.COMPLETE: words.collector_complete,
        CollectorState.IDLE: words.collector_idle,
        CollectorState.LISTENING: words.collector_listening,
        CollectorState.SILENT: words.collector_silent.format(age=duration(words, wall - collector.heard_at)),
        CollectorState.AWAY: words.collector_away,
        CollectorState.FAILED: words.collector_failed,
    }
    return element(
        "p",
        element("span", SIGNS[collector.state], css=f"bw-{collector.state.value}"),
        " ",
        element("bdi", collector.source, css="bw-source"),
        " ",
        says[collector.state],
        words.separator,
        _covered(collector, words),
        *_detail(collector),
    )


def _covered(collector: Collector, words: Words) -> str:
    stretch = collector.stretch
    if stretch is None:
        return words.covered_nothing
    return words.covered.format(start=moment(words, stretch.since), end=moment(words, stretch.until))


def _detail(collector: Collector) -> tuple[Markup, ...]:
    """The collector's own word, set apart: it is English, and a network may have had a hand in it."""
    detail = " ".join(displayable(collector.detail, LONGEST_DETAIL).split())
    return (element("bdi", detail, css="bw-detail", dir="ltr", lang="en"),) if detail else ()
