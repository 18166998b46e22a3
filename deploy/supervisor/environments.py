"""The environment of a child process: that of this process, without the secrets that the child does not need.

Whoever gets at a process gets at its environment. A page that is open to a network, or a source that reads what
strangers write, holds nothing that it does not need.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from deploy.settings import FOR_TESTS, PREFIX, STAGES, names_of_stages

PASSWORDS = frozenset({"BANWATCH_CLICKHOUSE_PASSWORD", "BANWATCH_CLICKHOUSE_READER_PASSWORD"})
"""Of the store's two users, for the store."""


def secrets_of(stage: type[BaseSettings]) -> frozenset[str]:
    """The variables of a stage that nobody else is told."""
    return frozenset(
        PREFIX + name.upper() for name, field in stage.model_fields.items() if field.annotation is SecretStr
    )


def told(
    environment: Mapping[str, str], data_dir: Path, secrets: Collection[str] = (), source: str | None = None
) -> dict[str, str]:
    """The environment of a child: with these secrets of the stages, and the settings of one source, by its prefix."""
    public = names_of_stages() - frozenset().union(*map(secrets_of, STAGES)) | FOR_TESTS

    def concerns(name: str) -> bool:
        return not name.startswith(PREFIX) or name in public | set(secrets) or bool(source and name.startswith(source))

    kept = {name: value for name, value in environment.items() if concerns(name.upper())}
    return kept | {"BANWATCH_DATA_DIR": str(data_dir)}
