"""The page from top to bottom. Streamlit runs this file again for each visitor and each change of a filter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from dashboard import server
from dashboard.filters import Filters, Range
from dashboard.i18n import WORDS, Words
from dashboard.server import TopicNames
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Snapshot, load
from dashboard.views import collectors, filters, headline, incidents, posts, timeline
from dashboard.views import explanation as explained
from processing import explanation, queries
from processing.contract import Incident
from processing.explanation import Explanation
from processing.queries import StoreDamaged, StoreRefused, StoreUnavailable

STATIC = Path(__file__).with_name("static")
NO_TABLES = frozenset({60, 81})
"""ClickHouse's error codes for a missing table and a missing database."""


def main(settings: DashboardSettings, topics: TopicNames) -> None:
    """Draw the page.

    The headline, the chart and the lists refresh at intervals without a reader's action; the filters do not.
    """
    st.set_page_config(page_title="banwatch", page_icon="📈", layout="wide")
    view = filters.chosen()
    words = replace(WORDS[view.ui], topics={topic: names[view.ui] for topic, names in topics().items()})
    _styles(words)
    _header(words)
    again = settings.dashboard_refresh

    found = look(settings, view, words)
    if isinstance(found, Snapshot):
        filters.settle(found, view)
    st.fragment(_top, run_every=again)(settings, view, words)
    if isinstance(found, Snapshot):
        filters.show(found, view, words)
        filters.split(words)
    filters.remember(view)
    st.fragment(_rest, run_every=again)(settings, view, words, filtered=isinstance(found, Snapshot))


def look(settings: DashboardSettings, view: Filters, words: Words) -> Snapshot | str:
    """Return the snapshot of the store, or a sentence that tells the reader why there is nothing to show."""
    try:
        return _snapshot(settings, view) or words.empty
    except StoreUnavailable:
        return words.store_away
    except StoreDamaged:
        return words.store_damaged
    except StoreRefused as refusal:
        return words.not_ready if refusal.code in NO_TABLES else words.store_refused.format(code=refusal.code)


def _which_store(settings: DashboardSettings) -> tuple[str, str]:
    return settings.clickhouse_url, settings.clickhouse_database


@st.cache_resource(show_spinner=False, hash_funcs={DashboardSettings: _which_store})
def _reader(settings: DashboardSettings) -> queries.Reader:
    """Return one connection to the store for all visitors. A failure is not cached, so the next call connects again."""
    return queries.connect(settings.clickhouse)


@st.cache_data(ttl=1, max_entries=64, show_spinner=False, hash_funcs={DashboardSettings: _which_store})
def _snapshot(settings: DashboardSettings, view: Filters) -> Snapshot | None:
    """Return the snapshot for these filters.

    Both parts of the page, and all visitors, share one snapshot for a second.
    """
    return load(_reader(settings), view)


def _styles(words: Words) -> None:
    st.html(STATIC / "page.css")
    # A script sets the language of the document, for screen readers, and its direction, for the lists that Streamlit
    # opens outside of the page's own elements. Nothing but a script can set them.
    st.html(STATIC / f"{words.locale.language}.html", unsafe_allow_javascript=True)
    if words.locale.text_direction == "rtl":
        st.html(STATIC / "rtl.css")


def _header(words: Words) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(words.title, anchor=False, width="content")
        filters.interface_switch(words)
    st.caption(words.subtitle)


def _top(settings: DashboardSettings, view: Filters, words: Words) -> None:
    found = look(settings, view, words)
    if isinstance(found, str):
        st.info(found)
        return
    headline.banner(found, words)
    headline.show(found, words, datetime.now(UTC))


def _rest(settings: DashboardSettings, view: Filters, words: Words, *, filtered: bool) -> None:
    found = look(settings, view, words)
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
        _why(settings, found, view, words)


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
    ttl=30, max_entries=16, show_spinner=False, hash_funcs={DashboardSettings: _which_store, Incident: _as_it_stands}
)
def _explained(settings: DashboardSettings, incident: Incident, language: str) -> Explanation:
    """Return the explanation. All visitors share it for half a minute; after that, a deleted post is absent from it."""
    reader = _reader(settings)
    now = queries.scored_until(reader) or incident.detected_at
    return explanation.explain(reader, incident, now, language=language)


if __name__ == "__main__":
    main(*server.given())
