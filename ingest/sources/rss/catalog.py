"""Which feeds there are to read: the shipped list, a user's file like it, or addresses alone."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Meta

from ingest.errors import Misconfigured


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feed. `name` and `language` hold where the feed itself does not say."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
    name: str = ""
    language: str = ""

    @property
    def address(self) -> str:
        """Where it is, without what may be a secret: who asks, and the query."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def key(self) -> str:
        """Names it in ids: the URL, but that nobody can read a secret in it."""
        parts = urlsplit(self.url)
        if "@" not in parts.netloc and not parts.query:
            return self.url
        query = hashlib.sha256(parts.query.encode(errors="replace")).hexdigest()[:16] if parts.query else ""
        return self.address + (f"?{query}" if query else "")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    feed: list[Feed]


def feeds(addresses: Sequence[str], file: Path | None) -> tuple[Feed, ...]:
    """The feeds at the addresses and in the file, each once; the shipped ones where neither is given.

    Raises:
        Misconfigured: an address is none, or the file cannot be read as a list of feeds.
    """
    try:
        given = [msgspec.convert({"url": address}, Feed) for address in addresses]
    except msgspec.ValidationError as error:
        raise Misconfigured(f"A feed's address begins with http:// or https:// and names a host: {error}.") from error
    if file is not None or not given:
        given += _read(file or Path(str(resources.files("ingest.sources.rss") / "feeds.toml")))
    return tuple({feed.url: feed for feed in given}.values())


def _read(file: Path) -> list[Feed]:
    try:
        listed = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File).feed
    except (OSError, ValueError) as error:
        raise Misconfigured(f"The list of feeds {file} cannot be used: {error}.") from error
    if not listed:
        raise Misconfigured(f"The list of feeds {file} holds none.")
    return listed
