"""The mapping of a Bluesky event to a post, a deletion, a rejected record or nothing. This module is pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from ingest.contract import Post, Rejected, raw_text
from ingest.event_time import EventTime, can_be_right, is_backfill
from ingest.sources.bluesky.frames import NOTHING, POSTS, JetstreamEvent, microseconds, moment
from ingest.transport.mapping import deletion, each_once

NAME = "bluesky"

TECHNICAL = frozenset({"desynchronized", "throttled", "host-throttled"})
"""Statuses of an inactive account that withdraw nothing. With any other status, or none, its posts must not be shown.
They are removed at once and for good; their counts stay. A restored account does not send its posts again, but keeping
withdrawn texts would be worse than losing them."""

TID_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
TID_LENGTH = 13
_DIGITS = {letter: digit for digit, letter in enumerate(TID_LETTERS)}


class _Ref(msgspec.Struct):
    uri: str


class _Reply(msgspec.Struct):
    parent: _Ref


class _Record(msgspec.Struct):
    text: str
    createdAt: object = None  # noqa: N815 - the network's name
    langs: list[str] | None = None
    tags: list[str] | None = None
    reply: _Reply | None = None
    facets: msgspec.Raw = NOTHING
    embed: msgspec.Raw = NOTHING


class _Feature(msgspec.Struct):
    uri: str = ""
    tag: str = ""


class _Facet(msgspec.Struct):
    features: list[_Feature] = []


class _External(msgspec.Struct):
    uri: str = ""


class _Quoted(msgspec.Struct):
    uri: str = ""
    record: _Ref | None = None


class _Media(msgspec.Struct):
    external: _External | None = None


class _Embed(msgspec.Struct):
    external: _External | None = None
    record: _Quoted | None = None
    media: _Media | None = None


Attached = TypeVar("Attached")

_decode_record = msgspec.json.Decoder(_Record).decode
_decode_facets = msgspec.json.Decoder(list[_Facet]).decode
_decode_embed = msgspec.json.Decoder(_Embed).decode


def to_found(event: JetstreamEvent, where: str) -> Post | Rejected | None:
    """Return the meaning of an event, or None for an event without one.

    `where` names the server in a rejected record.
    """
    if event.kind == "account":
        return None if event.active or event.status in TECHNICAL else _author_gone(event)
    if event.kind != "commit" or event.collection != POSTS:
        return None
    uri = f"at://{event.did}/{POSTS}/{event.rkey}"
    if event.operation == "delete":
        return deletion(NAME, uri, event.time, event.time)
    try:
        return _post(event, uri, _decode_record(event.record))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = f"Not a record of {POSTS}: {error}."
        return Rejected(
            source=NAME, where=f"{where} {uri}", reason=reason, raw=raw_text(bytes(event.record)), seen_at=event.time
        )


def _author_gone(event: JetstreamEvent) -> Post:
    name = f"{event.did}/account/{microseconds(event.time)}"
    return Post(
        source=NAME,
        id=name,
        text="",
        created_at=event.time,
        op="delete_author",
        author=event.did,
        seen_at=event.time,
    )


def _post(event: JetstreamEvent, uri: str, record: _Record) -> Post:
    embed = _if_known(_decode_embed, record.embed, _Embed())
    facets = _if_known(_decode_facets, record.facets, list[_Facet]())
    features = [feature for facet in facets for feature in facet.features]
    shared = [each.external.uri for each in (embed, embed.media) if each is not None and each.external is not None]
    time = created_at(record.createdAt, event)
    return Post(
        source=NAME,
        id=uri,
        text=record.text,
        created_at=time.at,
        url=f"https://bsky.app/profile/{event.did}/post/{event.rkey}",
        author=event.did,
        langs=tuple(record.langs or ()),
        links=each_once([*(feature.uri for feature in features), *shared]),
        hashtags=each_once(tag.lstrip("#") for tag in [*(feature.tag for feature in features), *(record.tags or ())]),
        reply_to=None if record.reply is None else record.reply.parent.uri,
        repost_of=_quoted(embed),
        seen_at=event.time,
        # A server that has lost the thread of an account sends all of its posts again.
        backfill=is_backfill(time.at, event.time),
        clock_replaced=time.replaced,
    )


def _quoted(embed: _Embed) -> str | None:
    """Return the address of the post that this one quotes, or None."""
    if embed.record is None:
        return None
    uri = embed.record.uri or (embed.record.record.uri if embed.record.record is not None else "")
    return uri if f"/{POSTS}/" in uri else None


def _if_known(decode: Callable[[msgspec.Raw], Attached], raw: msgspec.Raw, nothing: Attached) -> Attached:
    """Return a decoded part of a record, or `nothing` if it is absent or a client wrote it in a format of its own."""
    try:
        return decode(raw) if raw else nothing
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return nothing


def created_at(written: object, event: JetstreamEvent) -> EventTime:
    """Return the author's clock if it is possible, else the time in the record's key, else the server's clock.

    The key comes second because it is the same on every server: a post keeps its time when another server delivers it
    again.
    """
    for candidate, replaced in ((_parsed(written), False), (tid_time(event.rkey), True)):
        if candidate is not None and can_be_right(candidate, event.time):
            return EventTime(candidate, replaced)
    return EventTime(event.time, replaced=True)


def _parsed(written: object) -> datetime | None:
    if not isinstance(written, str):
        return None
    try:
        parsed = datetime.fromisoformat(written)
        return parsed.astimezone(UTC) if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def tid_time(rkey: str) -> datetime | None:
    """Return the time of a timestamp identifier, or None if the text is not one.

    An identifier has thirteen letters of base 32 for 64 bits. After the first bit, 53 bits are microseconds since the
    epoch: https://atproto.com/specs/tid.
    """
    if len(rkey) != TID_LENGTH or not all(letter in _DIGITS for letter in rkey):
        return None
    value = 0
    for letter in rkey:
        value = value * 32 + _DIGITS[letter]
    try:
        return moment((value & (2**63 - 1)) >> 10)
    except OverflowError:
        return None
