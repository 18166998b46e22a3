"""The mapping of a Weibo post, in snscrape's form. This module is pure."""

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
"""The epoch of the time in a post's number, in seconds since 1970: `(number >> 22) + NUMBERS_SINCE` is its time."""

EXACT = "%a %b %d %H:%M:%S %z %Y"


class User(msgspec.Struct, frozen=True):
    """The author of a post."""

    uid: int


class Quoted(msgspec.Struct, frozen=True):
    """The original post of a repost."""

    id: str
    text: str = ""


class ScrapedPost(msgspec.Struct, frozen=True, rename="camel"):
    """The fields that banwatch reads from a post."""

    id: str
    url: str
    text: str
    created_at: str
    user: User | None = None
    link: str | None = None
    likes_count: Amount | None = None
    reposts_count: Amount | None = None
    reposted_post: Quoted | None = None
    pinned: bool = False

    @property
    def number(self) -> int:
        """The id as a number. A later post has a higher number."""
        return int(self.id)


def read_found(raw: bytes, now: datetime) -> ScrapedPost | Rejected:
    """Return one post, or a rejected record with the reason. A wrong high number would hide every later post."""
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
    """Return the time of posting. Weibo may show "five minutes ago"; the number then gives the time, to the second."""
    with suppress(ValueError):
        return datetime.strptime(found.created_at, EXACT).astimezone(UTC)
    return numbered_at(found)


def numbered_at(found: ScrapedPost) -> datetime:
    """Return the time in the post's number.

    Raises:
        ValueError, OverflowError, OSError: the id is not a number, or its time is impossible.
    """
    return datetime.fromtimestamp((found.number >> 22) + NUMBERS_SINCE, UTC)


def to_post(found: ScrapedPost, seen_at: datetime) -> Post:
    """Return a post. A repost has the texts of both posts, the newer first, and refers to the original.

    Weibo's texts are HTML. snscrape removes the tags and leaves the entities.
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
