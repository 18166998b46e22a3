"""The list of collectors: how far the counts reach, and which collectors still report."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard.headline import counted_until
from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.snapshot import Present
from processing.plain_text import displayable
from processing.troubles import Collector, CollectorState, collectors

COLLECTOR_SIGNS = {
    CollectorState.COMPLETE: "✓",
    CollectorState.IDLE: "○",
    CollectorState.LISTENING: "●",
    CollectorState.SILENT: "✕",
    CollectorState.AWAY: "✕",
    CollectorState.FAILED: "✕",
}
LONGEST_DETAIL_SHOWN = 500


def show(known: Present, words: Words, wall: datetime) -> None:
    """Draw one line for each collector."""
    st.header(words.freshness, anchor=False)
    st.html(lines(known, words, wall))


def lines(known: Present, words: Words, wall: datetime) -> Markup:
    """Return how far the counts reach, and one line for each collector, as HTML."""
    rows = [_line(collector, words, wall) for collector in collectors(known.coverage, known.health, wall)]
    return element("div", element("p", counted_until(known, words, wall)), *rows, css="bw-freshness")


def says(collector: Collector, words: Words, wall: datetime) -> str:
    """Return a collector's state in words."""
    return {
        CollectorState.COMPLETE: words.collector_complete,
        CollectorState.IDLE: words.collector_idle,
        CollectorState.LISTENING: words.collector_listening,
        CollectorState.SILENT: words.collector_silent.format(age=words.duration(wall - collector.heard_at)),
        CollectorState.AWAY: words.collector_away,
        CollectorState.FAILED: words.collector_failed,
    }[collector.state]


def _line(collector: Collector, words: Words, wall: datetime) -> Markup:
    return element(
        "p",
        element("span", COLLECTOR_SIGNS[collector.state], css=f"bw-{collector.state.value}"),
        " ",
        element("bdi", collector.source, css="bw-source"),
        " ",
        says(collector, words, wall),
        words.separator,
        covered(collector, words),
        *detail(collector),
    )


def covered(collector: Collector, words: Words) -> str:
    """Return the time that a collector covers now."""
    stretch = collector.stretch
    if stretch is None:
        return words.covered_nothing
    return words.covered.format(start=words.moment(stretch.since, zoned=False), end=words.moment(stretch.until))


def detail(collector: Collector) -> tuple[Markup, ...]:
    """Return the collector's report as an isolated element.

    The report is in English on every page, and it may quote text from a network.
    """
    said = " ".join(displayable(collector.detail, LONGEST_DETAIL_SHOWN).split())
    return (element("bdi", said, css="bw-detail", dir="ltr", lang="en"),) if said else ()
