"""A message as Slack shows it: a block of rich text, whose texts are data.

Slack looks for mentions, links and markup in `mrkdwn`, and in the `text` of a message without blocks. The texts of rich
text are shown as they are: a mention there is an element of its own, which banwatch never writes. `text` is what a
phone shows in a notification; there `<` and `&` are escaped, and nothing is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from processing.alerts.notification import Message
from processing.alerts.notifiers.layout import Kind, Line, Span, laid_out, plain, summary
from processing.alerts.notifiers.text import unlinked

MOST = 8000
"""Characters of a message. Slack takes about 13,000 of all blocks together."""

_ELEMENTS = {
    Kind.TITLE: "rich_text_section",
    Kind.PLAIN: "rich_text_section",
    Kind.QUOTE: "rich_text_quote",
    Kind.CODE: "rich_text_preformatted",
}


def whole_body(message: Message) -> dict[str, Any]:
    """Return the arguments that show a whole message."""
    return _body(message, laid_out(message, MOST))


def short_body(message: Message) -> dict[str, Any]:
    """Return the arguments that tell a step in a thread."""
    return _body(message, summary(message))


def text_body(message: Message) -> dict[str, Any]:
    """Return the arguments that tell a step without any block, should Slack refuse the blocks."""
    text = unlinked(plain(summary(message))).translate({ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"})
    return {"text": text, "mrkdwn": False, "parse": "none", "link_names": False} | _QUIET


_QUIET = {"unfurl_links": False, "unfurl_media": False}


def _body(message: Message, lines: Iterable[Line]) -> dict[str, Any]:
    elements = [_element(kind, tuple(group)) for kind, group in groupby(lines, key=lambda line: _ELEMENTS[line.kind])]
    return text_body(message) | {"blocks": [{"type": "rich_text", "elements": elements}]}


def _element(kind: str, lines: tuple[Line, ...]) -> dict[str, Any]:
    spans = [span for line in lines for span in (*_spaced(line.spans), Span("\n"))]
    return {"type": kind, "elements": [_span(span) for span in spans[:-1]]}


def _spaced(spans: tuple[Span, ...]) -> Iterable[Span]:
    for number, span in enumerate(spans):
        if number:
            yield Span(" ")
        yield span


def _span(span: Span) -> dict[str, Any]:
    style = {"style": {"bold": True}} if span.bold else {}
    if span.url:
        return {"type": "link", "url": span.url, "text": span.text or span.url} | style
    return {"type": "text", "text": span.text or " "} | style
