"""What the options of all channels have in common, and the fields that several kinds have."""

from __future__ import annotations

import re
from typing import Annotated

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

_LABEL = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


class ChannelOptions(BaseModel):
    """The table of a channel. What is wrong with a value is said without the value, which may be a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _address(value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise ValueError("this is not an address") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("an address begins with http:// or https:// and names a host")
    return value


def _base(value: str) -> str:
    return _address(value).rstrip("/")


def _secret_address(value: SecretStr) -> SecretStr:
    return SecretStr(_address(value.get_secret_value()))


def _given(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if not (secret and secret.isascii() and secret.isprintable() and " " not in secret):
        raise ValueError("a secret is one word of ASCII characters")
    return value


def _labels(value: dict[str, str]) -> dict[str, str]:
    if wrong := [name for name in value if not _LABEL.fullmatch(name)]:
        raise ValueError(f"{wrong[0]!r} is not the name of a label: letters, digits and _ only")
    return value


Address = Annotated[str, AfterValidator(_address)]
SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address)]
"""A whole address. What a service signs or routes by may be its last character."""

BaseAddress = Annotated[str, AfterValidator(_base)]
"""An address to which paths are added."""

Secret = Annotated[SecretStr, AfterValidator(_given)]
"""A token or a key, as it can stand in a header or an address."""

Labels = Annotated[dict[str, str], AfterValidator(_labels)]
"""Labels of Prometheus."""
