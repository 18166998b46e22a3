"""What the store knows at present, asked once for all readers of all pages."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.context import connection, which_store
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Present
from dashboard.snapshot import present as ask

# While a value is being renewed, everybody gets the one before: a reader waits for the store at the first look only.
shared = partial(
    st.cache_data,
    show_spinner=False,
    refresh_mode="background",
    hash_funcs={DashboardSettings: which_store},
)


@shared(ttl=3, max_entries=8)
def present(settings: DashboardSettings) -> Present | None:
    """Return what the store knows at present; None while it holds no post. All readers share it."""
    return ask(connection(settings))
