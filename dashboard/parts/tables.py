"""Small tables, and the SQL behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.markup import element
from processing.queries import Statement


def show(head: Sequence[str], rows: Iterable[Sequence[str]], *, css: str = "") -> None:
    """Draw a table."""
    st.html(table(head, rows, css=css))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, css: str = "") -> Markup:
    """Return a table. Its first column is text and the others are figures; with the class `bw-words` all are text."""
    body = [element("tr", *(element("td", value) for value in row)) for row in rows]
    heads = element("tr", *(element("th", value) for value in head))
    drawn = element("table", heads, *body, css=f"bw-table {css}".strip())
    # A table that is wider than its place is moved by the arrow keys, so it takes the focus and has a name.
    name = ", ".join(value for value in head if value)
    return element("div", drawn, css="bw-wide-table", role="group", tabindex="0", **{"aria-label": name})


def asked(words: Words, *queries: Statement) -> None:
    """Draw the SQL of these queries, each query once."""
    with st.expander(words.sql, icon=":material/code:"):
        st.caption(words.sql_note)
        for sql in dict.fromkeys(query.paste for query in queries):
            st.code(sql, language="sql")
