"""Statuses of Mastodon as its API answers them, and the outbox of an exported account: by the live source's mapping."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from ingest.contract import Moment, Post
from ingest.sources.mastodon.mapping import Account, Status, Tag, read_status, to_post

PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
"""The addressee that is everyone: https://www.w3.org/TR/activitypub/#public-addressing."""


class NoteTag(msgspec.Struct):
    """A hashtag, a mention or an emoji of a note."""

    type: str = ""
    name: str = ""


class ActivityNote(msgspec.Struct):
    """What is read of an object of ActivityPub that has a text."""

    id: str
    published: Moment | None = None
    attributedTo: str = ""  # noqa: N815 - the protocol's name
    type: str = ""
    content: str | None = None
    contentMap: dict[str, str | None] | None = None  # noqa: N815 - the protocol's name
    summary: str | None = None
    url: object = None
    inReplyTo: object = None  # noqa: N815 - the protocol's name
    tag: list[NoteTag] | NoteTag | None = None
    to: list[str] | str | None = None
    cc: list[str] | str | None = None


class Activity(msgspec.Struct):
    """An entry of an outbox: a note that was made, or a status that was passed on, by its address alone."""

    object: msgspec.Raw
    type: str = ""
    published: Moment | None = None


_read_activity = msgspec.json.Decoder(Activity).decode
_read_note = msgspec.json.Decoder(ActivityNote).decode


def status_to_posts(line: bytes) -> Iterator[Post]:
    """A status as the API answers it. One that is not for everyone is left out, as by the live source."""
    status = read_status(line)
    reply_to = None
    # The number is the instance's whose answer it is, which is the author's own where the account names no other.
    if status.in_reply_to_id and "@" not in status.account.acct:
        reply_to = f"{_host(status.uri)}/{status.in_reply_to_id}"
    yield from _posts(status, reply_to)


def activity_to_posts(line: bytes) -> Iterator[Post]:
    """An activity of an outbox, or a note by itself. What is passed on has no text there, hence is no post."""
    activity = _read_activity(line)
    if activity.type == "Create" and bytes(activity.object).startswith(b"{"):
        yield from _note_to_posts(_read_note(activity.object), activity.published)


def note_to_posts(line: bytes) -> Iterator[Post]:
    """A note by itself."""
    yield from _note_to_posts(_read_note(line), None)


def _note_to_posts(note: ActivityNote, published: Moment | None) -> Iterator[Post]:
    made = note.published or published
    if made is None:
        raise ValueError("the note has no time: `published` is missing")
    marks = note.tag if isinstance(note.tag, list) else [note.tag] if note.tag else []
    status = Status(
        id=note.id,
        uri=note.id,
        created_at=made,
        account=Account(_account(note)),
        content=note.content,
        spoiler_text=note.summary,
        visibility="public" if PUBLIC & {*_each(note.to), *_each(note.cc)} else "private",
        url=note.url if isinstance(note.url, str) else note.id,
        language=next(iter(note.contentMap or ()), None),
        tags=tuple(Tag(mark.name.removeprefix("#")) for mark in marks if mark.type == "Hashtag"),
    )
    yield from _posts(status, note.inReplyTo if isinstance(note.inReplyTo, str) else None)


def _posts(status: Status, reply_to: str | None) -> Iterator[Post]:
    if status.is_for_everyone:
        post = to_post(status, _host(status.uri), reply_to, status.created_at)
        # When somebody saw it, no archive tells.
        yield msgspec.structs.replace(post, seen_at=None)


def _account(note: ActivityNote) -> str:
    """`name@host`, as the live source calls an account, of its address: `https://host/users/name`."""
    name = urlsplit(note.attributedTo).path.rstrip("/").rpartition("/")[2].removeprefix("@")
    return f"{name}@{_host(note.attributedTo)}"


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _each(given: list[str] | str | None) -> list[str]:
    return [given] if isinstance(given, str) else given or []
