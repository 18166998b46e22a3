"""Bluesky's posts in archives: API answers, exported accounts and recorded Jetstream events.

The live source's mapping turns all of them into posts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from ingest.contract import Amount, Moment, NotAPost, Post
from ingest.sources.bluesky.frames import JetstreamEvent, read_frame
from ingest.sources.bluesky.mapping import tid_time, to_found

PLACE = "an archive"


class PostView(msgspec.Struct):
    """A post in the form of the API: `app.bsky.feed.defs#postView`."""

    uri: str
    record: msgspec.Raw
    indexedAt: Moment | None = None  # noqa: N815 - the network's name
    likeCount: Amount | None = None  # noqa: N815 - the network's name
    replyCount: Amount | None = None  # noqa: N815 - the network's name
    repostCount: Amount | None = None  # noqa: N815 - the network's name


class FeedItem(msgspec.Struct):
    """An entry of a feed: a post, which may be in the feed because of a repost."""

    post: PostView


class PostRecord(msgspec.Struct):
    """A record of a repository, in the form of `com.atproto.repo.listRecords`."""

    uri: str
    value: msgspec.Raw


_read_view = msgspec.json.Decoder(PostView).decode
_read_item = msgspec.json.Decoder(FeedItem).decode
_read_record = msgspec.json.Decoder(PostRecord).decode


def view_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post from a search result or a list of posts."""
    yield from _shown(_read_view(line))


def item_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post of a feed's entry. The account that reposted it is left out, as by the live source."""
    yield from _shown(_read_item(line).post)


def record_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post of a record in an account's repository. Records of other kinds yield nothing."""
    record = _read_record(line)
    yield from _posts(record.uri, record.value, None)


def event_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post or deletion of a Jetstream event in the format v1."""
    event = read_frame(line, "v1")
    if event is not None:
        yield from _posts_of(event)


def _shown(view: PostView) -> Iterator[Post]:
    for post in _posts(view.uri, view.record, view.indexedAt):
        yield msgspec.structs.replace(post, likes=view.likeCount, replies=view.replyCount, reposts=view.repostCount)


def _posts(uri: str, record: msgspec.Raw, indexed_at: datetime | None) -> Iterator[Post]:
    did, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, rkey = rest.partition("/")
    seen_at = indexed_at or tid_time(rkey)
    if seen_at is None:
        raise NotAPost("Not a post: neither the network nor the key of the record tells when it was seen.")
    yield from _posts_of(JetstreamEvent(did, seen_at, "commit", None, "create", collection, rkey, record))


def _posts_of(event: JetstreamEvent) -> Iterator[Post]:
    found = to_found(event, PLACE)
    if isinstance(found, Post):
        yield found
    elif found is not None:
        raise NotAPost(found.reason)
