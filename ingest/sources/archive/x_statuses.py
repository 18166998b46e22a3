"""Archived posts of X's API v1.1: statuses and notices of deletion."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ingest.contract import Post
from ingest.sources.archive.x import (
    PAGE,
    SOURCE,
    Entities,
    XAccount,
    deletion_of,
    hashtags_of,
    langs_of,
    links_of,
    snowflake_time,
)
from ingest.transport.mapping import amount, kept_text, moment_of, unescaped


class Extended(msgspec.Struct):
    """The full text of a v1.1 status with more than 140 characters."""

    full_text: str
    entities: Entities = msgspec.field(default_factory=Entities)


class XStatus(msgspec.Struct):
    """A post of v1.1."""

    id_str: str
    created_at: str
    user: XAccount
    text: str = ""
    full_text: str | None = None
    extended_tweet: Extended | None = None
    lang: str | None = None
    entities: Entities = msgspec.field(default_factory=Entities)
    in_reply_to_status_id_str: str | None = None
    retweeted_status: XStatus | None = None
    favorite_count: int | None = None
    retweet_count: int | None = None
    reply_count: int | None = None


class _Gone(msgspec.Struct):
    id_str: str


class _Deleted(msgspec.Struct):
    status: _Gone


class Notice(msgspec.Struct):
    """A line of the v1.1 stream that is not a post."""

    delete: _Deleted | None = None


_read_status = msgspec.json.Decoder(XStatus).decode
_read_notice = msgspec.json.Decoder(Notice).decode


def status_to_posts(line: bytes) -> Iterator[Post]:
    """Yield the post of a v1.1 status, or the deletion in a notice. Other notices yield nothing."""
    if b'"id_str"' not in line or b'"delete"' in line[:16]:
        notice = _read_notice(line)
        if notice.delete is not None:
            yield deletion_of(notice.delete.status.id_str, None)
        return
    status = _read_status(line)
    told = status.retweeted_status or status
    longer = told.extended_tweet
    text = unescaped(longer.full_text if longer else told.full_text or told.text)
    marked = (told.entities, longer.entities) if longer else (told.entities,)
    if told is not status:
        text = f"RT @{told.user.screen_name}: {text}"
    yield Post(
        source=SOURCE,
        id=status.id_str,
        text=kept_text(text),
        created_at=snowflake_time(status.id_str) or moment_of(status.created_at),
        url=f"{PAGE}{status.user.screen_name or 'i'}/status/{status.id_str}",
        author=status.user.screen_name,
        langs=langs_of(status.lang),
        links=links_of(*marked),
        hashtags=hashtags_of(*marked),
        reply_to=status.in_reply_to_status_id_str,
        repost_of=None if told is status else told.id_str,
        likes=amount(status.favorite_count),
        replies=amount(status.reply_count),
        reposts=amount(status.retweet_count),
    )
