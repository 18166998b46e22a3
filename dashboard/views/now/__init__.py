"""The page "Now": is anything surging?"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard.context import Context, connection, which_store
from dashboard.filters import Filters, Range
from dashboard.i18n import Words
from dashboard.parts import collectors, filters, headline, incidents, live, posts, timeline
from dashboard.parts import explanation as explained
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Snapshot, load
from processing import explanation, queries
from processing.contract import Incident
from processing.explanation import Explanation


def show(context: Context) -> None:
    """Draw the page.

    The headline, the chart and the lists refresh at intervals without a reader's action; the filters do not.
    """
    found = look(context)
    if isinstance(found, Snapshot):
        filters.settle(found, context.filters)
    live.show("top", _top, context)
    if isinstance(found, Snapshot):
        filters.show(found, context.filters, context.words)
        filters.split(context.words)
    live.show("rest", _rest, context, filtered=isinstance(found, Snapshot))


def look(context: Context) -> Snapshot | str:
    """Return the snapshot of the store, or a sentence that tells the reader why there is nothing to show."""
    return context.asked(lambda: _snapshot(context.settings, context.filters) or context.words.empty)


@st.cache_data(ttl=1, max_entries=64, show_spinner=False, hash_funcs={DashboardSettings: which_store})
def _snapshot(settings: DashboardSettings, view: Filters) -> Snapshot | None:
    """Return the snapshot for these filters.

    Both parts of the page, and all visitors, share one snapshot for a second.
    """
    return load(connection(settings), view)


def _top(context: Context) -> None:
    found = look(context)
    if isinstance(found, str):
        st.info(found)
        return
    headline.banner(found, context.words)
    headline.show(found, context.words, datetime.now(UTC))


def _rest(context: Context, *, filtered: bool) -> None:
    found, words, view = look(context), context.words, context.filters
    # The filters stand outside this part. They are drawn again when a button in this part changes them, and when the
    # store appears or disappears.
    if filters.are_to_move() or isinstance(found, Snapshot) != filtered:
        st.rerun(scope="app")
    if isinstance(found, str):
        return
    timeline.show(found, view, words)
    reasons = st.container()
    left, right = st.columns(2, gap="large")
    with left:
        incidents.show(found, words)
    with right:
        posts.show(found, words)
    collectors.show(found, words, datetime.now(UTC))
    with reasons:
        _why(context.settings, found, view, words)


def _why(settings: DashboardSettings, found: Snapshot, view: Filters, words: Words) -> None:
    """Draw the explanation of the selected surge, if any.

    It is drawn last because it takes longer than the other parts.
    """
    chosen = [incident for incident in found.incidents if view.range is Range.INCIDENT and incident.id == view.incident]
    for incident in chosen:
        explained.show(_explained(settings, incident, view.language), words)


def _as_it_stands(incident: Incident) -> tuple[object, ...]:
    return incident.id, incident.observed, incident.end


@st.cache_data(
    ttl=30, max_entries=16, show_spinner=False, hash_funcs={DashboardSettings: which_store, Incident: _as_it_stands}
)
def _explained(settings: DashboardSettings, incident: Incident, language: str) -> Explanation:
    """Return the explanation. All visitors share it for half a minute; after that, a deleted post is absent from it."""
    reader = connection(settings)
    now = queries.scored_until(reader) or incident.detected_at
    return explanation.explain(reader, incident, now, language=language)
