"""Mapping of Hacker News items to posts: pure functions, one for each of its two interfaces."""

from __future__ import annotations

from datetime import datetime
from html import unescape

import msgspec

from ingest.contract import Amount, Post, Rejected
from ingest.transport.html import HtmlText, read_html
from ingest.transport.mapping import amount, deletion, each_once, from_epoch, kept_text, mapped

SOURCE = "hackernews"
PAGE = "https://news.ycombinator.com/item?id="
_POSTS = frozenset({"story", "comment", "job", "poll"})
"""The kinds of items that are posts. The remaining kind, a poll's option, is not."""


class HackerNewsItem(msgspec.Struct):
    """An item in Firebase's form. A deleted item has little more than its number."""

    id: int
    type: str = "story"
    time: int = 0
    deleted: bool = False
    dead: bool = False
    by: str | None = None
    title: str | None = None
    text: str | None = None
    url: str | None = None
    parent: int | None = None
    score: int | None = None
    descendants: int | None = None


class Hit(msgspec.Struct):
    """An item in the form of Algolia's index."""

    objectID: str  # noqa: N815 - the network's name
    created_at_i: int
    author: str | None = None
    title: str | None = None
    story_text: str | None = None
    comment_text: str | None = None
    url: str | None = None
    parent_id: int | None = None
    points: int | None = None
    num_comments: int | None = None


class SearchHit(msgspec.Struct):
    """A page of hits. Each hit is decoded separately, so a broken hit costs no other hit."""

    hits: list[msgspec.Raw]
    nbHits: int = 0  # noqa: N815 - the network's name


class Changes(msgspec.Struct):
    """The numbers of the items that changed recently: scores, texts, deletions."""

    items: list[int] = []


read_number = msgspec.json.Decoder(Amount).decode
read_changes = msgspec.json.Decoder(Changes).decode
read_item = msgspec.json.Decoder(HackerNewsItem | None).decode
read_hit = msgspec.json.Decoder(Hit).decode
read_found = msgspec.json.Decoder(SearchHit).decode


def item_to_post(
    raw: bytes, where: str, seen_at: datetime, first_time: int | None = None, *, sent: bool = True
) -> Post | Rejected | None:
    """Return a Firebase item as a post, or None for `null` (not shown yet) and for an item that is not a post.

    `first_time` is the item's first known time. The site changes the time of a story that it promotes again, and a post
    must stay in its minute. An item that is dead before it was `sent` is no post yet: moderators or readers may revive
    it, and a deletion is for good.
    """

    def build() -> Post | None:
        item = read_item(raw)
        if item is None or item.type not in _POSTS or (item.dead and not (item.deleted or sent)):
            return None
        created_at = from_epoch(first_time or item.time or seen_at.timestamp())
        if item.deleted or item.dead:
            return deletion(SOURCE, str(item.id), created_at, seen_at)
        body = read_html(item.text or "", PAGE)
        return Post(
            source=SOURCE,
            id=str(item.id),
            text=kept_text(unescape(item.title or ""), body.text),
            created_at=created_at,
            url=f"{PAGE}{item.id}",
            author=item.by,
            links=_links(item.url, body),
            reply_to=None if item.parent is None else str(item.parent),
            likes=amount(item.score),
            replies=amount(item.descendants),
            seen_at=seen_at,
            clock_replaced=not item.time,
        )

    return mapped(build, source=SOURCE, where=where, raw=raw, seen_at=seen_at)


def hit_to_post(raw: bytes, where: str, seen_at: datetime) -> Post | Rejected:
    """Return an Algolia hit as a post. A hit is history, so it is marked as backfill."""

    def build() -> Post:
        hit = read_hit(raw)
        body = read_html(hit.comment_text or hit.story_text or "", PAGE)
        return Post(
            source=SOURCE,
            id=hit.objectID,
            text=kept_text(unescape(hit.title or ""), body.text),
            created_at=from_epoch(hit.created_at_i),
            url=f"{PAGE}{hit.objectID}",
            author=hit.author,
            links=_links(hit.url, body),
            reply_to=None if hit.parent_id is None else str(hit.parent_id),
            likes=amount(hit.points),
            replies=amount(hit.num_comments),
            seen_at=seen_at,
            backfill=True,
        )

    return mapped(build, source=SOURCE, where=where, raw=raw, seen_at=seen_at)


def _links(url: str | None, body: HtmlText) -> tuple[str, ...]:
    return each_once((url, *body.links))
