"""Values of settings that several stages have: signing keys, and addresses of the web."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, SecretStr

from processing.plain_text import safe_link

SHORTEST_KEY = 32
"""Characters of a key at least."""


def split_keys(keys: SecretStr) -> tuple[SecretStr, ...]:
    """Return the keys of a setting that holds several, separated by commas, in their order."""
    return tuple(SecretStr(each.strip()) for each in keys.get_secret_value().split(",") if each.strip())


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


SigningKeys = Annotated[SecretStr, AfterValidator(strong_keys)]
"""Keys, separated by commas: the first signs, and all are accepted, so that a key can be changed."""

WebAddress = Annotated[str, AfterValidator(web_address)]
"""An address of the web, or empty."""
