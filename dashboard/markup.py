"""HTML elements whose values MarkupSafe escapes.

Streamlit's own text elements read Markdown, and `st.text` cannot set the direction of a post, so the page builds its
elements here. Nothing else in the dashboard writes an angle bracket.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from markupsafe import Markup

from dashboard.i18n import Words
from processing.plain_text import plain

Tag = Literal[
    "a", "article", "b", "bdi", "dd", "details", "div", "dl", "dt", "footer", "header", "li", "ol", "p", "section",
    "span", "summary", "table", "td", "th", "time", "tr"
]  # fmt: skip


_MARKDOWN = frozenset(r"\`*_{}[]()<>#+-.!|~$:")
"""The characters with a meaning in Streamlit's Markdown."""


def element(tag: Tag, *children: str, css: str = "", **attributes: str) -> Markup:
    """Return one HTML element. The function escapes children and attributes that are not `Markup` already."""
    named = {"class": css, **attributes}
    written = Markup().join(Markup(' {}="{}"').format(name, value) for name, value in named.items() if value)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, Markup().join(children))


def literal(text: str) -> str:
    """Return a text that Streamlit's Markdown shows as it is, on one line."""
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in plain(text))


def moment(at: datetime, words: Words) -> Markup:
    """Return a time in the reader's zone, with the time in UTC at hand."""
    return element("time", words.moment(at), datetime=at.isoformat(), title=words.moment_in_utc(at))


def filled(sentence: str, **values: str) -> Markup:
    """Return a sentence with its blanks filled in. A value that is no `Markup` is escaped."""
    return Markup("{}").format(sentence).format(**values)
