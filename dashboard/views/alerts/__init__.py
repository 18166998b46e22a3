"""The page "alerts"."""

from __future__ import annotations

import streamlit as st

from dashboard.context import Context


def show(context: Context) -> None:
    """Draw the page."""
    st.header(context.words.alerts_page.title, anchor=False)
