"""Pure decisions about a page of a public Telegram channel: posts, edits, deletions and broken channels."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import msgspec

from ingest.contract import LONGEST_TEXT, Moment, Post, Rejected, raw_text
from ingest.event_time import is_backfill
from ingest.transport.mapping import deletion, each_once
from ingest.transport.snscrape.process import NotJson, ScrapedPage

SOURCE = "telegram"
LARGEST_JUMP = 1_000_000
"""The most by which a channel's newest number may rise between two pages. A wrong number would hide posts below it."""

MOST_RECENT = 40
"""The number of a channel's posts that are remembered to find edits and deletions. A page holds twenty posts."""


class Trouble(StrEnum):
    """The reasons why a channel cannot be read. The user sees them as sentences."""

    NO_PREVIEW = "The channel shows no public preview: its owner has turned it off, so that only members can read it."
    A_GROUP = "This is a group, and t.me shows posts of channels only."
    NO_CHANNEL = "There is no public channel of this name: it is private, gone, renamed, or a person's."
    LAYOUT = "The page is none that snscrape knows: t.me has changed its layout, or sends something else instead."
    ANOTHER = "The page shows another channel's posts: the channel may have a new name, which has to be set instead."
    EMPTY = "The page shows no post, although the channel had some: all are gone, or the page is not whole."
    TOO_FAR = "The newest number on the page is a million ahead of what was read: that is not believed."


Kept = tuple[Moment, str]
"""A remembered post: its time and the fingerprint of its content."""

Number = Annotated[str, msgspec.Meta(pattern=r"^\d{1,18}$")]


class Channel(msgspec.Struct, frozen=True):
    """The position in a channel: every post up to `read_to` has been sent."""

    read_to: int | None = None
    name: str = ""
    """The channel's name in Telegram's spelling."""
    recent: dict[Number, Kept] = {}


class ScrapedMessage(msgspec.Struct, frozen=True):
    """One post, in the form of the snscrape program."""

    channel: str
    id: int
    date: Moment
    content: str | None
    outlinks: list[str]
    preview: str | None = None
    reply_to: str | None = None
    forwarded: str | None = None


class MessageView(msgspec.Struct, frozen=True):
    """The contents of a page.

    `entries` maps a number to its post, oldest first; `others` holds the numbers of other items.
    """

    entries: dict[int, ScrapedMessage | Rejected] = {}
    others: frozenset[int] = frozenset()

    @property
    def posts(self) -> list[ScrapedMessage]:
        """The posts among the entries."""
        return [each for each in self.entries.values() if isinstance(each, ScrapedMessage)]

    @property
    def numbers(self) -> set[int]:
        """All numbers on the page."""
        return {*self.entries, *self.others}

    def joined(self, newer: MessageView) -> MessageView:
        """Return this page and a newer page as one."""
        return MessageView(self.entries | newer.entries, self.others | newer.others)


_decode = msgspec.json.Decoder(ScrapedMessage).decode


class _Numbered(msgspec.Struct):
    id: int


def view(page: ScrapedPage, name: str) -> MessageView:
    """Return the contents of a page. An unreadable item becomes a rejected record with the reason.

    Raises:
        NotJson: an item has no number.
    """
    entries: dict[int, ScrapedMessage | Rejected] = {
        each.id: _rejected(name, each.id, each.reason, each.raw) for each in page.unreadable
    }
    if 0 in entries:
        raise NotJson(f"on the page of {name} {page.unreadable[0].reason}")
    entries |= dict(_entry(raw, name) for raw in page.items)
    return MessageView({number: entries[number] for number in sorted(entries)}, frozenset(page.others))


def _entry(raw: msgspec.Raw, name: str) -> tuple[int, ScrapedMessage | Rejected]:
    try:
        found = _decode(raw)
    except msgspec.ValidationError as error:
        try:
            number = msgspec.json.decode(raw, type=_Numbered).id
        except msgspec.ValidationError as unnumbered:
            raise NotJson(f"a post on the page of {name} has no number: {unnumbered}") from unnumbered
        return number, _rejected(name, number, f"snscrape gave no post: {error}", bytes(raw))
    return found.id, found


def _rejected(name: str, number: int, reason: str, raw: bytes | str) -> Rejected:
    return Rejected(source=SOURCE, where=f"https://t.me/{name}/{number}", reason=reason, raw=raw_text(raw))


def trouble(page: ScrapedPage, seen: MessageView, name: str) -> Trouble | None:
    """Return the reason why a page of a channel cannot be read, or None. An empty channel gives None too."""
    if not page.marks.preview:
        if "subscriber" in page.marks.extra:
            return Trouble.NO_PREVIEW
        return Trouble.A_GROUP if "member" in page.marks.extra else Trouble.NO_CHANNEL
    if not page.marks.history or (page.unreadable and not seen.posts):
        return Trouble.LAYOUT
    return Trouble.ANOTHER if any(shown.lower() != name.lower() for shown in page.marks.names) else None


def contradiction(known: Channel, seen: MessageView) -> Trouble | None:
    """Return the reason why the newest page contradicts the earlier pages of the channel, or None."""
    if known.read_to is None:
        return None
    if not seen.numbers:
        return Trouble.EMPTY
    return Trouble.TOO_FAR if max(seen.numbers) - known.read_to > LARGEST_JUMP else None


def to_post(found: ScrapedMessage, seen_at: datetime) -> Post:
    """Return a post of a channel. The number of views is left out because the contract has no field for it."""
    return Post(
        source=SOURCE,
        id=f"{found.channel}/{found.id}",
        text=_tidy(found.content or ""),
        created_at=found.date,
        url=f"https://t.me/{found.channel}/{found.id}",
        author=found.channel,
        links=each_once(link for link in [*found.outlinks, found.preview] if link and not _within(link, found)),
        hashtags=each_once(map(_hashtag, found.outlinks)),
        reply_to=found.reply_to,
        repost_of=found.forwarded,
        seen_at=seen_at,
        backfill=is_backfill(found.date, seen_at),
    )


def to_delete(channel: Channel, number: int, seen_at: datetime) -> Post:
    """Return the deletion of a post."""
    made, _ = channel.recent[str(number)]
    return deletion(SOURCE, f"{channel.name}/{number}", made, seen_at)


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())[:LONGEST_TEXT]


def _hashtag(link: str) -> str | None:
    parts = urlsplit(link)
    words = parse_qs(parts.query).get("q", [""]) if parts.netloc == "t.me" else [""]
    return words[0].removeprefix("#") if words[0].startswith("#") else None


def _within(link: str, found: ScrapedMessage) -> bool:
    """Return whether a link only leads to a place in Telegram.

    Such places are a hashtag's search, and the message replied to or forwarded.
    """
    if _hashtag(link):
        return True
    place = re.fullmatch(r"https://t\.me/(?:s/)?(\w+/\d+)(?:\?.*)?", link)
    return place is not None and place[1] in {found.reply_to, found.forwarded}


def fingerprint(found: ScrapedMessage) -> str:
    """Return a hash of a post's content, which changes with an edit."""
    content = msgspec.json.encode([_tidy(found.content or ""), found.outlinks])
    return hashlib.blake2b(content, digest_size=6).hexdigest()


def edited(channel: Channel, seen: MessageView) -> list[ScrapedMessage]:
    """Return the posts whose content has changed since they were last read."""
    known = channel.recent
    return [post for post in seen.posts if str(post.id) in known and known[str(post.id)][1] != fingerprint(post)]


def missing(channel: Channel, seen: MessageView) -> list[int]:
    """Return the known posts that the newest page should show and does not show.

    A second page decides if they are deleted.
    """
    lowest = min(seen.numbers)
    return [number for number in sorted(map(int, channel.recent)) if number >= lowest and number not in seen.numbers]


def advanced(channel: Channel, read_to: int) -> Channel:
    """Return the channel with every post up to a number sent."""
    return Channel(max(channel.read_to or 0, read_to), channel.name, channel.recent)


def remember(channel: Channel, posts: list[ScrapedMessage]) -> Channel:
    """Return the channel with these posts remembered."""
    kept = {str(post.id): (post.date, fingerprint(post)) for post in posts[-MOST_RECENT:]}
    recent = channel.recent | kept
    newest = sorted(recent, key=int)[-MOST_RECENT:]
    name = posts[-1].channel if posts else channel.name
    return Channel(channel.read_to, name, {number: recent[number] for number in newest})


def forget(channel: Channel, number: int) -> Channel:
    """Return the channel without a deleted post."""
    recent = {key: kept for key, kept in channel.recent.items() if key != str(number)}
    return Channel(channel.read_to, channel.name, recent)
