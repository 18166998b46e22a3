"""The warning on every page that posts of the store are generated."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from dashboard.context import Context, connection, shared
from dashboard.i18n import Words
from dashboard.parts.known import present
from dashboard.settings import DashboardSettings
from processing import queries
from processing.queries import Presence


def show(context: Context) -> None:
    """Draw the warning if some or all posts are generated. While the store is away, the page below says so."""
    words = context.words
    said = context.asked(lambda: _said(context.settings, words))
    if said in {words.synthetic, words.partly_synthetic}:
        st.warning(said, icon="⚠️")


def _said(settings: DashboardSettings, words: Words) -> str:
    known = present(settings)
    if known is None:
        return ""
    held = _held(settings, known.first)
    if held.generated or any(incident.synthetic for incident in known.incidents):
        return words.partly_synthetic if held.collected else words.synthetic
    return ""


@shared(ttl=60, max_entries=8)
def _held(settings: DashboardSettings, first: datetime) -> Presence:
    """Return whose posts the store holds. An earlier `first` post asks anew: an empty store's posts count at once."""
    known = present(settings)
    return queries.presence(connection(settings), first, first if known is None else known.now)
