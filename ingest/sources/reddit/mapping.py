"""The mapping of a submission or comment of Reddit to a post, and the check whether it is deleted.

This module is pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

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

    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-z]+$")]
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
    def author(self) -> str | None:
        """The author's name, or None once the author has deleted the account."""
        return None if self.data.author in DELETED_TEXTS else self.data.author

    @property
    def version(self) -> tuple[object, ...]:
        """A value that changes with an edit, a deletion, and the deletion of the author's account."""
        return self.data.edited, self.author, self.is_gone

    @property
    def is_as_posted(self) -> bool:
        """Whether the thing shows no sign of a later version."""
        return not self.data.edited and self.author is not None and not self.is_gone

    @property
    def made(self) -> int:
        """The time of posting in whole seconds since 1970, as Reddit gives it."""
        return int(self.data.created_utc)

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
        _ = thing.made_at
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
        author=thing.author,
        links=each_once(link.rstrip(".,;:!?") for link in found if link.startswith("http")),
        reply_to=data.parent_id if thing.kind == COMMENT else None,
        repost_of=data.crosspost_parent,
        likes=amount(data.score),
        replies=amount(data.num_comments),
        seen_at=seen_at,
        backfill=is_backfill(thing.made_at, seen_at),
    )
