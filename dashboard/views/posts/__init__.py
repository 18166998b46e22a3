"""The page "posts"."""

from __future__ import annotations

import streamlit as st

from dashboard.context import Context


def show(context: Context) -> None:
    """Draw the page."""
    st.subheader(context.words.posts_page.title, anchor=False)
