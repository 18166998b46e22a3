"""Posts in tables: CSV files whose columns a user maps, and exports of 4CAT as CSV or NDJSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from ingest.contract import NotAPost, Post
from ingest.errors import Misconfigured
from ingest.sources.archive.rows import read_header
from ingest.transport.mapping import amount, each_once, kept_text, moment_of

FIELDS = frozenset(
    "source id text created_at url author langs links hashtags reply_to repost_of likes replies reposts".split()  # noqa: SIM905
)
SEVERAL = frozenset({"langs", "links", "hashtags"})
AMOUNTS = frozenset({"likes", "replies", "reposts"})
CSV_SOURCE = "csv"
FOURCAT_SOURCE = "4cat"
FOURCAT_MARKS = frozenset({"id", "thread_id", "body", "timestamp"})

Row = Mapping[str, object]


@dataclass(frozen=True)
class Columns:
    """The columns from which a post's fields are made.

    `of` maps a field to its columns, of which the first with a value is used. `fixed` maps a field to its value in
    every row. A text joins all of its
    columns, one line each.
    """

    of: Mapping[str, tuple[str, ...]]
    fixed: Mapping[str, str]


FOURCAT = Columns(
    {
        "id": ("id",),
        "text": ("subject", "body"),
        "created_at": ("unix_timestamp", "timestamp"),
        "url": ("link", "url", "post_url", "tweet_url"),
        "author": ("author", "author_username"),
        "langs": ("language_guess", "lang", "language"),
        "links": ("urls", "links"),
        "hashtags": ("hashtags",),
        "likes": ("like_count", "likes", "score"),
        "replies": ("reply_count", "comments", "num_comments"),
        "reposts": ("retweet_count", "shares", "forwards"),
    },
    {"source": FOURCAT_SOURCE},
)


def columns_from(given: str) -> Columns:
    """Return the columns of a user's mapping: `text=title+body,created_at=date,source==forum`.

    `FIELD=COLUMN` uses one column, `FIELD=ONE+OTHER` several, and `FIELD==WORD` sets the same word in every row.

    Raises:
        Misconfigured: the mapping is invalid; the message names the fault.
    """
    of: dict[str, tuple[str, ...]] = {}
    fixed = {"source": CSV_SOURCE}
    for part in given.split(","):
        field, equals, column = part.strip().partition("=")
        if field not in FIELDS or not equals or not column.strip("="):
            raise Misconfigured(
                f"{part.strip()!r} is no mapping of a column. Write FIELD=COLUMN, FIELD being one of "
                f"{', '.join(sorted(FIELDS))}."
            )
        if column.startswith("="):
            fixed[field] = column[1:]
        else:
            of[field] = tuple(column.split("+"))
            fixed.pop(field, None)
    if missing := {"text", "created_at"} - of.keys():
        raise Misconfigured(f"The mapping of columns says nothing of {' and '.join(sorted(missing))}.")
    return Columns(of, fixed)


def is_fourcat(head: bytes) -> bool:
    """Return whether a table begins with the columns that every 4CAT export has."""
    return read_header(head) >= FOURCAT_MARKS


_read_row = msgspec.json.Decoder(dict[str, object]).decode


def row_to_post(line: bytes, columns: Columns) -> Post:
    """Return a row as a post. If the row gives no id, a hash of the row is the id.

    Raises:
        NotAPost: the row has no time or no text.
    """
    row = _read_row(line)
    made: dict[str, object] = dict(columns.fixed)
    for field, names in columns.of.items():
        said = [text for name in names if (text := _said(row, name))]
        if said:
            made[field] = _value(field, said)
    if "created_at" not in made:
        raise NotAPost(f"Not a post: there is no time in {' or '.join(columns.of['created_at'])}.")
    if not made.get("text"):
        raise NotAPost(f"Not a post: there is no text in {' or '.join(columns.of['text'])}.")
    made.setdefault("id", hashlib.sha256(line).hexdigest()[:32])
    return Post(**made)  # type: ignore[arg-type]


def _said(row: Row, name: str) -> str:
    value = row.get(name)
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    return "" if value is None else str(value).strip()


def _value(field: str, said: list[str]) -> object:
    if field == "text":
        return kept_text(*said)
    if field == "created_at":
        return moment_of(said[0])
    if field in SEVERAL:
        return each_once(part.strip().lstrip("#") for text in said for part in text.split(","))
    return amount(float(said[0])) if field in AMOUNTS else said[0]
