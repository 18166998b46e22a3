"""Conversion of HTML to the text that a reader sees, line by line, and to the links in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

MOST_LINKS = 100
"""The most links that are kept of one post."""

LONGEST_HTML = 100_000
"""The most characters that are read, because the parser's time grows with the square of the nesting."""

HIDDEN = frozenset({"invisible"})
"""Classes of elements that a reader does not see."""

_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "details", "dialog",
        "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5",
        "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tr", "ul"
    }
)  # fmt: skip
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset(
    {
        "audio", "canvas", "head", "iframe", "link", "math", "meta", "noscript", "object", "script", "select",
        "style", "svg", "template", "textarea", "title", "video"
    }
)  # fmt: skip
_SPACES = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[ \n]*")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The element of a link: its classes and its text."""

    classes: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True)
class HtmlText:
    """The contents of HTML. `text` has one line for each block.

    `links` holds each absolute http(s) address once, in order.
    """

    text: str
    links: tuple[str, ...]


def read_html(
    html: str, base: str = "", *, hidden: frozenset[str] = HIDDEN, counts: Callable[[Anchor], bool] | None = None
) -> HtmlText:
    """Return the visible text and the links of an HTML fragment or page.

    Every text is valid HTML, so there is no error.

    A block such as `<br>`, a paragraph or a list item begins a new line, so words of two blocks stay apart. Scripts,
    styles and hidden elements (including those of the classes in `hidden`) are left out. Entities are decoded. Relative
    links count only if `base` is given. If `counts` is given, a link counts only if `counts` returns True for its
    anchor.
    """
    if "<" not in html and "&" not in html:
        return HtmlText(_tidy(html.replace("\n", " ")), ())
    body = LexborHTMLParser(html[:LONGEST_HTML]).body
    if body is None:
        return HtmlText("", ())
    links: dict[str, None] = {}
    pieces: list[str] = []
    for piece in _walk(body, hidden):
        if isinstance(piece, str):
            pieces.append(piece)
        elif len(links) < MOST_LINKS and (link := _link(piece, base, counts)):
            links[link] = None
    return HtmlText(_tidy("".join(pieces)), tuple(links))


def _walk(body: LexborNode, hidden: frozenset[str]) -> Iterator[str | LexborNode]:
    """Yield text, breaks and anchors in the order of the document.

    The loop does not recurse, because authors choose the nesting.
    """
    node, kept = body.child, 0
    while node is not None:
        tag = node.tag
        if node.is_text_node:
            text = node.text_content or ""
            yield text if kept else text.replace("\n", " ")
        elif tag == "a":
            yield node
        elif tag in _BLOCKS:
            yield "\n"
        elif tag in _CELLS:
            yield " "
        inner = node.child if node.is_element_node and not _unseen(node, hidden) else None
        kept += inner is not None and tag == "pre"
        if inner is not None:
            node = inner
            continue
        while node is not None and node.next is None and node.mem_id != body.mem_id:
            node = node.parent
            if node is not None and node.mem_id != body.mem_id:
                kept -= node.tag == "pre"
                if node.tag in _BLOCKS:
                    yield "\n"
        node = None if node is None or node.mem_id == body.mem_id else node.next


def _unseen(node: LexborNode, hidden: frozenset[str]) -> bool:
    if node.tag in _UNSEEN:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or not hidden.isdisjoint(_classes(attributes))
        or _HIDDEN_STYLE.search(attributes.get("style") or "") is not None
    )


def _classes(attributes: Mapping[str, str | None]) -> frozenset[str]:
    return frozenset((attributes.get("class") or "").split())


def _link(anchor: LexborNode, base: str, counts: Callable[[Anchor], bool] | None) -> str | None:
    attributes = anchor.attributes
    href = attributes.get("href")
    if not href or (counts is not None and not counts(Anchor(_classes(attributes), anchor.text()))):
        return None
    return _absolute(href, base)


def _absolute(href: str, base: str) -> str | None:
    try:
        link = urljoin(base, href.strip())
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.scheme in {"http", "https"} and parts.netloc else None


def _tidy(text: str) -> str:
    return _BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()
