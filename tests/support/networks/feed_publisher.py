"""A publisher of feeds made up for tests, by the protocol: versions, conditional answers, failures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape

from tests.support.serving import Asked, Says, Served, served


def an_item(name: str, title: str, at: datetime | None = None, **fields: str) -> str:
    """One RSS item."""
    parts = {"title": escape(title), "guid": f"https://news.example/{name}", "link": f"https://news.example/{name}"}
    parts |= {"pubDate": format_datetime(at)} if at else {}
    return "<item>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in (parts | fields).items()) + "</item>"


def a_feed(*items: str, language: str = "en-GB") -> bytes:
    """One RSS feed."""
    head = f"<title>The Example Times</title><link>https://news.example/</link><language>{language}</language>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


@dataclass
class Publisher:
    """What lies at each path: a feed's bytes, or another answer."""

    feeds: dict[str, bytes | Says] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Says:
        content = self.feeds.get(asked.path, Says(status=404))
        if isinstance(content, Says):
            return content
        version = f'"{hash(content)}"'
        if asked.headers.get("if-none-match") == version:
            return Says(status=304, headers={"ETag": version})
        return Says(content, headers={"ETag": version, "Content-Type": "application/rss+xml"})


@contextmanager
def publishing(publisher: Publisher) -> Iterator[Served]:
    """The publisher's server until the block ends."""
    with served(publisher.answer) as server:
        yield server
