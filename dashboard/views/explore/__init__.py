"""The page "Explore": topics, languages, networks and times beside each other. Every view is an address."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.context import Context, connection, shared
from dashboard.filters import Filters, Split
from dashboard.parts import filters, live
from dashboard.parts.known import present
from dashboard.settings import DashboardSettings
from dashboard.views.explore import controls, drawing
from dashboard.views.explore.comparison import Compare, Counted, compared, load, offered


def show(context: Context) -> None:
    """Draw the page. The charts refresh by themselves, the controls do not."""
    by = controls.comparison()
    with st.skeleton(height=drawing.SKELETON):
        found = _asked(context, by)
    if isinstance(found, str):
        live.show("explore", _draw, context, None)
        return
    filters.show(context.filters, context.words, found.window, topics=found.topics, languages=found.languages)
    live.show("explore", _draw, context, controls.show(by, offered(found, by), context.words))


def _asked(context: Context, by: Compare) -> Counted | str:
    """Return the counts, or a sentence that tells the reader why there are none."""

    def ask() -> Counted | str:
        # The split is a choice of another page: all its values share one answer.
        counted = _counted(context.settings, replace(context.filters, by=Split.TOTAL), by)
        return context.words.empty if counted is None else counted

    return context.asked(ask)


@shared(ttl=5, max_entries=128)
def _counted(settings: DashboardSettings, view: Filters, by: Compare) -> Counted | None:
    """Return the counts for these filters. All readers with the same filters share them."""
    known = present(settings)
    return None if known is None else load(connection(settings), view, by, known)


def _draw(context: Context, look: controls.Look | None) -> None:
    found = _asked(context, controls.comparison() if look is None else look.by)
    # The controls stand outside this part, and are drawn when the store appears or disappears.
    if isinstance(found, str) != (look is None):
        st.rerun(scope="app")
    if isinstance(found, str) or look is None:
        st.info(str(found), icon=":material/hourglass_empty:")
        return
    drawing.show(compared(found, look.by, look.lines), look, context)
