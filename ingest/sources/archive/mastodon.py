"""Records of a Mastodon archive: statuses as the API returns them, and the outbox of an exported account.

The live source's mapping turns both into posts.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from ingest.contract import Moment, Post
from ingest.sources.mastodon.mapping import Account, Quote, Status, Tag, read_status, to_post

PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
"""The addressees that mean "everyone": https://www.w3.org/TR/activitypub/#public-addressing."""


class NoteTag(msgspec.Struct):
    """A hashtag, a mention or an emoji of a note."""

    type: str = ""
    name: str = ""


class ActivityNote(msgspec.Struct):
    """The fields that banwatch reads from an ActivityPub object with a text."""

    id: str
    published: Moment | None = None
    attributedTo: str = ""  # noqa: N815 - the protocol's name
    type: str = ""
    content: str | None = None
    contentMap: dict[str, str | None] | None = None  # noqa: N815 - the protocol's name
    summary: str | None = None
    url: object = None
    inReplyTo: object = None  # noqa: N815 - the protocol's name
    quote: object = None
    tag: list[NoteTag] | NoteTag | None = None
    to: list[str] | str | None = None
    cc: list[str] | str | None = None


class Activity(msgspec.Struct):
    """One entry of an outbox: a note that the account wrote, or the address of a status that the account boosted."""

    object: msgspec.Raw
    type: str = ""
    published: Moment | None = None


_read_activity = msgspec.json.Decoder(Activity).decode
_read_note = msgspec.json.Decoder(ActivityNote).decode


def status_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post of a status, as the API returns it. A status that is not public gives no post."""
    status = read_status(line)
    reply_to = None
    # The id belongs to the instance that answered. An account without `@` is local, so author and id share an instance.
    if status.in_reply_to_id and "@" not in status.account.acct:
        reply_to = f"{_host(status.uri)}/{status.in_reply_to_id}"
    yield from _posts(status, reply_to)


def activity_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post of an outbox activity. A boost carries no text in an outbox, so a boost gives no post."""
    activity = _read_activity(line)
    if activity.type == "Create" and bytes(activity.object).startswith(b"{"):
        yield from _note_to_posts(_read_note(activity.object), activity.published)


def note_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post of a note that stands outside an activity."""
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
        quote=Quote(uri=note.quote) if isinstance(note.quote, str) else None,
        tags=tuple(Tag(mark.name.removeprefix("#")) for mark in marks if mark.type == "Hashtag"),
    )
    yield from _posts(status, note.inReplyTo if isinstance(note.inReplyTo, str) else None)


def _posts(status: Status, reply_to: str | None) -> Iterator[Post]:
    if status.is_for_everyone:
        post = to_post(status, _host(status.uri), reply_to, status.created_at)
        # An archive does not record when a reader saw the status.
        yield msgspec.structs.replace(post, seen_at=None)


def _account(note: ActivityNote) -> str:
    """Return `name@host`, the live source's form of an account, from the address `https://host/users/name`."""
    name = urlsplit(note.attributedTo).path.rstrip("/").rpartition("/")[2].removeprefix("@")
    return f"{name}@{_host(note.attributedTo)}"


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _each(given: list[str] | str | None) -> list[str]:
    return [given] if isinstance(given, str) else given or []
