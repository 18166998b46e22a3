"""What each network brings, and what was rejected."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import Words
from dashboard.markup import element, filled
from dashboard.parts import tables
from dashboard.views.health.rates import Rate
from dashboard.views.health.standing import Standing
from processing.plain_text import displayable

LONGEST_NAME = 80
READ_REJECTED = 'kcat -C -e -b "$BANWATCH_KAFKA_BOOTSTRAP" -t posts.rejected'


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


def rejected(of: Standing, words: Words) -> None:
    """Draw how many records were rejected, and where their reasons stand."""
    page, counted = words.health_page, [each for each in of.health if each.rejected]
    st.header(page.rejected_title, anchor=False)
    if not of.health:
        st.html(element("p", element("span", page.rejected_unknown, css="bw-unknown")))
    elif not counted:
        st.html(element("p", page.rejected_none))
    else:
        parts: list[str] = []
        for each in counted:
            named = page.rejected_of.format(name=_name(each.source), count=words.number(each.rejected))
            parts += [words.separator, element("bdi", named)] if parts else [element("bdi", named)]
        told = page.rejected_some(sum(each.rejected for each in counted), names="{names}")
        st.html(element("p", filled(told, names=element("span", *parts))))
    st.caption(page.rejected_where)
    st.code(READ_REJECTED, language="sh")
