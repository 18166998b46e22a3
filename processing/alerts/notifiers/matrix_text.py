"""A message as Matrix shows it: HTML in which every text is escaped, and the same as plain text.

`m.mentions` is empty, so that no name in a text notifies anybody. Programs also make links of what looks like one;
`unlinked` leaves nothing to be found.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from processing.alerts.notification import Message
from processing.alerts.notifiers.layout import Kind, Line, Span, laid_out, plain, summary
from processing.alerts.notifiers.text import unlinked

MOST = 8000
"""Characters of a message. An event has at most 65,536 bytes, in which an edit holds the message four times."""


def whole_content(message: Message) -> dict[str, Any]:
    """Return the content of an event that shows a whole message."""
    return _content(message, laid_out(message, MOST, lambda text: len(text.encode("utf-8", "replace"))))


def short_content(message: Message) -> dict[str, Any]:
    """Return the content of an event that tells a step in a thread."""
    return _content(message, summary(message))


def _content(message: Message, lines: Iterable[Line]) -> dict[str, Any]:
    shown = tuple(_unlinked(line) for line in lines)
    markup = "".join(_markup(line) for line in shown)
    return {
        "msgtype": "m.text",
        "body": plain(shown),
        "format": "org.matrix.custom.html",
        "formatted_body": f'<div dir="rtl">{markup}</div>' if message.right_to_left else markup,
        "m.mentions": {},
    }


def _unlinked(line: Line) -> Line:
    if line.kind is Kind.CODE:
        return line
    return Line(line.kind, tuple(Span(unlinked(span.text), span.bold, span.url) for span in line.spans))


def _markup(line: Line) -> str:
    spans = " ".join(_span(span) for span in line.spans)
    match line.kind:
        case Kind.QUOTE:
            return f"<blockquote>{spans}</blockquote>"
        case Kind.CODE:
            return f"<pre><code>{spans}</code></pre>"
        case Kind.TITLE | Kind.PLAIN:
            return f"<p>{spans}</p>"


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.url:
        text = f'<a href="{escape(span.url)}">{text}</a>'
    return f"<strong>{text}</strong>" if span.bold else text
