"""Who was first, banwatch or the trends of each network: a sentence for each network that had the incident's topic."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboard.i18n import Words
from dashboard.markup import element, filled
from processing.plain_text import displayable
from processing.queries import TrendLead

LONGEST_TREND = 80


def show(leads: tuple[TrendLead, ...], words: Words) -> None:
    """Draw the sentences. Without a trend about the incident there is none."""
    if said := [each for each in leads if is_said(each)]:
        st.html(element("div", *(element("p", sentence(each, words)) for each in said)))


def is_said(each: TrendLead) -> bool:
    """Return whether there is a sentence for a network."""
    return each.was_first is not None or each.lead is None


def sentence(each: TrendLead, words: Words) -> str:
    """Return the sentence of one network of which there is one."""
    page = words.incident_page
    said = page.lead_unknown
    if each.lead is not None:
        behind = page.behind_told if each.was_told else page.behind_found
        said = page.lead_told if each.lead >= timedelta(0) else behind
    return filled(
        said,
        network=element("bdi", each.network.capitalize()),
        duration=words.duration(abs(each.lead or timedelta())),
        trend=element("bdi", displayable(each.trend, LONGEST_TREND)),
    )
