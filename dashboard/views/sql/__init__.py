"""The page "SQL": questions in ClickHouse's SQL, by people who know what they look for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from dashboard.context import Context, connection, which_store
from dashboard.desk_protocol import LONGEST_QUERY
from dashboard.services import DescribedView
from dashboard.settings import DashboardSettings
from dashboard.views.sql import dictionary, editor, library, outcome
from dashboard.views.sql.editor import Edited, Problem
from dashboard.views.sql.run import Run, slot
from processing import queries
from processing.queries import ReaderLimits, StoreFailure, Vocabulary

LONGEST_SHARED = 4_000
"""The longest query that the address holds, in characters."""
AT_ONCE = timedelta(milliseconds=400)
"""The time for which the page waits before it shows that a query runs."""
LOOK_AGAIN = timedelta(milliseconds=500)


@dataclass(frozen=True)
class About:
    """What the page tells of the store."""

    limits: ReaderLimits
    names: Vocabulary
    views: tuple[DescribedView, ...]


def show(context: Context) -> None:
    """Draw the page."""
    about = context.asked(lambda: _about(context.settings, context))
    if isinstance(about, str):
        st.info(about)
        return
    st.caption(context.words.sql_page.note)
    left, right = st.columns([13, 5], gap="large")
    with left:
        library.show(context)
        # A query that ends while the page is drawn is shown by the next run, which also marks an error in the editor.
        busy = slot().is_busy
        edited = _editor(context, about)
        _start(context, about, edited, busy=busy)
        _below(context, about, edited, busy=busy)
    with right:
        dictionary.show(about.views, context.words)


@st.cache_data(
    ttl=timedelta(minutes=5),
    max_entries=8,
    show_spinner=False,
    hash_funcs={DashboardSettings: which_store},
)
def _about(settings: DashboardSettings, _context: Context) -> About:
    reader = connection(settings)
    described = _context.services.dictionary
    return About(
        limits=queries.reader_limits(reader),
        names=queries.vocabulary(reader),
        views=tuple(described(reader)) if described else (),
    )


def _editor(context: Context, about: About) -> Edited:
    run = slot().run
    return editor.edit(
        context.words,
        about.views,
        about.names,
        _problem(run),
        first=st.query_params.get("q", "")[:LONGEST_QUERY],
    )


def _problem(run: Run | None) -> Problem | None:
    """Return the mark of the last failure, if its query is still in the editor."""
    failure = run.outcome if run is not None and run.sql == editor.text() else None
    if run is None or not isinstance(failure, StoreFailure):
        return None
    place = queries.place_of(str(failure), run.sql)
    return Problem(place, outcome.shown(failure)) if place else None


def _start(context: Context, about: About, edited: Edited, *, busy: bool) -> None:
    """Draw the button that runs the query, and run it if this or the key is pressed."""
    words = context.words.sql_page
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(words.run, type="primary", icon=":material/play_arrow:", disabled=busy, key="sql_run")
        st.caption(f"{words.keys} {outcome.limits(about.limits, context.words)}", width="stretch")
    if (pressed or edited.run) and not busy and edited.text.strip():
        address = queries.adhoc_address(context.settings.clickhouse, about.limits)
        slot().start(address, edited.text).wait(AT_ONCE)
        _remember(edited.text)
        st.rerun()


def _remember(text: str) -> None:
    """Write the query into the address. Whoever opens the address finds it in the editor; nothing runs by itself."""
    if len(text) <= LONGEST_SHARED:
        st.query_params["q"] = text
    else:
        st.query_params.pop("q", None)


def _below(context: Context, about: About, edited: Edited, *, busy: bool) -> None:
    words, run = context.words.sql_page, slot().run
    if run is None:
        st.info(words.not_run)
        return
    if len(run.sql) > LONGEST_SHARED:
        st.caption(words.too_long_to_share)
    if busy:
        st.fragment(_running, run_every=LOOK_AGAIN)(context, run)
        return
    if edited.text != run.sql:
        st.caption(words.changed)
    outcome.show(run, about.limits, context.words)


def _running(context: Context, run: Run) -> None:
    """Draw the time of the query under way and the button that cancels it, until the query ends."""
    words = context.words.sql_page
    if run.outcome is not None:
        st.rerun()
    st.info(words.running.format(duration=context.words.duration(run.duration)), icon=":material/hourglass_top:")
    if st.button(words.cancel, icon=":material/stop:", key="sql_cancel"):
        run.cancel()
        run.wait(AT_ONCE)
        st.rerun()
