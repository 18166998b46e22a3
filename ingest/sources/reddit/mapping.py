"""The mapping of a submission or comment of Reddit to a post, and the check whether it is deleted.

This module is pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from ingest.contract import Post, Rejected, raw_text
from ingest.event_time import is_backfill
from ingest.transport.mapping import amount, each_once, kept_text

SOURCE = "reddit"
COMMENT, SUBMISSION = "t1", "t3"

DELETED_TEXTS = frozenset({"[deleted]", "[removed]", "[ Removed by Reddit ]"})
SITE = "https://www.reddit.com"
LINK = re.compile(r"https?://[^\s)\]>\"'*]+")


class Listing(msgspec.Struct, frozen=True):
    """A listing of one kind of thing, newest first. `key` names it in a cursor, `label` for a person."""

    key: str
    label: str
    path: str
    params: dict[str, str | int]


class Data(msgspec.Struct, frozen=True):
    """The fields that banwatch reads from a thing: https://github.com/reddit-archive/reddit/wiki/JSON."""

    id: str
    created_utc: float
    author: str | None = None
    title: str | None = None
    selftext: str | None = None
    body: str | None = None
    url: str | None = None
    is_self: bool = False
    permalink: str | None = None
    score: int | None = None
    num_comments: int | None = None
    parent_id: str | None = None
    crosspost_parent: str | None = None
    removed_by_category: str | None = None
    edited: bool | float = False


class Thing(msgspec.Struct, frozen=True):
    """A submission (`t3`) or a comment (`t1`)."""

    kind: str
    data: Data

    @property
    def name(self) -> str:
        """The full name, which is unique among all of Reddit's things."""
        return f"{self.kind}_{self.data.id}"

    @property
    def number(self) -> int:
        """The id as a number. A later thing of the same kind has a higher number."""
        return int(self.data.id, 36)

    @property
    def version(self) -> str:
        """A text that changes with each edit."""
        return str(self.data.edited)

    @property
    def made_at(self) -> datetime:
        """The time of posting."""
        return datetime.fromtimestamp(self.data.created_utc, UTC)

    @property
    def is_gone(self) -> bool:
        """Whether the author deleted the thing, or a moderator or Reddit removed it."""
        content = self.data.body if self.kind == COMMENT else self.data.selftext
        return (content or "").strip() in DELETED_TEXTS or self.data.removed_by_category is not None


def read_thing(raw: object) -> Thing | Rejected:
    """Return one entry of a listing, or a rejected record with the reason."""
    try:
        thing = msgspec.convert(raw, Thing, strict=False)
        if thing.kind not in {COMMENT, SUBMISSION}:
            return _rejected(raw, f"A thing of kind {thing.kind!r} is neither a submission nor a comment.")
        _ = (thing.number, thing.made_at)
    except (msgspec.ValidationError, ValueError, OverflowError, OSError, RecursionError) as error:
        return _rejected(raw, f"Not a thing of Reddit: {error}.")
    return thing


def _rejected(raw: object, reason: str) -> Rejected:
    data = raw.get("data") if isinstance(raw, dict) else None
    where = data.get("permalink") if isinstance(data, dict) else None
    place = f"{SITE}{where}" if isinstance(where, str) else "a listing of Reddit"
    return Rejected(source=SOURCE, where=place, reason=reason, raw=raw_text(repr(raw)))


def to_post(thing: Thing, seen_at: datetime) -> Post:
    """Return a thing as a post. A submission's text is its title and its body; a comment's text is its body."""
    data = thing.data
    text = kept_text(data.body) if thing.kind == COMMENT else kept_text(data.title, data.selftext)
    found = [data.url, *LINK.findall(text)] if data.url and not data.is_self else LINK.findall(text)
    return Post(
        source=SOURCE,
        id=thing.name,
        text=text,
        created_at=thing.made_at,
        url=f"{SITE}{data.permalink}" if data.permalink else None,
        author=None if data.author in DELETED_TEXTS else data.author,
        links=each_once(link.rstrip(".,;:!?") for link in found if link.startswith("http")),
        reply_to=data.parent_id if thing.kind == COMMENT else None,
        repost_of=data.crosspost_parent,
        likes=amount(data.score),
        replies=amount(data.num_comments),
        seen_at=seen_at,
        backfill=is_backfill(thing.made_at, seen_at),
    )
