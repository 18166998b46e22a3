"""HTML elements whose values MarkupSafe escapes.

Streamlit's own text elements read Markdown, and `st.text` cannot set the direction of a post, so the page builds its
elements here. Nothing else in the dashboard writes an angle bracket.
"""

from __future__ import annotations

from typing import Literal

from markupsafe import Markup

Tag = Literal[
    "a", "article", "b", "bdi", "dd", "div", "dl", "dt", "footer", "header", "li", "ol", "p", "section", "span",
    "table", "td", "th", "tr"
]  # fmt: skip


def element(tag: Tag, *children: str, css: str = "", **attributes: str) -> Markup:
    """Return one HTML element. The function escapes children and attributes that are not `Markup` already."""
    named = {"class": css, **attributes}
    written = Markup().join(Markup(' {}="{}"').format(name, value) for name, value in named.items() if value)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, Markup().join(children))
