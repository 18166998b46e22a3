"""Reading of feeds (RSS, RDF, Atom, well-formed or not) and the mapping of entries to posts: pure functions.

feedparser reads the feeds. It ignores the entities of a DOCTYPE except plain characters, so no entity grows or opens a
file. It also reads documents that are not valid XML, as well as it can.
"""

from __future__ import annotations

import calendar
import hashlib
import io
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import feedparser

from ingest.contract import NotAPost, Post, Rejected
from ingest.errors import Permanent
from ingest.event_time import is_backfill
from ingest.sources.rss.catalog import Feed
from ingest.transport.html import read_html
from ingest.transport.mapping import from_epoch, kept_text, mapped

SOURCE = "rss"
MOST_ENTRIES = 500
"""The most entries that are read from a feed, from its beginning, where the newest stand."""

WEB_PAGE = "It is a web page and no feed: the feed has moved, or the publisher asks for consent or a login first."
HEAD = 2_000
"""The number of bytes at the beginning of an answer that are searched for the signs of a web page."""

LONGEST_ID = 512
LONGEST_AUTHOR = 200

_EDITION = re.compile(r"#\d{1,3}$")
"""The number of an edition at the end of a guid that is an address, as the BBC counts the edits of a story."""

_HOURS = re.compile(r"(?:GMT|UTC)\s*([+-])\s*(\d{1,2})(?::?(\d\d))?$", re.IGNORECASE)
"""A zone that publishers write and RSS lacks, such as `GMT+7`. feedparser reads no date then, or a wrong one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a feed. `digest` changes with its contents; `published` is None if it has no date."""

    id: str
    title: str
    text: str
    link: str | None
    publisher: str
    language: str
    published: datetime | None
    digest: str


class NotAFeed(Permanent):
    """The bytes are not a feed of any kind."""


@dataclass(frozen=True, slots=True)
class FirstSight:
    """The time at which an entry was first seen, and the event time given to it then.

    Both stay when the entry comes again. `old` is an entry without a date in the first look at its feed: nobody knows
    how long it has stood there.
    """

    seen: float
    created: float
    digest: str
    old: bool = False


def read_feed(body: bytes, headers: Mapping[str, str], feed: Feed) -> tuple[Entry, ...]:
    """Return the entries of a feed, in reverse order, because feeds list the newest first.

    Raises:
        NotAFeed: the bytes are not a feed.
    """
    known = {name: headers[name] for name in ("content-type", "content-language") if name in headers}
    try:
        read = feedparser.parse(
            io.BytesIO(body),
            response_headers=known | {"content-location": feed.address},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # feedparser raises whatever a broken address, encoding or number inside a feed leads to
        raise NotAFeed(f"It is too broken to be read: {error}.") from error
    if not read.entries and not read.get("version"):
        raise NotAFeed(WEB_PAGE if b"<html" in body[:HEAD].lower() else "It is neither RSS nor Atom.")
    publisher = feed.name or _plain(read.feed.get("title")) or urlsplit(feed.url).hostname or ""
    language = read.feed.get("language") or feed.language
    entries = [_entry(entry, feed, publisher, language) for entry in read.entries[:MOST_ENTRIES]]
    return tuple({entry.id: entry for entry in reversed(entries)}.values())


def _entry(entry: feedparser.FeedParserDict, feed: Feed, publisher: str, language: str) -> Entry:
    link = entry.get("link")
    title = _plain(entry.get("title"))
    text = _plain(entry.get("summary"))
    said = hashlib.sha256("\0".join((title, text, link or "")).encode(errors="replace")).hexdigest()[:16]
    return Entry(
        id=_id(entry.get("id"), link, said, feed),
        title=title,
        text="" if text == title else text,
        link=link if link and link.startswith(("http://", "https://")) else None,
        publisher=(_plain(entry.get("source", {}).get("title")) or publisher)[:LONGEST_AUTHOR],
        language=language[:35],
        published=_published(entry),
        digest=said,
    )


def _plain(html: object) -> str:
    return read_html(html).text if isinstance(html, str) else ""


def _id(given: object, link: str | None, said: str, feed: Feed) -> str:
    """Return the permanent id of an entry: its guid, else its link.

    An id that is not an address is unique only in its feed.
    """
    name = given if isinstance(given, str) and given else link or said
    if name.startswith(("http://", "https://")):
        name = _EDITION.sub("", name)
    if "://" not in name and not name.startswith(("urn:", "tag:")):
        name = f"{feed.key} {name}"
    return name if len(name) <= LONGEST_ID else hashlib.sha256(name.encode(errors="replace")).hexdigest()


def _published(entry: feedparser.FeedParserDict) -> datetime | None:
    # As a plain dict: feedparser's own look-up of one name falls back to the other name, with a deprecation warning.
    for name in ("published", "updated"):
        with suppress(ValueError, OverflowError, TypeError, OSError):
            if _HOURS.search(written := str(dict.get(entry, name, "")).strip()):
                return from_epoch(parsedate_to_datetime(_HOURS.sub(_offset, written)).timestamp())
            if (parts := dict.get(entry, f"{name}_parsed")) is not None:
                return from_epoch(calendar.timegm(parts))
    return None


def _offset(zone: re.Match[str]) -> str:
    sign, hours, minutes = zone.groups("00")
    return f"{sign}{int(hours):02}{minutes}"


def entry_to_post(entry: Entry, sight: FirstSight) -> Post | Rejected:
    """Return one entry as a post: its title and summary as text, its publisher as author."""

    def build() -> Post:
        if not entry.title and not entry.text:
            raise NotAPost("Not a post: it has neither a title nor a text.")
        created_at, seen_at = from_epoch(sight.created), from_epoch(sight.seen)
        return Post(
            source=SOURCE,
            id=entry.id,
            text=kept_text(entry.title, entry.text),
            created_at=created_at,
            url=entry.link,
            author=entry.publisher,
            langs=(entry.language,) if entry.language else (),
            links=(entry.link,) if entry.link else (),
            seen_at=seen_at,
            backfill=sight.old or is_backfill(created_at, seen_at),
            # An entry without a date has the time at which it was first seen.
            clock_replaced=sight.created == sight.seen,
        )

    return mapped(build, source=SOURCE, where=entry.id, raw=entry.title.encode(errors="replace"))
