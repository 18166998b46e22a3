"""The list of feeds: the shipped list, a user's file of the same form, or addresses in the settings."""

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
    """One feed. `name` and `language` apply if the feed itself gives none."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
    name: str = ""
    language: str = ""

    @property
    def address(self) -> str:
        """The feed's address without possible secrets: without credentials and query."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def key(self) -> str:
        """The feed's name in ids: its URL without credentials, which are secret, and with a hash for the query."""
        parts = urlsplit(self.url)
        if "@" not in parts.netloc and not parts.query:
            return self.url
        query = hashlib.sha256(parts.query.encode(errors="replace")).hexdigest()[:16] if parts.query else ""
        return self.address + (f"?{query}" if query else "")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    feed: list[Feed]


def feeds(addresses: Sequence[str], file: Path | None) -> tuple[Feed, ...]:
    """Return the feeds at the addresses and in the file, each once, or the shipped feeds if neither is given.

    Raises:
        Misconfigured: an address is invalid, or the file is not a list of feeds.
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
