"""Keeps secrets out of what is printed, whatever an error quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from pydantic_settings import BaseSettings

from deploy.settings import STAGES
from ingest.sources import SOURCES
from processing.alerts.settings import holds_secret

SHORTEST_SECRET = 4
"""Shorter ones are no secrets, and would be found in every word."""

_USER = re.compile(r"(://)[^/\s@]+@")
_SEPARATORS = re.compile(r"[\s,=]+")


def masking(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that masks the secrets of the environment, and users and passwords in addresses."""
    secrets = sorted(set(_secrets(environment)), key=len, reverse=True)

    def masked(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "***")
        return _USER.sub(r"\1***@", text)

    return masked


def secret_variables() -> frozenset[str]:
    """Return the environment variables that hold secrets, of every stage and every source."""
    kinds: tuple[type[BaseSettings], ...] = (*STAGES, *(kind.settings for kind in SOURCES.values()))
    return frozenset(
        f"{kind.model_config.get('env_prefix')}{name.upper()}"
        for kind in kinds
        for name, field in kind.model_fields.items()
        if holds_secret(field.annotation)
    )


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield every secret, whole and in its parts: several in one variable, or in JSON."""
    secret_names = secret_variables()
    for value in (value for name, value in environment.items() if name.upper() in secret_names):
        for secret in (value, *_leaves(value)):
            yield from (part for part in (secret, *_SEPARATORS.split(secret)) if len(part) >= SHORTEST_SECRET)


def _leaves(text: str) -> Iterator[str]:
    try:
        waiting = [json.loads(text)]
    except ValueError:
        return
    while waiting:
        match waiting.pop():
            case dict() as table:
                waiting += table.values()
            case list() as values:
                waiting += values
            case str() as secret:
                yield secret
