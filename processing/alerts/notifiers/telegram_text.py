"""A message as Telegram shows it: plain text, and entities that say by offsets what is bold, quoted or a link.

Nothing is parsed, so that nothing can break out. Telegram still looks for mentions, hashtags, commands and addresses in
plain text, though not in code; `unlinked` leaves none to be found. Offsets and lengths count UTF-16 code units.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from processing.alerts.notification import Message
from processing.alerts.notifiers.layout import Kind, Line, Span, laid_out, summary
from processing.alerts.notifiers.text import unlinked

MOST = 3500
"""UTF-16 code units of a message. Telegram takes 4,096 characters, and `unlinked` makes a text longer."""

MOST_ENTITIES = 100

_ENTITIES = {Kind.QUOTE: "blockquote", Kind.CODE: "pre"}


def units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def whole_text(message: Message) -> dict[str, Any]:
    """Return the arguments that show a whole message."""
    return _text(laid_out(message, MOST, lambda text: units(unlinked(text))))


def short_text(message: Message) -> dict[str, Any]:
    """Return the arguments that tell a step in a reply."""
    return _text(summary(message))


def _text(lines: Iterable[Line]) -> dict[str, Any]:
    text, entities = "", list[dict[str, Any]]()
    for line in lines:
        begun = units(text)
        for number, span in enumerate(line.spans):
            text += " " if number else ""
            shown = span.text if line.kind is Kind.CODE else unlinked(span.text)
            entities += _entities(span, units(text), units(shown))
            text += shown
        if line.kind in _ENTITIES and units(text) > begun:
            entities.append({"type": _ENTITIES[line.kind], "offset": begun, "length": units(text) - begun})
        text += "\n"
    return {
        "text": text.rstrip("\n"),
        "entities": entities[:MOST_ENTITIES],
        "link_preview_options": {"is_disabled": True},
    }


def _entities(span: Span, offset: int, length: int) -> list[dict[str, Any]]:
    where = {"offset": offset, "length": length}
    bold = [{"type": "bold", **where}] if span.bold and length else []
    link = [{"type": "text_link", "url": span.url, **where}] if span.url and length else []
    return bold + link
