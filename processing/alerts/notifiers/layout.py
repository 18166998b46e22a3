"""A message as lines of spans: what every chat shows, before it takes the markup of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from processing.alerts.message import written
from processing.alerts.notification import Link, Message, Quote, Step
from processing.alerts.notifiers.text import ELLIPSIS, one_line
from processing.plain_text import is_safe_link

TOLD_IN_THREAD = frozenset({Step.GREW, Step.REPEATED, Step.ACKNOWLEDGED, Step.RESOLVED})
"""Steps that a chat tells in the thread of the conversation, beside the edit of its root, which notifies nobody."""

MOST_ITEMS = 12
"""Facts, notes, quotes and parts of a message that are shown, of each so many."""

LONGEST_SQL = 3000
LONGEST_WRITTEN = 150


class Kind(Enum):
    """How a line is shown."""

    TITLE = auto()
    PLAIN = auto()
    QUOTE = auto()
    CODE = auto()
    """Letters of equal width. The text of a code line may have several lines."""


@dataclass(frozen=True)
class Span:
    """A text in one style. With `url` it is a link that banwatch has made."""

    text: str
    bold: bool = False
    url: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a message."""

    kind: Kind
    spans: tuple[Span, ...]


def laid_out(message: Message, most: int, size: Callable[[str], int] = len) -> tuple[Line, ...]:
    """Return the lines of a message, from the top as many as fit in `most` by `size`. The first is always there."""
    return tuple(_fitting(_lines(message), most, size))


def summary(message: Message) -> tuple[Line, ...]:
    """Return the message of a step in a thread: the whole of it stands above, at the root."""
    return tuple(_head(message))


def plain(lines: Iterable[Line]) -> str:
    """Return lines as text without markup. An address stands behind what it is called."""
    return "\n".join(" ".join(_plain(span) for span in line.spans) for line in lines)


def _plain(span: Span) -> str:
    return f"{span.text}: {span.url}" if span.url else span.text


def _lines(message: Message) -> Iterator[Line]:
    yield from _head(message)
    for fact in message.facts[:MOST_ITEMS]:
        yield Line(Kind.PLAIN, (Span(f"{one_line(fact.label)}:", bold=True), Span(one_line(fact.value))))
    if message.sparkline:
        yield Line(Kind.CODE, (Span(one_line(message.sparkline)),))
    for quote in message.quotes[:MOST_ITEMS]:
        yield from _quoted(quote, message.language)
    for note in message.notes[:MOST_ITEMS]:
        yield Line(Kind.PLAIN, (Span(one_line(note)),))
    for part in message.parts[:MOST_ITEMS]:
        yield from _head(part)
    if len(message.parts) > MOST_ITEMS:
        yield Line(Kind.PLAIN, (Span(f"+{len(message.parts) - MOST_ITEMS}"),))
    if message.sql:
        lines = message.sql[:LONGEST_SQL].splitlines()
        yield Line(Kind.CODE, (Span("\n".join(one_line(line, LONGEST_SQL) for line in lines)),))


def _head(message: Message) -> Iterator[Line]:
    yield Line(Kind.TITLE, (Span(one_line(message.title) or ELLIPSIS, bold=True),))
    if message.verdict:
        yield Line(Kind.PLAIN, (Span(one_line(message.verdict)),))
    links = tuple(_linked(link) for link in (message.page, message.acknowledge) if link and is_safe_link(link.url))
    if links:
        yield Line(Kind.PLAIN, links)


def _quoted(quote: Quote, language: str) -> Iterator[Line]:
    label = one_line(quote.label)
    named = Span(label, url=quote.url) if is_safe_link(quote.url) else Span(label, bold=True)
    yield Line(Kind.PLAIN, (named, Span(one_line(written(quote, language), LONGEST_WRITTEN))))
    yield Line(Kind.QUOTE, (Span(one_line(quote.text)),))


def _linked(link: Link) -> Span:
    return Span(one_line(link.label), url=link.url)


def _fitting(lines: Iterable[Line], most: int, size: Callable[[str], int]) -> Iterator[Line]:
    used = 0
    for number, line in enumerate(lines):
        used += size(plain((line,))) + 1
        if number and used > most:
            return
        yield line
