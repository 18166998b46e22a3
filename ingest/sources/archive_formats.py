"""The forms in which posts are archived, told by what is in them and never by a file's name."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import UNSET, Raw, UnsetType

from ingest.contract import Moment, Post, decode_post
from ingest.event_time import placed, time_of
from ingest.sources.archive_bluesky import event_to_posts, item_to_posts, record_to_posts, view_to_posts
from ingest.sources.archive_json import is_document, values_of
from ingest.sources.archive_mastodon import activity_to_posts, note_to_posts
from ingest.sources.archive_mastodon import status_to_posts as mastodon_to_posts
from ingest.sources.archive_reddit import thing_to_posts
from ingest.sources.archive_rows import read_rows
from ingest.sources.archive_table import FOURCAT, Columns, is_fourcat, row_to_post
from ingest.sources.archive_x import compliance_to_posts, page_to_posts, status_to_posts, tweet_to_posts
from ingest.sources.lines import Broken, Line, lines_of, read_lines

ToPosts = Callable[[bytes], Iterator[Post]]


@dataclass(frozen=True)
class Format:
    """One form: a line of it as posts, and when those were written, which is cheaper to have alone."""

    name: str
    to_posts: ToPosts
    times: Callable[[bytes], Iterator[datetime]]


@dataclass(frozen=True, slots=True)
class Record:
    """A line of an archive and the form that it is in."""

    where: str
    content: bytes | Broken
    format: Format


class _Dated(msgspec.Struct):
    created_at: Moment
    seen_at: Moment | None = None


class _Stamped(msgspec.Struct):
    created_utc: float | str


_date_of = msgspec.json.Decoder(_Dated).decode
_stamp_of = msgspec.json.Decoder(_Stamped).decode


def _one_post(line: bytes) -> Iterator[Post]:
    yield decode_post(line)


def _post_time(line: bytes) -> Iterator[datetime]:
    dated = _date_of(line)
    yield placed(dated.created_at, dated.seen_at).at


def _times_of_posts(to_posts: ToPosts) -> Callable[[bytes], Iterator[datetime]]:
    # A deletion's time is its post's, which may be years back: an archive does not cover those years.
    return lambda line: (at for post in to_posts(line) if post.op == "post" and (at := time_of(post)) is not None)


def _table(columns: Columns) -> ToPosts:
    def one(line: bytes) -> Iterator[Post]:
        yield row_to_post(line, columns)

    return one


POSTS = Format("Post", _one_post, _post_time)
X_PAGES = Format("X API v2", page_to_posts, _times_of_posts(page_to_posts))
X_TWEETS = Format("X API v2 posts", tweet_to_posts, _times_of_posts(tweet_to_posts))
X_COMPLIANCE = Format("X compliance", compliance_to_posts, _times_of_posts(compliance_to_posts))
X_STATUSES = Format("X API v1.1", status_to_posts, _times_of_posts(status_to_posts))
REDDIT = Format("Reddit dump", thing_to_posts, _times_of_posts(thing_to_posts))
BLUESKY_VIEWS = Format("Bluesky posts", view_to_posts, _times_of_posts(view_to_posts))
BLUESKY_FEED = Format("a Bluesky feed", item_to_posts, _times_of_posts(item_to_posts))
JETSTREAM = Format("Jetstream", event_to_posts, _times_of_posts(event_to_posts))
BLUESKY_RECORDS = Format("Bluesky records", record_to_posts, _times_of_posts(record_to_posts))
MASTODON = Format("Mastodon statuses", mastodon_to_posts, _times_of_posts(mastodon_to_posts))
OUTBOX = Format("an ActivityPub outbox", activity_to_posts, _times_of_posts(activity_to_posts))
NOTES = Format("ActivityPub notes", note_to_posts, _times_of_posts(note_to_posts))
FOURCAT_ROWS = Format("4CAT", _table(FOURCAT), _times_of_posts(_table(FOURCAT)))


class _Probe(msgspec.Struct):
    """The fields by which forms are told apart."""

    source: Raw | UnsetType = UNSET
    text: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    includes: Raw | UnsetType = UNSET
    meta: Raw | UnsetType = UNSET
    matching_rules: Raw | UnsetType = UNSET
    author_id: Raw | UnsetType = UNSET
    public_metrics: Raw | UnsetType = UNSET
    edit_history_tweet_ids: Raw | UnsetType = UNSET
    action: Raw | UnsetType = UNSET
    reason: Raw | UnsetType = UNSET
    id_str: Raw | UnsetType = UNSET
    delete: Raw | UnsetType = UNSET
    limit: Raw | UnsetType = UNSET
    scrub_geo: Raw | UnsetType = UNSET
    status_withheld: Raw | UnsetType = UNSET
    user_withheld: Raw | UnsetType = UNSET
    created_utc: Raw | UnsetType = UNSET
    thread_id: Raw | UnsetType = UNSET
    body: Raw | UnsetType = UNSET
    timestamp: Raw | UnsetType = UNSET
    uri: Raw | UnsetType = UNSET
    record: Raw | UnsetType = UNSET
    post: Raw | UnsetType = UNSET
    value: Raw | UnsetType = UNSET
    account: Raw | UnsetType = UNSET
    did: Raw | UnsetType = UNSET
    time_us: Raw | UnsetType = UNSET
    actor: Raw | UnsetType = UNSET
    object: Raw | UnsetType = UNSET
    attributedTo: Raw | UnsetType = UNSET  # noqa: N815 - the protocol's name

    def has(self, *names: str) -> bool:
        """Whether one of them is there."""
        return any(getattr(self, name) is not UNSET for name in names)


_probe = msgspec.json.Decoder(_Probe).decode


def recognise(line: bytes) -> Format | None:
    """The form of a line of JSON; None where it is in none that is known."""
    try:
        probe = _probe(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if probe.has("data") and probe.has("includes", "meta", "matching_rules"):
        return X_PAGES
    if probe.has("text") and probe.has("author_id", "public_metrics", "edit_history_tweet_ids"):
        return X_TWEETS
    if probe.has("action") and probe.has("reason"):
        return X_COMPLIANCE
    if probe.has("id_str", "delete", "limit", "scrub_geo", "status_withheld", "user_withheld"):
        return X_STATUSES
    if probe.has("created_utc"):
        return REDDIT
    if probe.has("thread_id") and probe.has("body") and probe.has("timestamp"):
        return FOURCAT_ROWS
    if probe.has("data") and b'"text"' in line:
        return X_PAGES
    # Some of these have a `source` of their own, which is not a Post's.
    return _form_of_network(probe) or (POSTS if probe.has("source") else None)


def _form_of_network(probe: _Probe) -> Format | None:
    if probe.has("uri") and probe.has("account"):
        return MASTODON
    if probe.has("uri"):
        return BLUESKY_VIEWS if probe.has("record") else BLUESKY_RECORDS if probe.has("value") else None
    if probe.has("did") and probe.has("time_us"):
        return JETSTREAM
    if probe.has("post"):
        return BLUESKY_FEED
    if probe.has("actor") and probe.has("object"):
        return OUTBOX
    return NOTES if probe.has("attributedTo") else None


def read_records(paths: tuple[Path, ...], columns: Columns | None) -> Iterator[Record]:
    """The lines of an archive, each with its form. `columns` is a user's, for tables; other files do not mind it."""
    for path in paths:
        yield from _Reader(columns).records(path)


class _Reader:
    """Reads one file, and knows the form of the content that is being read."""

    def __init__(self, columns: Columns | None) -> None:
        self._columns = columns
        self._form: Format | None = None

    def records(self, path: Path) -> Iterator[Record]:
        for line in read_lines(path, self._read):
            if self._form is None and not isinstance(line.content, Broken):
                self._form = recognise(line.content)
            yield Record(line.where, line.content, self._form or POSTS)

    def _read(self, where: str, stream: io.BufferedReader) -> Iterator[Line]:
        """A content's lines, the values of a document, or a table's rows."""
        self._form = None
        head = stream.peek(1)
        if is_document(head):
            return values_of(where, stream, lambda value: recognise(value) is not None)
        if not head.lstrip(b" \t\r\n").startswith(b"{"):
            if is_fourcat(head):
                self._form = FOURCAT_ROWS
            elif self._columns is not None:
                to_posts = _table(self._columns)
                self._form = Format("CSV", to_posts, _times_of_posts(to_posts))
        return lines_of(where, stream) if self._form is None else read_rows(where, stream)
