"""The settings of the dashboard."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from processing.contract import ClickHouseAddress, Duration


class DashboardSettings(BaseSettings):
    """The dashboard's settings, read from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid")

    clickhouse_url: str = Field("http://127.0.0.1:8123", description="ClickHouse's HTTP interface")
    clickhouse_database: str = Field("banwatch", description="database that holds the tables", pattern=r"^\w+$")
    clickhouse_reader_user: str = Field("reader", description="user that may only read")
    clickhouse_reader_password: SecretStr = Field(SecretStr(""), description="password of the user that may only read")
    dashboard_port: int = Field(8501, description="port of the dashboard", ge=1, le=65_535)
    dashboard_host: str = Field("127.0.0.1", description="address that the dashboard listens on")
    dashboard_names: str = Field(
        "",
        description="names by which people come to the dashboard, separated by commas: behind a proxy, or in a network",
    )
    dashboard_refresh: Duration = Field(
        timedelta(seconds=5), description="pause between two looks at the store", ge=timedelta(seconds=1)
    )
    events_file: Path | None = Field(None, description="known events that charts mark; the shipped ones if unset")

    @property
    def names(self) -> frozenset[str]:
        """The configured host names, in lower case."""
        return frozenset(name.strip().lower() for name in self.dashboard_names.split(",") if name.strip())

    @property
    def clickhouse(self) -> ClickHouseAddress:
        """The store's address for the user that may only read.

        The timeout is short because a person waits for the page.
        """
        return ClickHouseAddress(
            self.clickhouse_url,
            self.clickhouse_reader_user,
            self.clickhouse_reader_password,
            self.clickhouse_database,
            timeout=timedelta(seconds=10),
        )
