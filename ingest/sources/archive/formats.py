"""The forms of archived posts. The contents of a line decide its form, never the name of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Raw

from ingest.contract import Moment, Post, decode_post
from ingest.event_time import placed, time_of
from ingest.sources.archive.bluesky import event_to_posts, item_to_posts, record_to_posts, view_to_posts
from ingest.sources.archive.mastodon import activity_to_posts, note_to_posts
from ingest.sources.archive.mastodon import status_to_posts as mastodon_to_posts
from ingest.sources.archive.reddit import thing_to_posts
from ingest.sources.archive.table import FOURCAT, Columns, row_to_post
from ingest.sources.archive.x import compliance_to_posts, page_to_posts, tweet_to_posts
from ingest.sources.archive.x_statuses import status_to_posts

ToPosts = Callable[[bytes], Iterator[Post]]


@dataclass(frozen=True)
class Format:
    """One form: functions that read a line's posts, and only their times, which costs less."""

    name: str
    to_posts: ToPosts
    times: Callable[[bytes], Iterator[datetime]]


class _Dated(msgspec.Struct):
    created_at: Moment
    seen_at: Moment | None = None


_date_of = msgspec.json.Decoder(_Dated).decode


def _one_post(line: bytes) -> Iterator[Post]:
    yield decode_post(line)


def _post_time(line: bytes) -> Iterator[datetime]:
    dated = _date_of(line)
    yield placed(dated.created_at, dated.seen_at).at


def _times_of_posts(to_posts: ToPosts) -> Callable[[bytes], Iterator[datetime]]:
    # A deletion has the time of its post, which may be years back. The archive does not cover those years.
    return lambda line: (at for post in to_posts(line) if post.op == "post" and (at := time_of(post)) is not None)


def _form(name: str, to_posts: ToPosts) -> Format:
    return Format(name, to_posts, _times_of_posts(to_posts))


def table_format(name: str, columns: Columns) -> Format:
    """Return the form of a table's rows, which are JSON objects keyed by the names of the columns."""

    def to_posts(line: bytes) -> Iterator[Post]:
        yield row_to_post(line, columns)

    return _form(name, to_posts)


POSTS = Format("Post", _one_post, _post_time)
X_PAGES = _form("X API v2", page_to_posts)
X_TWEETS = _form("X API v2 posts", tweet_to_posts)
X_COMPLIANCE = _form("X compliance", compliance_to_posts)
X_STATUSES = _form("X API v1.1", status_to_posts)
REDDIT = _form("Reddit dump", thing_to_posts)
BLUESKY_VIEWS = _form("Bluesky posts", view_to_posts)
BLUESKY_FEED = _form("a Bluesky feed", item_to_posts)
JETSTREAM = _form("Jetstream", event_to_posts)
BLUESKY_RECORDS = _form("Bluesky records", record_to_posts)
MASTODON = _form("Mastodon statuses", mastodon_to_posts)
OUTBOX = _form("an ActivityPub outbox", activity_to_posts)
NOTES = _form("ActivityPub notes", note_to_posts)
FOURCAT_ROWS = table_format("4CAT", FOURCAT)


_fields_of = msgspec.json.Decoder(dict[str, Raw]).decode


def recognise(line: bytes) -> Format | None:
    """Return the form of a line of JSON, or None for an unknown form."""
    try:
        fields = _fields_of(line).keys()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if "data" in fields and fields & {"includes", "meta", "matching_rules"}:
        return X_PAGES
    if "text" in fields and fields & {"author_id", "public_metrics", "edit_history_tweet_ids"}:
        return X_TWEETS
    if fields >= {"action", "reason"}:
        return X_COMPLIANCE
    if fields & {"id_str", "delete", "limit", "scrub_geo", "status_withheld", "user_withheld"}:
        return X_STATUSES
    if "created_utc" in fields:
        return REDDIT
    if fields >= {"thread_id", "body", "timestamp"}:
        return FOURCAT_ROWS
    if "data" in fields and b'"text"' in line:
        return X_PAGES
    # Some of these forms have a field `source` with another meaning than in a Post.
    return _form_of_network(fields) or (POSTS if "source" in fields else None)


def _form_of_network(fields: Set[str]) -> Format | None:
    if fields >= {"uri", "account"}:
        return MASTODON
    if "uri" in fields:
        return BLUESKY_VIEWS if "record" in fields else BLUESKY_RECORDS if "value" in fields else None
    if fields >= {"did", "time_us"}:
        return JETSTREAM
    if "post" in fields:
        return BLUESKY_FEED
    if fields >= {"actor", "object"}:
        return OUTBOX
    return NOTES if "attributedTo" in fields else None
