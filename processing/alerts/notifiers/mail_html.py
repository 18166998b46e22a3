"""A message as the HTML of a mail. Styles stand in the elements, because mail programs drop all others."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from processing.alerts.message import quote_label
from processing.alerts.notification import Link, Message, Quote

CHART = "timeline"
"""The name by which the HTML shows the chart that lies beside it in the mail."""

_FONT = "font-family: system-ui, sans-serif; font-size: 15px; line-height: 1.45; color: #222"
_QUOTE = "margin: 8px 0; padding: 4px 12px; border: 1px solid #ddd; border-radius: 6px"
_NOTE = "color: #555; margin: 4px 0"
_BUTTON = "display: inline-block; margin: 8px 4px; padding: 8px 14px; border: 1px solid #0072b2; color: #0072b2"


def mail_html(message: Message) -> str:
    """Return the document. All text is escaped; an address stands in quotes and is of the web."""
    side = "rtl" if message.right_to_left else "ltr"
    body = "\n".join(_section(message, "h2"))
    return (
        f'<!doctype html>\n<html lang="{message.language}" dir="{side}"><head><meta charset="utf-8"></head>\n'
        f'<body dir="{side}" style="{_FONT}">\n{body}\n</body></html>\n'
    )


def _section(message: Message, heading: str) -> Iterator[str]:
    yield f'<{heading} style="font-size: 18px">{escape(message.title)}</{heading}>'
    if message.verdict:
        yield f"<p>{escape(message.verdict)}</p>"
    if message.chart is not None:
        yield f'<p dir="ltr"><img src="cid:{CHART}" alt="{escape(message.sparkline)}" width="640" height="200"></p>'
    elif message.sparkline:
        yield f'<p dir="ltr" style="font-family: monospace">{escape(message.sparkline)}</p>'
    yield from _facts(message)
    yield from (_quote(quote, message.language) for quote in message.quotes)
    yield from (f'<p style="{_NOTE}">{escape(note)}</p>' for note in message.notes)
    yield from (_button(link) for link in (message.page, message.acknowledge) if link is not None)
    if message.sql:
        yield f'<pre dir="ltr" style="{_NOTE}; white-space: pre-wrap">{escape(message.sql)}</pre>'
    for part in message.parts:
        yield "<hr>"
        yield from _section(part, "h3")


def _facts(message: Message) -> Iterator[str]:
    if message.facts:
        yield '<table cellpadding="3">'
        yield from (
            f'<tr><th align="start" style="text-align: start; vertical-align: top; color: #555">{escape(fact.label)}'
            f"</th><td>{escape(fact.value)}</td></tr>"
            for fact in message.facts
        )
        yield "</table>"


def _quote(quote: Quote, language: str) -> str:
    address = f'<br><a dir="ltr" href="{escape(quote.url)}">{escape(quote.url)}</a>' if quote.url else ""
    return (
        f'<blockquote style="{_QUOTE}"><span style="{_NOTE}">{escape(quote_label(quote, language))}</span>'
        f'<br><span dir="auto">{escape(quote.text)}</span>{address}</blockquote>'
    )


def _button(link: Link) -> str:
    return f'<a style="{_BUTTON}" href="{escape(link.url)}">{escape(link.label)}</a>'
