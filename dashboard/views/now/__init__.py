"""The page "Now": is anything surging?"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard.context import Context, connection, shared
from dashboard.filters import Filters
from dashboard.i18n import Words
from dashboard.parts import filters, headline, live, timeline
from dashboard.parts.known import present
from dashboard.services import Event
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Snapshot, look, recent
from dashboard.views.now import incidents, reached

SHARE, LOG = "share", "log"
"""The switches' keys, which are their names in the address."""
SKELETON = 320


def show(context: Context) -> None:
    """Draw the page.

    The headline, the incidents and the chart refresh at intervals without a reader's action; the filters do not.
    """
    words = context.words
    with st.skeleton(height=SKELETON):
        found = snapshot(context, share=bool(st.session_state.get(SHARE)))
    live.show("top", _top, context)
    share = log = False
    if isinstance(found, Snapshot):
        filters.show(context.filters, words, found.window, topics=found.topics, languages=found.languages)
        share, log = _chart_controls(words)
    live.show("chart", _chart, context, filtered=isinstance(found, Snapshot), share=share, log=log)


def snapshot(context: Context, *, share: bool = False) -> Snapshot | str:
    """Return the snapshot of the store, or a sentence that tells the reader why there is nothing to show."""

    def ask() -> Snapshot | str:
        known = present(context.settings)
        counts = None if known is None else _counts(context.settings, context.filters, share=share)
        return context.words.empty if known is None or counts is None else counts.at(known.of(context.filters.watch))

    return context.asked(ask)


@shared(ttl=5, max_entries=128)
def _counts(settings: DashboardSettings, view: Filters, *, share: bool) -> Snapshot | None:
    """Return the counts for these filters. All readers with the same filters share them."""
    known = present(settings)
    if known is None:
        return None
    return look(connection(settings), view, known, share=share, recent=lambda _, *series: _recent(settings, *series))


@shared(ttl=5, max_entries=128)
def _recent(settings: DashboardSettings, topic: str, language: str, until: datetime) -> tuple[int, int]:
    """Return the posts of the last hour and of the hour before. All readers of a series share them."""
    return recent(connection(settings), topic, language, until)


def _top(context: Context) -> None:
    found, words, wall = snapshot(context, share=bool(st.session_state.get(SHARE))), context.words, datetime.now(UTC)
    if isinstance(found, str):
        st.info(found, icon=":material/hourglass_empty:")
        return
    headline.show(found, words, wall)
    reached.warn(found, words, wall)
    incidents.show(found, words, wall)


def _chart_controls(words: Words) -> tuple[bool, bool]:
    """Draw the heading of the chart and its controls; return whether it shows shares, and whether it is logarithmic."""
    st.header(words.chart, anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        filters.split(words)
        share = st.toggle(words.now_page.share, key=SHARE, bind="query-params", help=words.now_page.share_help)
        log = st.toggle(words.now_page.log, key=LOG, bind="query-params", help=words.now_page.log_help)
    return share, log


def _chart(context: Context, *, filtered: bool, share: bool, log: bool) -> None:
    found = snapshot(context, share=share)
    # The filters stand outside this part. They are drawn again when a button in this part changes them, and when the
    # store appears or disappears.
    if filters.are_to_move() or isinstance(found, Snapshot) != filtered:
        st.rerun(scope="app")
    if isinstance(found, str):
        return
    timeline.show(found, context.filters, context.words, events=_events(context), log=log)
    reached.show(found, context.words, datetime.now(UTC))


def _events(context: Context) -> tuple[Event, ...]:
    """Return the known events that concern the watch list."""
    return tuple(each for each in context.services.events() if each.topic in {"", context.filters.watch.root})
