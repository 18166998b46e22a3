"""HTML elements whose values MarkupSafe escapes, and functions that make text from the network safe to show.

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

# Embeddings, overrides and isolates would reverse the page's own words. Control characters and unpaired surrogates have
# no glyph. Line breaks and tabs stay.
_INVISIBLE = re.compile("[\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Combining marks: a Hebrew or Tibetan letter carries up to four. More marks overprint the neighbouring lines.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0f71-\u0f84\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_STACKED = re.compile(f"({_MARK}{{{MOST_MARKS}}}){_MARK}+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")


def displayable(text: str, longest: int = LONGEST_POST) -> str:
    """Return a text without characters that reorder, overprint or flood the page, cut to `longest` characters.

    The function cuts the text before it reads the characters, so a long text costs no more than a short one.
    """
    head = _BLANK_LINES.sub("\n\n", _INVISIBLE.sub("", text[: 4 * longest])).strip()
    head = _STACKED.sub(r"\1", head)
    if len(head) <= longest and len(text) <= 4 * longest:
        return head
    return head[:longest].rstrip() + ELLIPSIS


def element(tag: Tag, *children: str, css: str = "", **attributes: str) -> Markup:
    """Return one HTML element. The function escapes children and attributes that are not `Markup` already."""
    named = {"class": css, **attributes}
    written = Markup().join(Markup(' {}="{}"').format(name, value) for name, value in named.items() if value)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, Markup().join(children))


def safe_link(url: str) -> str | None:
    """Return the address if it opens a web page of the host that it displays, else None.

    Browsers read a backslash as a slash (https://url.spec.whatwg.org/#authority-state), and the standard library does
    not. The two would read different hosts, so an address with a backslash is refused. An address with an `@` is
    refused because the text before the `@` only looks like a host.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    web = parts.scheme in {"http", "https"} and host and not _INVISIBLE.search(url)
    return parts.geturl() if web and "\\" not in url and "@" not in parts.netloc else None
