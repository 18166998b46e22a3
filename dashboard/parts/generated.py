"""The warning on every page that posts of the store are generated."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from dashboard.context import Context, connection, shared
from dashboard.parts.known import present
from dashboard.settings import DashboardSettings
from dashboard.synthetic import Synthetic, synthetic_of
from processing import queries
from processing.queries import Presence


def show(context: Context) -> None:
    """Draw the warning if some or all posts are generated. While the store is away, the page below says so."""
    found = context.asked(lambda: _synthetic(context.settings))
    if isinstance(found, Synthetic) and (note := found.note(context.words)):
        st.warning(note, icon="⚠️")


def _synthetic(settings: DashboardSettings) -> Synthetic:
    known = present(settings)
    return Synthetic.NO if known is None else synthetic_of(_held(settings, known.first), *known.incidents)


@shared(ttl=60, max_entries=8)
def _held(settings: DashboardSettings, first: datetime) -> Presence:
    """Return whose posts the store holds. An earlier `first` post asks anew: an empty store's posts count at once."""
    known = present(settings)
    return queries.presence(connection(settings), first, first if known is None else known.now)
