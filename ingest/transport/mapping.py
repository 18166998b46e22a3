"""What every mapping from a network's own form to a Post has in common."""

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
"""What a mapping raises where a payload is not what its network documents."""


_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{2,7}|#[xX][0-9a-fA-F]{2,6});")
"""What X and Reddit make of a character that is special in HTML. They escape every `&`, so that an author's own entity
is escaped a second time."""

Made = TypeVar("Made", Post, Post | None)


def mapped(
    to_post: Callable[[], Made], *, source: str, where: str, raw: bytes, seen_at: datetime | None = None
) -> Made | Rejected:
    """The post that `to_post` makes of a payload, where the contract accepts it; else the payload with the reason."""
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
    """The news that the post `name` is gone, which was made at `created_at`."""
    made = created_at.astimezone(UTC)
    return Post(source=source, id=name, text="", created_at=made, op="delete", seen_at=seen_at)


def from_epoch(seconds: float) -> datetime:
    """Seconds from 1970, in UTC.

    Raises:
        ValueError, OverflowError: no date has so many.
    """
    return datetime.fromtimestamp(seconds, UTC)


def kept_text(*parts: str | None) -> str:
    """The parts that say something, a line each, as long as the contract takes."""
    return "\n".join(part.strip() for part in parts if part and part.strip())[:LONGEST_TEXT]


def unescaped(text: str) -> str:
    """A text as its author wrote it, out of one that its network escaped for HTML: unescaped once, hence not more."""
    return _ESCAPED.sub(lambda found: _character(found[0]), text) if "&" in text else text


def _character(entity: str) -> str:
    # Half of a surrogate pair and the like are no character: they stay as they were written.
    character = unescape(entity)
    return entity if character in {"", "\ufffd"} else character


def each_once(values: Iterable[str | None], most: int = 100) -> tuple[str, ...]:
    """What there is of the values, each once, in order."""
    return tuple(islice(dict.fromkeys(value for value in values if value), most))


def amount(value: float | None) -> int | None:
    """A count as the contract takes it; networks show scores below zero."""
    return None if value is None else max(int(value), 0)


def moment_of(said: str) -> datetime:
    """A time in any of the forms in which archives have it: RFC 3339, ISO 8601, seconds or milliseconds from 1970,
    RFC 5322, and Twitter's `Wed Apr 06 19:13:37 +0000 2011`. Without a zone it is UTC.

    Raises:
        ValueError: none of them.
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
