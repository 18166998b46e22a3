"""HTML elements whose values MarkupSafe escapes, and text from the network made fit to be shown.

Streamlit's own text elements read Markdown, and `st.text` cannot set the direction of a post, so the page builds its
elements here. Nothing else in the dashboard writes an angle bracket.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from markupsafe import Markup

Tag = Literal[
    "a", "article", "b", "bdi", "dd", "div", "dl", "dt", "footer", "header", "li", "ol", "p", "section", "span",
    "table", "td", "th", "tr"
]  # fmt: skip

LONGEST_POST = 600
MOST_MARKS = 4
ELLIPSIS = "…"

# Embeddings, overrides and isolates would turn the page's own words around. Controls and halves of surrogate pairs
# have no glyph. Line breaks and tabs stay.
_INVISIBLE = re.compile("[\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Combining marks: a Hebrew or Tibetan letter may carry four, a text that climbs over its neighbours carries more.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0f71-\u0f84\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_STACKED = re.compile(f"({_MARK}{{{MOST_MARKS}}}){_MARK}+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")


def displayable(text: str, longest: int = LONGEST_POST) -> str:
    """A text without characters that reorder, overprint or flood the page, cut to `longest` characters.

    The cut is made before anything else looks at the text, so a long one costs no more than a short one.
    """
    head = _BLANK_LINES.sub("\n\n", _INVISIBLE.sub("", text[: 4 * longest])).strip()
    head = _STACKED.sub(r"\1", head)
    if len(head) <= longest and len(text) <= 4 * longest:
        return head
    return head[:longest].rstrip() + ELLIPSIS


def element(tag: Tag, *children: str, css: str = "", **attributes: str) -> Markup:
    """One element; children and attributes that are not `Markup` already are escaped."""
    named = {"class": css, **attributes}
    written = Markup().join(Markup(' {}="{}"').format(name, value) for name, value in named.items() if value)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, Markup().join(children))


def safe_link(url: str) -> str | None:
    """The address if following it can only open a web page, that of the host it seems to name; else None.

    Browsers take a backslash for a slash (https://url.spec.whatwg.org/#authority-state) and the standard library does
    not, so the two would read different hosts; and what stands before an `@` only looks like one.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    web = parts.scheme in {"http", "https"} and host and not _INVISIBLE.search(url)
    return parts.geturl() if web and "\\" not in url and "@" not in parts.netloc else None
