"""The two wire formats of Jetstream: the address of a connection, and the contents of a frame. This module is pure.

v1 is `/subscribe`: one JSON object for each event, with a cursor in microseconds. v2 is the subscription
`network.bsky.jetstream.subscribeEvents`: an envelope, with a sequence number of that one server as cursor. Source:
github.com/bluesky-social/jetstream, docs/README.md and lexicons/network/bsky/jetstream.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

import msgspec

Wire = Literal["v2", "v1"]

POSTS = "app.bsky.feed.post"
V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"
V1_PATH = "/subscribe"
DICTIONARY_PATH = "/xrpc/network.bsky.jetstream.getZstdDictionary"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


NOTHING = msgspec.Raw(b"")


class NotAFrame(ValueError):
    """The frame is invalid; the message is one sentence."""


class DamagedFrame(Exception):
    """A frame with which the server ends the stream: the name of the error and its message."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")


class JetstreamEvent(msgspec.Struct, frozen=True):
    """One event of the network.

    `time` is the server's time of the event; `seq` is that server's own number, in v2 only.

    `kind` is commit, identity, account or sync. A commit has `operation`, `collection`, `rkey` and `record` (its JSON).
    An account event has `active` and `status`.
    """

    did: str
    time: datetime
    kind: str
    seq: int | None = None
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = NOTHING
    active: bool = True
    status: str = ""


class _Commit(msgspec.Struct):
    operation: str
    collection: str
    rkey: str
    record: msgspec.Raw = NOTHING


class _Account(msgspec.Struct):
    active: bool
    status: str | None = None


class _V1Frame(msgspec.Struct):
    did: str
    time_us: int
    kind: str
    commit: _Commit | None = None
    account: _Account | None = None


class _V2Payload(msgspec.Struct):
    type: str = msgspec.field(name="$type", default="")
    seq: int | None = None
    did: str = ""
    time: str = ""
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = NOTHING
    account: _Account | None = None


class _V2Frame(msgspec.Struct):
    type: str = msgspec.field(name="$type", default="")
    payload: _V2Payload | None = None
    error: str = ""
    message: str = ""


_decode_v1 = msgspec.json.Decoder(_V1Frame).decode
_decode_v2 = msgspec.json.Decoder(_V2Frame).decode


def microseconds(moment: datetime) -> int:
    """Return the microseconds since the epoch: a cursor that every server understands."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """Return the time of a cursor in microseconds since the epoch.

    Raises:
        OverflowError: the time is beyond the range of a datetime.
    """
    return EPOCH + timedelta(microseconds=microseconds)


def address(base_url: str, wire: Wire, cursor: int | None, dictionary: int | None) -> str:
    """Return the address of a stream. On v1 the client has its own dictionary, so any number requests compression."""
    query: list[tuple[str, object]] = []
    if wire == "v2":
        query += [("kinds", "commit"), ("kinds", "account"), ("collections", POSTS)]
        query += [] if dictionary is None else [("zstdDictionary", dictionary)]
    else:
        query += [("wantedCollections", POSTS)]
        query += [] if dictionary is None else [("compress", "true")]
    query += [] if cursor is None else [("cursor", cursor)]
    return f"{base_url.rstrip('/')}{V2_PATH if wire == 'v2' else V1_PATH}?{urlencode(query)}"


def read_frame(frame: bytes, wire: Wire) -> JetstreamEvent | None:
    """Return the event in one frame, or None for an advisory frame without an event.

    Raises:
        NotAFrame: the frame is invalid.
        DamagedFrame: the server ends the stream with an error.
    """
    try:
        return _read_v2(frame) if wire == "v2" else _read_v1(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
        raise NotAFrame(f"Not a frame of Jetstream {wire}: {error}.") from error


def _read_v1(frame: bytes) -> JetstreamEvent:
    read = _decode_v1(frame)
    commit, account = read.commit or _NO_COMMIT, read.account or _ACTIVE
    return JetstreamEvent(
        read.did,
        _possible(moment(read.time_us)),
        read.kind,
        None,
        commit.operation,
        commit.collection,
        commit.rkey,
        commit.record,
        account.active,
        account.status or "",
    )


def _read_v2(frame: bytes) -> JetstreamEvent | None:
    envelope = _decode_v2(frame)
    if envelope.type == "error":
        raise DamagedFrame(envelope.error, envelope.message)
    read = envelope.payload
    if read is None or not read.type:
        raise NotAFrame(f"A frame of Jetstream v2 of the type {envelope.type[:40]!r} without a typed payload.")
    kind = read.type.rpartition("#")[2]
    if kind == "info":
        return None
    account = read.account or _ACTIVE
    return JetstreamEvent(
        read.did,
        _possible(datetime.fromisoformat(read.time)),
        kind,
        read.seq,
        read.operation,
        read.collection,
        read.rkey,
        read.record,
        account.active,
        account.status or "",
    )


def _possible(time: datetime) -> datetime:
    """Return a server's time if it has a zone and can be compared."""
    if time.tzinfo is None or time < EPOCH:
        raise ValueError(f"the time {time.isoformat()} has no zone or is before 1970")
    return time


_NO_COMMIT = _Commit("", "", "")
_ACTIVE = _Account(active=True)
