"""Small tables, and the SQL behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from dashboard.i18n import Words
from dashboard.markup import element
from processing.queries import Statement


def show(head: Sequence[str], rows: Iterable[Sequence[str]], *, css: str = "") -> None:
    """Draw a table. Its first column is text and the others are figures, or all are text with the class `bw-words`."""
    body = [element("tr", *(element("td", value) for value in row)) for row in rows]
    heads = element("tr", *(element("th", value) for value in head))
    st.html(element("div", element("table", heads, *body, css=f"bw-table {css}".strip()), css="bw-wide-table"))


def asked(words: Words, *queries: Statement) -> None:
    """Draw the SQL of these queries, each query once."""
    with st.expander(words.sql, icon=":material/code:"):
        st.caption(words.sql_note)
        for sql in dict.fromkeys(query.paste for query in queries):
            st.code(sql, language="sql")
