"""The parts that every mapping from a network's format to a Post shares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import islice
from typing import TypeVar

import msgspec

from ingest.contract import LONGEST_TEXT, NotAPost, Post, Rejected, decode_post, encode, raw_text

UNMAPPABLE = (ValueError, TypeError, LookupError, OverflowError, RecursionError, msgspec.MsgspecError)
"""The exceptions that a mapping raises for a payload that differs from the network's documentation."""


_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{2,7}|#[xX][0-9a-fA-F]{2,6});")
"""The escapes that X and Reddit write for characters with a meaning in HTML. They escape every `&`, so an entity that
the author typed is escaped twice."""

Made = TypeVar("Made", Post, Post | None)


def mapped(
    to_post: Callable[[], Made], *, source: str, where: str, raw: bytes, seen_at: datetime | None = None
) -> Made | Rejected:
    """Return the post that `to_post` makes of a payload.

    If the contract refuses it, return a rejected record with the reason.
    """
    try:
        made = to_post()
        if made is not None:
            decode_post(encode(made))
    except KeyError as error:
        reason = f"It is not what the network documents: {error} is missing."
    except (NotAPost, *UNMAPPABLE) as error:
        reason = str(error) if isinstance(error, NotAPost) else f"It is not what the network documents: {error}."
    else:
        return made
    return Rejected(source=source, where=where, reason=reason, raw=raw_text(raw), seen_at=seen_at)


def deletion(source: str, name: str, created_at: datetime, seen_at: datetime | None = None) -> Post:
    """Return the deletion of the post `name`, which was written at `created_at`."""
    made = created_at.astimezone(UTC)
    return Post(source=source, id=name, text="", created_at=made, op="delete", seen_at=seen_at)


def from_epoch(seconds: float) -> datetime:
    """Return the time of `seconds` since 1970, in UTC.

    Raises:
        ValueError, OverflowError: the time is out of range.
    """
    return datetime.fromtimestamp(seconds, UTC)


def kept_text(*parts: str | None) -> str:
    """Return the non-empty parts, one line each, cut to the contract's limit."""
    return "\n".join(part.strip() for part in parts if part and part.strip())[:LONGEST_TEXT]


def unescaped(text: str) -> str:
    """Return a text as its author wrote it, from a text that the network escaped for HTML.

    Exactly one level is removed.
    """
    return _ESCAPED.sub(lambda found: _character(found[0]), text) if "&" in text else text


def _character(entity: str) -> str:
    # An unpaired surrogate, for instance, is no character, so its entity stays as it is.
    character = unescape(entity)
    return entity if character in {"", "\ufffd"} else character


def each_once(values: Iterable[str | None], most: int = 100) -> tuple[str, ...]:
    """Return the non-empty values in order, each once, at most `most` of them."""
    return tuple(islice(dict.fromkeys(value for value in values if value), most))


def amount(value: float | None) -> int | None:
    """Return a count in the contract's range. Networks may show negative scores, which become 0."""
    return None if value is None else max(int(value), 0)


def moment_of(said: str) -> datetime:
    """Return a time in any form that archives use. A time without a zone is UTC.

    The forms are RFC 3339, ISO 8601, seconds or milliseconds since 1970, RFC 5322, and Twitter's
    `Wed Apr 06 19:13:37 +0000 2011`.

    Raises:
        ValueError: the text has none of these forms.
    """
    said = said.strip()
    number = said.removeprefix("-")
    if number.replace(".", "", 1).isdecimal():
        seconds = float(said)
        return from_epoch(seconds / 1000 if seconds > 1e11 else seconds)
    for parse in (datetime.fromisoformat, _twitter_time, parsedate_to_datetime):
        with suppress(ValueError, TypeError, OverflowError):
            moment = parse(said)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise ValueError(f"{said[:60]!r} is not a time")


def _twitter_time(said: str) -> datetime:
    return datetime.strptime(said, "%a %b %d %H:%M:%S %z %Y")
