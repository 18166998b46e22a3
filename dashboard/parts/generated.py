"""The warning on every page that posts of the store are generated."""

from __future__ import annotations

import streamlit as st

from dashboard.context import Context
from dashboard.parts.known import held, present
from dashboard.settings import DashboardSettings
from dashboard.synthetic import Synthetic, synthetic_of


def show(context: Context) -> None:
    """Draw the warning if some or all posts are generated. While the store is away, the page below says so."""
    found = context.asked(lambda: _synthetic(context.settings))
    if isinstance(found, Synthetic) and (note := found.note(context.words)):
        st.warning(note, icon="⚠️")


def _synthetic(settings: DashboardSettings) -> Synthetic:
    known = present(settings)
    return Synthetic.NO if known is None else synthetic_of(held(settings, known.first), *known.incidents)
