"""The mapping of a Mastodon status to a post. This module is pure; streams and timelines send the same entity."""

from __future__ import annotations

import re
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec

from ingest.contract import Amount, Moment, Post, Rejected, raw_text
from ingest.event_time import is_backfill, is_to_come
from ingest.transport.html import HIDDEN, Anchor, read_html
from ingest.transport.mapping import each_once, kept_text

SOURCE = "mastodon"

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern="^[0-9A-Za-z_-]+$")]
"""The id of a status on one instance."""

Uri = Annotated[str, msgspec.Meta(max_length=2_048)]
"""The URI of a status, the same on every instance. Its length is bounded because thousands are kept in memory."""

LEFT_OUT = HIDDEN | {"quote-inline"}
"""Classes of elements that are not read. Servers add an element of the class `quote-inline`, with the address of the
quoted status, for clients that know no quotes."""

NAME = re.compile(r"[@#](?!\d+$)\S+")
"""The text of a link that a server makes from a mention or a hashtag."""


class Account(msgspec.Struct, frozen=True):
    """The author of a status. `acct` has no host for an account of the answering instance."""

    acct: str
    noindex: bool | None = None
    """Whether the author does not want to be found by search engines."""


class Tag(msgspec.Struct, frozen=True):
    """A hashtag, without its sign."""

    name: str


class Boosted(msgspec.Struct, frozen=True):
    """The original status of a boost."""

    uri: str
    content: str | None = None
    spoiler_text: str | None = None


class Quoted(msgspec.Struct, frozen=True):
    """A quoted status."""

    uri: str


class Quote(msgspec.Struct, frozen=True):
    """A quote: https://docs.joinmastodon.org/entities/Quote/.

    Mastodon leaves the quoted status out unless its author has accepted the quote. Fedibird, Iceshrimp and others send
    the quoted status itself as the quote.
    """

    quoted_status: Quoted | None = None
    uri: str | None = None


class Status(msgspec.Struct, frozen=True):
    """The fields that banwatch reads from a status: https://docs.joinmastodon.org/entities/Status/.

    Other servers with Mastodon's API omit fields or set them to null.
    """

    id: Number
    uri: Uri
    created_at: Moment
    account: Account
    content: str | None = None
    spoiler_text: str | None = None
    visibility: str | None = None
    url: str | None = None
    language: str | None = None
    edited_at: Moment | None = None
    in_reply_to_id: str | None = None
    reblog: Boosted | None = None
    quote: Quote | bool | None = None
    """The interface of Misskey's descendants allows a truth value here."""
    tags: tuple[Tag, ...] | None = None
    favourites_count: Amount | None = None
    replies_count: Amount | None = None
    reblogs_count: Amount | None = None

    @property
    def is_for_everyone(self) -> bool:
        """Whether the status is public and its author has not opted out of indexes."""
        return self.visibility in {"public", "unlisted", None} and not self.account.noindex

    @property
    def passed_on(self) -> str | None:
        """The URI of the status that this one boosts or quotes, or None."""
        if self.reblog is not None:
            return self.reblog.uri
        if not isinstance(self.quote, Quote):
            return None
        return self.quote.uri if self.quote.quoted_status is None else self.quote.quoted_status.uri


class NotAStatus(ValueError):
    """The payload is not a status; the message names the field."""


_decode = msgspec.json.Decoder(Status).decode


def read_status(raw: bytes) -> Status:
    """Return the status in the JSON.

    Raises:
        NotAStatus: the JSON is not a status.
    """
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAStatus(f"Not a status: {error}.") from error


def rejected(place: str, error: NotAStatus, raw: bytes) -> Rejected:
    """Return the record of an unreadable status, with its place."""
    return Rejected(source=SOURCE, where=place, reason=str(error), raw=raw_text(raw))


def to_post(status: Status, host: str, reply_to: str | None, seen_at: datetime) -> Post:
    """Return a status as a post. The post's id is the status's URI, which is the same on every instance.

    A content warning stands before the text, in brackets, because it names the subject of the post.
    """
    shown: Status | Boosted = status.reblog or status
    reading = read_html(shown.content or "", f"https://{host}/", hidden=LEFT_OUT, counts=_is_shared)
    warning = " ".join((shown.spoiler_text or "").split())
    return Post(
        source=SOURCE,
        id=status.uri[:512],
        text=kept_text(f"[{warning}]" if warning else None, reading.text),
        created_at=status.created_at.astimezone(UTC),
        url=status.url,
        author=status.account.acct if "@" in status.account.acct else f"{status.account.acct}@{host}",
        langs=(status.language,) if status.language else (),
        links=reading.links,
        hashtags=each_once(tag.name for tag in status.tags or ()),
        reply_to=reply_to,
        repost_of=status.passed_on,
        likes=status.favourites_count,
        replies=status.replies_count,
        reposts=status.reblogs_count,
        seen_at=seen_at,
        backfill=is_backfill(status.created_at, seen_at),
    )


def _is_shared(anchor: Anchor) -> bool:
    """Return whether the author gave the link, rather than a server that made it from a mention or a hashtag.

    Mastodon, Pleroma and most others mark what they make by a class. Misskey does not mark hashtags, but the text of
    such a link is the name alone. An address that an author wrote is shown as an address, whatever its path.
    """
    return anchor.classes.isdisjoint({"mention", "hashtag"}) and not NAME.fullmatch(anchor.text.strip())


def later(first: str | None, second: str | None) -> str | None:
    """Return the higher of two ids. Mastodon's ids are numbers.

    Elsewhere a longer id, or else a greater text, is later.
    """
    known = [each for each in (first, second) if each is not None]
    return max(known, key=_rank, default=None)


def _rank(number: str) -> tuple[int, str]:
    return len(number), number


def is_behind(number: str | None, bound: str) -> bool:
    """Return whether the id contains a time and is later than `bound`."""
    return number is not None and time_at(number) is not None and _rank(number) > _rank(bound)


def time_at(number: str | None) -> datetime | None:
    """Return the time in a status's id, or None if the id contains none."""
    if number is None or not _holds_time(number):
        return None
    with suppress(OverflowError, ValueError, OSError):
        return datetime.fromtimestamp((int(number) >> 16) / 1000, UTC)
    return None


def can_be_reached(number: str, now: datetime) -> bool:
    """Return whether a timeline can be read up to this id. An id of the far future would stop the reading for ever."""
    at = time_at(number)
    return not _holds_time(number) if at is None else not is_to_come(at, now)


def _holds_time(number: str) -> bool:
    return number.isdecimal() and int(number) >> 16 > 10**12


def rewound(position: str, by: timedelta) -> str:
    """Return an id that is earlier by `by`, or the same id if ids on this instance contain no time.

    Mastodon's ids are milliseconds since 1970 times 2^16. A status from another instance gets an id with its own time,
    so a late status stands before statuses that are already read: see `lib/mastodon/snowflake.rb` in Mastodon.
    """
    if not _holds_time(position):
        return position
    return str(int(position) - (round(by.total_seconds() * 1000) << 16))


def id_at(moment: datetime) -> str:
    """Return the lowest id of a moment."""
    return str(round(moment.timestamp() * 1000) << 16)


Key = TypeVar("Key")
Value = TypeVar("Value")


class Lately(OrderedDict[Key, Value]):
    """A dictionary of bounded size, which forgets the oldest entry first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def put(self, key: Key, value: Value) -> None:
        """Add an entry, or renew an existing one."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > self.most:
            self.popitem(last=False)
