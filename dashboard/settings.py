"""The settings of the dashboard and of the public pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from processing.contract import ClickHouseAddress, Duration


class ReaderSettings(BaseSettings):
    """The store's address for the user that may only read, from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid")

    clickhouse_url: str = Field("http://127.0.0.1:8123", description="ClickHouse's HTTP interface")
    clickhouse_database: str = Field("banwatch", description="database that holds the tables", pattern=r"^\w+$")
    clickhouse_reader_user: str = Field("reader", description="user that may only read")
    clickhouse_reader_password: SecretStr = Field(SecretStr(""), description="password of the user that may only read")

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


class DashboardSettings(ReaderSettings):
    """The settings of the dashboard."""

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
        return _names(self.dashboard_names)


class PublicSettings(ReaderSettings):
    """The settings of the public pages."""

    public: bool = Field(False, description="whether `banwatch up` serves the public pages too")
    public_port: int = Field(8503, description="port of the public pages", ge=1, le=65_535)
    public_host: str = Field("127.0.0.1", description="address that the public pages listen on")
    public_names: str = Field(
        "",
        description="names by which people come to the public pages, separated by commas: behind a proxy, or in a "
        "network",
    )
    public_site: str = Field(
        "",
        description="address at which people reach the public pages, such as `https://trends.example.org`; without it "
        "the feed and the pages hold relative links only",
        pattern=r"^(https?://[\w.-]+(:\d{1,5})?)?$",
    )
    public_refresh: Duration = Field(
        timedelta(minutes=1),
        description="length of a bucket: the public pages ask the store once a bucket, and caches hold them that long",
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
    )
    public_posts: bool = Field(False, description="whether the public page of an incident shows texts of posts")

    @property
    def names(self) -> frozenset[str]:
        """The configured host names, in lower case. The name of the site is one of them."""
        return _names(self.public_names) | _names(urlsplit(self.public_site).hostname or "")


def _names(given: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in given.split(",") if name.strip())
