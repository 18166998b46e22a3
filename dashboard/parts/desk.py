"""What an operator enters, on every page where somebody may."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.services import DeskUnavailable


def fault(error: DeskUnavailable, words: Words) -> str:
    """Return why an entry was not written."""
    return str(getattr(words.access, f"desk_{error.fault.value}"))


def written(context: Context, write: Callable[[], None], renew: Callable[[], None]) -> None:
    """Write what an operator entered, forget what is cached with `renew`, and draw the page again."""
    try:
        write()
    except DeskUnavailable as unavailable:
        st.error(fault(unavailable, context.words))
        return
    renew()
    st.toast(context.words.incident_page.written)
    st.rerun()
