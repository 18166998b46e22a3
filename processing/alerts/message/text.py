"""A message as lines of text, for channels without markup."""

from __future__ import annotations

from collections.abc import Iterator

from babel.dates import format_datetime

from processing.alerts.message.wording import CATALOGUES, with_zone
from processing.alerts.notification import Message, Quote
from processing.plain_text import STEERING


def text_lines(message: Message, *, sql: bool = True) -> tuple[str, ...]:
    """Return the title, and below it everything else with two spaces before it; with `sql`, its statement last."""
    return (message.title, *(f"  {line}" for line in _below(message, sql=sql)))


def terminal_lines(message: Message) -> tuple[str, ...]:
    """Return the same lines without isolates. A terminal keeps the order of the characters, or shows what it obeys."""
    return tuple(STEERING.sub("", line) for line in text_lines(message))


def _below(message: Message, *, sql: bool) -> Iterator[str]:
    yield from filter(None, (message.verdict,))
    yield from (f"{fact.label}: {fact.value}" for fact in message.facts)
    yield from filter(None, (message.sparkline,))
    for quote in message.quotes:
        yield f"{quote_label(quote, message.language)}: {quote.text}"
        yield from filter(None, (quote.url,))
    yield from message.notes
    yield from (f"{link.label}: {link.url}" for link in (message.page, message.acknowledge) if link is not None)
    if sql:
        yield from message.sql.splitlines()
    for part in message.parts:
        yield from text_lines(part, sql=False)


def quote_label(quote: Quote, language: str) -> str:
    """Return what a post is, when it was written and by whom."""
    return f"{quote.label}{CATALOGUES[language].separator}{written(quote, language)}"


def written(quote: Quote, language: str) -> str:
    """Return when a post was written and by whom."""
    phrases = CATALOGUES[language]
    clock = format_datetime(quote.at, phrases.weekday, tzinfo=quote.at.tzinfo, locale=phrases.locale)
    time = with_zone(phrases, quote.at, clock)
    return phrases.written_by.format(time=time, author=quote.author) if quote.author else time
