"""The page "incident"."""

from __future__ import annotations

import streamlit as st

from dashboard.context import Context


def show(context: Context) -> None:
    """Draw the page."""
    st.subheader(context.words.incident_page.title, anchor=False)
