"""The data dictionary beside the editor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.services import DescribedView


def show(views: Sequence[DescribedView], words: Words) -> None:
    """Draw the dictionary: a part that opens for each view."""
    said = words.sql_page
    st.markdown(f"**{said.dictionary}**")
    sought = st.text_input(
        said.find_column,
        key="sql_find",
        placeholder=said.find_column,
        label_visibility="collapsed",
        type="search",
        max_chars=60,
    )
    found = list(_found(views, sought.strip().lower()))
    st.caption(said.dictionary_note if found else said.no_column)
    with st.container(height=620, border=False):
        for view in found:
            label = f"`{view.name}` ({said.stable})" if view.stable else f"`{view.name}`"
            with st.expander(label, expanded=bool(sought)):
                st.html(_table(view, words))


def _found(views: Sequence[DescribedView], sought: str) -> Iterator[DescribedView]:
    """Yield the views whose name has the sought text, whole, and of the others the columns that have it."""
    for view in views:
        columns = tuple(each for each in view.columns if sought in f"{each.name} {each.text}".lower())
        if sought in view.name.lower():
            yield view
        elif columns:
            yield replace(view, columns=columns)


def _table(view: DescribedView, words: Words) -> Markup:
    said = words.sql_page
    rows = (
        element(
            "tr",
            element("td", element("b", each.name), " ", element("span", each.type, css="bw-count")),
            element("td", each.text),
        )
        for each in view.columns
    )
    heading = element("tr", element("th", f"{said.column}, {said.type}"), element("th", said.holds))
    return element(
        "div",
        element("p", view.text),
        element("table", heading, *rows, css="bw-table bw-columns"),
        dir="ltr",
        lang="en",
    )
