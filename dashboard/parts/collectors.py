"""What is said of a collector: its state, what it covers and its own report."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.markup import element
from processing.plain_text import displayable
from processing.troubles import Collector, CollectorState

COLLECTOR_SIGNS = {
    CollectorState.LISTENING: "●",
    CollectorState.IDLE: "○",
    CollectorState.COMPLETE: "✓",
    CollectorState.SILENT: "✕",
    CollectorState.AWAY: "✕",
    CollectorState.FAILED: "✕",
}
"""The sign of each state, in the order in which the states are told."""
LONGEST_DETAIL_SHOWN = 500


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
