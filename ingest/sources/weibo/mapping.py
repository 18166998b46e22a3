"""A post of Weibo, as snscrape tells it: pure."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from html import unescape

import msgspec

from ingest.contract import Amount, Post, Rejected, raw_text
from ingest.event_time import is_backfill, is_to_come
from ingest.transport.mapping import kept_text

SOURCE = "weibo"

NUMBERS_SINCE = 515_483_463
"""Seconds from 1970 to the zero of a post's number: `(number >> 22) + NUMBERS_SINCE` is when it was made."""

EXACT = "%a %b %d %H:%M:%S %z %Y"


class User(msgspec.Struct, frozen=True):
    """Who wrote a post."""

    uid: int


class Quoted(msgspec.Struct, frozen=True):
    """The post that a repost passes on."""

    id: str
    text: str = ""


class ScrapedPost(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a post."""

    id: str
    url: str
    text: str
    created_at: str
    user: User | None = None
    link: str | None = None
    likes_count: Amount | None = None
    reposts_count: Amount | None = None
    reposted_post: Quoted | None = None

    @property
    def number(self) -> int:
        """Its number: a later post has a higher one."""
        return int(self.id)


def read_found(raw: bytes, now: datetime) -> ScrapedPost | Rejected:
    """One post, or why it is none. One wrong number would hide all that come behind it."""
    try:
        found = msgspec.json.decode(raw, type=ScrapedPost, strict=False)
        _, numbered = made_at(found), numbered_at(found)
    except (msgspec.DecodeError, ValueError, OverflowError, OSError) as error:
        return _rejected(raw, f"Not a post: {error}.")
    if is_to_come(numbered, now):
        return _rejected(raw, f"Not a post: its number {found.id[:30]} is of a time to come.")
    return found


def _rejected(raw: bytes, reason: str) -> Rejected:
    return Rejected(source=SOURCE, where="a timeline of m.weibo.cn", reason=reason, raw=raw_text(raw))


def made_at(found: ScrapedPost) -> datetime:
    """When it was posted. What Weibo shows may be "five minutes ago"; the number always holds it, to the second."""
    with suppress(ValueError):
        return datetime.strptime(found.created_at, EXACT).astimezone(UTC)
    return numbered_at(found)


def numbered_at(found: ScrapedPost) -> datetime:
    """When it was made by its number.

    Raises:
        ValueError, OverflowError, OSError: it has none, or one of no time.
    """
    return datetime.fromtimestamp((found.number >> 22) + NUMBERS_SINCE, UTC)


def to_post(found: ScrapedPost, seen_at: datetime) -> Post:
    """A post; a repost carries the words of both, the newer ones first, and names what it passes on.

    Weibo's texts are HTML, of which snscrape takes the tags away and leaves the entities.
    """
    quoted = found.reposted_post
    made = made_at(found)
    return Post(
        source=SOURCE,
        id=found.id,
        text=kept_text(unescape(found.text), unescape(quoted.text) if quoted else None),
        created_at=made,
        url=found.url,
        author=None if found.user is None else str(found.user.uid),
        langs=(),
        links=(found.link,) if found.link else (),
        likes=found.likes_count,
        reposts=found.reposts_count,
        repost_of=quoted.id if quoted else None,
        seen_at=seen_at,
        backfill=is_backfill(made, seen_at),
    )
