"""The environment of a child process: the environment of this process without secrets that the child does not need.

An attacker in a process can read the environment of the process. The page may be open to a network, and a source reads
strangers' texts, so each holds only the secrets that it needs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic_settings import BaseSettings

from deploy.settings import FOR_TESTS, PREFIX, STAGES, names_of_stages
from processing.alerts.settings import holds_secret

PASSWORDS = frozenset({"BANWATCH_CLICKHOUSE_PASSWORD", "BANWATCH_CLICKHOUSE_READER_PASSWORD"})
"""The passwords of the store's two users, which the store needs."""

METRICS_PORT = "BANWATCH_METRICS_PORT"
"""The port of one process. A child gets one of its own, or none."""

TRACES = "OTEL_"
"""The beginning of OpenTelemetry's variables, of which a header may hold a token. Only workers send traces."""


def secrets_of(stage: type[BaseSettings]) -> frozenset[str]:
    """Return the secret environment variables of a stage, which only that stage receives."""
    return frozenset(
        PREFIX + name.upper() for name, field in stage.model_fields.items() if holds_secret(field.annotation)
    )


def told(
    environment: Mapping[str, str], data_dir: Path, secrets: Collection[str] = (), prefix: str | None = None
) -> dict[str, str]:
    """Return the environment of a child, with these `secrets` and the variables whose names begin with `prefix`."""
    public = names_of_stages() - frozenset().union(*map(secrets_of, STAGES)) - {METRICS_PORT} | FOR_TESTS

    def concerns(name: str) -> bool:
        ours = name.startswith((PREFIX, TRACES))
        return not ours or name in public | set(secrets) or bool(prefix and name.startswith(prefix))

    kept = {name: value for name, value in environment.items() if concerns(name.upper())}
    return kept | {"BANWATCH_DATA_DIR": str(data_dir)}
