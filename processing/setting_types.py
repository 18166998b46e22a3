"""Values of settings that several stages have: signing keys, addresses of the web, and lists of names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from processing.plain_text import safe_link

SHORTEST_KEY = 32
"""Characters of a key at least."""


def split_keys(keys: SecretStr) -> tuple[SecretStr, ...]:
    """Return the keys of a setting that holds several, separated by commas, in their order."""
    return tuple(SecretStr(each.strip()) for each in keys.get_secret_value().split(",") if each.strip())


def split_names(given: object) -> object:
    """Return the names or paths of a setting that holds several, separated by commas, in their order."""
    if isinstance(given, Path):
        return (str(given),)
    return tuple(each.strip() for each in given.split(",") if each.strip()) if isinstance(given, str) else given


def strong_keys(keys: SecretStr) -> SecretStr:
    """Return one or several keys as they are set.

    Raises:
        ValueError: one is too short to be safe.
    """
    if any(len(each.get_secret_value()) < SHORTEST_KEY for each in split_keys(keys)):
        raise ValueError(f"A key has fewer than {SHORTEST_KEY} characters: `openssl rand -hex 32` makes a good one.")
    return keys


def web_address(url: str) -> str:
    """Return an address that a browser can open, or nothing where there is none.

    Raises:
        ValueError: the address is none of the web.
    """
    if url and safe_link(url) is None:
        raise ValueError("This is no address of the web: it begins with https:// or http:// and names a host.")
    return url


def server_address(url: str) -> str:
    """Return the address of an HTTP server as it is set.

    Raises:
        ValueError: the address has another scheme, no host, or no port that there can be.
    """
    parts = urlsplit(url)
    try:
        there = parts.port != 0
    except ValueError:
        there = False
    if not (there and parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("The address of a server begins with http:// or https:// and names a host.")
    return url


SigningKeys = Annotated[SecretStr, AfterValidator(strong_keys)]
"""Keys, separated by commas: the first signs, and all are accepted, so that a key can be changed."""

Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_names)]
"""Names or paths, separated by commas."""

ServerAddress = Annotated[str, AfterValidator(server_address)]
"""The address of an HTTP server."""

WebAddress = Annotated[str, AfterValidator(web_address)]
"""An address of the web, or empty."""
