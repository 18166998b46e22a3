"""All settings of banwatch, built once from the environment and passed on to the stages."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as NotJson

from dashboard.settings import DashboardSettings, PublicSettings
from deploy.shipped_topics import topics_files
from ingest.errors import Failure
from ingest.settings import IngestSettings
from processing.alerts.settings import AlertSettings
from processing.contract import ClickHouseAddress
from processing.settings import ProcessingSettings

PREFIX = "BANWATCH_"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Host names of this machine."""

FOR_TESTS = frozenset({"BANWATCH_TEST_DATA"})


class ProcessSettings(BaseSettings):
    """What a process shows of itself, from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid", env_ignore_empty=True)

    metrics_port: int | None = Field(
        None,
        description="port of `/metrics`, `/healthz` and `/readyz`, none if unset; of `banwatch up` itself, whose "
        "processes have the ports that follow",
        ge=1,
        le=65_535,
    )
    metrics_host: str = Field("127.0.0.1", description="address that metrics are served on")
    log_format: Literal["text", "json"] = Field("text", description="form of the log: `text`, or `json` for programs")
    log_level: Literal["debug", "info", "warning"] = Field(
        "info", description="least that the log holds: `debug` has a line for each batch"
    )


STAGES: tuple[type[BaseSettings], ...] = (
    IngestSettings,
    ProcessingSettings,
    AlertSettings,
    DashboardSettings,
    PublicSettings,
    ProcessSettings,
)


class SettingsError(Failure):
    """An environment variable is unknown or has an invalid value."""


@dataclass(frozen=True)
class Settings:
    """The settings of every stage."""

    ingest: IngestSettings
    processing: ProcessingSettings
    alerts: AlertSettings
    dashboard: DashboardSettings
    public: PublicSettings
    process: ProcessSettings

    @property
    def data_dir(self) -> Path:
        """The folder of the embedded services' data, the cursors and the logs."""
        return self.ingest.data_dir

    @property
    def store_dir(self) -> Path:
        """The folder of the embedded store's data."""
        return self.data_dir / "warehouse"

    @property
    def demo_dir(self) -> Path:
        """The folder of the demo's data, separate from real posts."""
        return self.data_dir / "demo"

    @property
    def topics_files(self) -> tuple[Path, ...]:
        """The paths of the taxonomy: the files and the shipped ones that the user names, else the first shipped."""
        return topics_files(self.processing.topics_file)

    @property
    def alerts_file(self) -> Path:
        """The path of the rules of alerts: the user's file, else the shipped one."""
        return self.alerts.alerts_file or Path(str(resources.files("deploy").joinpath("config", "alerts.toml")))

    @property
    def events_file(self) -> Path:
        """The path of the known events: the user's file, else the shipped one."""
        return self.dashboard.events_file or Path(str(resources.files("deploy").joinpath("config", "events.toml")))

    @property
    def reader(self) -> ClickHouseAddress:
        """The store's address for the user that may only read."""
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
    """Return the environment variables of all stages, without the variables of the sources."""
    return frozenset(PREFIX + field.upper() for stage in STAGES for field in stage.model_fields)


def known_names() -> frozenset[str]:
    """Return every environment variable that banwatch reads."""
    from ingest.sources import SOURCES  # noqa: PLC0415 - a worker would load every network's library for their names

    return names_of_stages().union(
        *(
            {str(kind.settings.model_config.get("env_prefix")) + field.upper() for field in kind.settings.model_fields}
            for kind in SOURCES.values()
        )
    )


def fault(message: str) -> str:
    """Return what pydantic found wrong with a value, as a sentence."""
    return message.removeprefix("Value error, ").rstrip(".") + "."


@dataclass(frozen=True)
class SettingFault:
    """A fault of the settings. `variable` is empty if several variables do not fit together."""

    variable: str
    sentence: str


def faults(environment: Mapping[str, str]) -> Iterator[SettingFault]:
    """Yield each fault of the settings of the stages: the unknown names first, then each stage's invalid values."""
    given = {name for name in environment if name.startswith(PREFIX)}
    unknown = given - names_of_stages() - FOR_TESTS
    for name in sorted(unknown - known_names() if unknown else ()):
        yield SettingFault(
            name, f"{name} is not a setting of banwatch. {_nearest(name)}docs/reference.md lists them all."
        )
    for stage in STAGES:
        try:
            stage()
        except ValidationError as error:
            for each in error.errors(include_input=False, include_url=False):
                yield _fault_at(each["loc"], fault(each["msg"]))
        except NotJson as error:
            name = str(error).split('"')[1]  # the name of the field is the only part of the error in quotation marks
            yield _fault_at((name,), "It is not JSON.")


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings that the environment holds.

    Raises:
        SettingsError: a variable is unknown or invalid. The message names the variable and the fault.
    """
    if (first := next(faults(environment), None)) is not None:
        raise SettingsError(first.sentence)
    return Settings(
        IngestSettings(),
        ProcessingSettings(),
        AlertSettings(),
        DashboardSettings(),
        PublicSettings(),
        ProcessSettings(),
    )


def _fault_at(place: tuple[int | str, ...], message: str) -> SettingFault:
    """Return the fault at a place in a setting, or in the settings together if the place is empty."""
    if not place:
        return SettingFault("", message)
    variable = f"{PREFIX}{str(place[0]).upper()}"
    within = f" in {'.'.join(str(part) for part in place[1:])}" if place[1:] else ""
    return SettingFault(variable, f"{variable} cannot be used{within}: {message}")
