"""All settings, built once from the environment and handed down."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from dashboard.settings import DashboardSettings
from ingest.errors import Failure
from ingest.settings import IngestSettings
from processing.contract import ClickHouseAddress
from processing.settings import ProcessingSettings

PREFIX = "BANWATCH_"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that are this machine."""

FOR_TESTS = frozenset({"BANWATCH_TEST_DATA"})

STAGES: tuple[type[BaseSettings], ...] = (IngestSettings, ProcessingSettings, DashboardSettings)


class SettingsError(Failure):
    """The environment says something that is not a setting, or not a possible one."""


@dataclass(frozen=True)
class Settings:
    """What every stage is told."""

    ingest: IngestSettings
    processing: ProcessingSettings
    dashboard: DashboardSettings

    @property
    def data_dir(self) -> Path:
        """Where the embedded parts, the cursors and the logs live."""
        return self.ingest.data_dir

    @property
    def store_dir(self) -> Path:
        """Where the embedded store keeps its data."""
        return self.data_dir / "warehouse"

    @property
    def demo_dir(self) -> Path:
        """Where the demo keeps what is its own, apart from real posts."""
        return self.data_dir / "demo"

    @property
    def topics_file(self) -> Path:
        """The taxonomy: the user's, else the shipped one."""
        return self.processing.topics_file or Path(str(resources.files("deploy").joinpath("config", "topics.toml")))

    @property
    def reader(self) -> ClickHouseAddress:
        """The store, as the user that may only read."""
        return ClickHouseAddress(
            self.dashboard.clickhouse_url,
            self.dashboard.clickhouse_reader_user,
            self.dashboard.clickhouse_reader_password,
            self.dashboard.clickhouse_database,
        )


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, known_names(), n=1)
    return f"Did you mean {near[0]}? " if near else ""


def names_of_stages() -> frozenset[str]:
    """The environment variables of all but the sources."""
    return frozenset(PREFIX + field.upper() for stage in STAGES for field in stage.model_fields)


def known_names() -> frozenset[str]:
    """Every environment variable that means something."""
    from ingest.sources import SOURCES  # noqa: PLC0415 - a worker would load every network's library for their names

    return names_of_stages().union(
        *(
            {str(kind.settings.model_config.get("env_prefix")) + field.upper() for field in kind.settings.model_fields}
            for kind in SOURCES.values()
        )
    )


def load(environment: Mapping[str, str]) -> Settings:
    """Build the settings.

    Raises:
        SettingsError: naming the variable and what is wrong with it.
    """
    given = {name for name in environment if name.startswith(PREFIX)}
    unknown = given - names_of_stages() - FOR_TESTS
    for name in sorted(unknown - known_names() if unknown else ()):
        raise SettingsError(f"{name} is not a setting of banwatch. {_nearest(name)}docs/reference.md lists them all.")
    try:
        return Settings(IngestSettings(), ProcessingSettings(), DashboardSettings())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name} cannot be used: {first['msg']}.") from error
