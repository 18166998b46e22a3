"""What each network brings."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.parts import tables
from dashboard.views.health.rates import Rate
from dashboard.views.health.standing import Standing
from processing.plain_text import displayable

LONGEST_NAME = 80


def show(of: Standing, words: Words) -> None:
    """Draw the rate of each network."""
    page = words.health_page
    st.header(page.sources, anchor=False)
    if of.counted_until is None:
        st.caption(words.empty)
        return
    now = words.moment(of.counted_until)
    if not of.rates:
        st.caption(page.no_sources.format(now=now))
        return
    tables.show((page.source, page.rate, page.usual_rate), (_row(rate, words) for rate in of.rates), css="bw-names")
    st.caption(page.sources_note.format(now=now))


def _row(rate: Rate, words: Words) -> tuple[str, str, str]:
    name = element("bdi", _name(rate.source), css="bw-source")
    return name, _number(rate.hour, words), _number(rate.usual, words)


def _name(source: str) -> str:
    return displayable(source, LONGEST_NAME)


def _number(value: float | None, words: Words) -> str:
    unknown = element("span", words.health_page.not_known, css="bw-unknown")
    return unknown if value is None else words.number(value)
