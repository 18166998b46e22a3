"""The settings of the dashboard."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from processing.contract import ClickHouseAddress, Duration
from processing.setting_types import ServerAddress, SigningKeys, WebAddress


class ReaderSettings(BaseSettings):
    """The store's address for the user that may only read, from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid")

    clickhouse_url: ServerAddress = Field("http://127.0.0.1:8123", description="ClickHouse's HTTP interface")
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
    dashboard_proxies: str = Field(
        "127.0.0.1,::1",
        description="addresses of the proxies before the dashboard, separated by commas, whose word is taken for the "
        "address that somebody comes from",
    )
    dashboard_anonymous: bool = Field(
        False, description="whether everybody who reaches the dashboard may read it without a login"
    )
    dashboard_viewer_password: SecretStr = Field(
        SecretStr(""), description="password that a team shares to read the dashboard, 12 characters or more"
    )
    dashboard_operator_password: SecretStr = Field(
        SecretStr(""),
        description="password that a team shares to also acknowledge, silence, annotate and save queries",
    )
    dashboard_key: SigningKeys = Field(
        SecretStr(""),
        description="key that signs sessions, 32 characters or more; several, separated by commas, the newest first; "
        "without one each start makes up its own, and everybody logs in again",
    )
    dashboard_session: Duration = Field(
        timedelta(hours=12), description="how long a login lasts", ge=timedelta(minutes=1), le=timedelta(days=30)
    )
    public_url: WebAddress = Field(
        "", description="address at which people reach the dashboard, for links in alerts; no links if empty"
    )
    oidc_metadata_url: WebAddress = Field(
        "",
        description="address of an OpenID Connect provider's metadata (`.../.well-known/openid-configuration`) to log "
        "in by",
    )
    oidc_client_id: str = Field("", description="id that the provider has given to the dashboard")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="secret of the OIDC client")
    oidc_operators: str = Field(
        "",
        description="who of the provider's people is an operator: e-mail addresses, domains (`@example.org`) and "
        "values of the claim, separated by commas",
    )
    oidc_viewers: str = Field(
        "", description="who of the provider's people may only read, in the same form as operators"
    )
    oidc_claim: str = Field(
        "",
        description="claim of the provider whose values the lists of operators and viewers may name, such as `groups`",
    )
    dashboard_refresh: Duration = Field(
        timedelta(seconds=5), description="pause between two looks at the store", ge=timedelta(seconds=1)
    )
    events_file: Path | None = Field(None, description="known events that charts mark; the shipped ones if unset")

    desk_url: WebAddress = Field(
        "http://127.0.0.1:8502",
        description="address of the answers' server, which writes what operators enter on the dashboard",
    )
    desk_key: SigningKeys = Field(
        SecretStr(""),
        description="key that signs what operators enter, the same for the dashboard and the answers' server, "
        "32 characters or more; several, separated by commas, the newest first; on one machine it is made up",
    )

    @property
    def names(self) -> frozenset[str]:
        """The configured host names, in lower case, with that of the address at which people reach the dashboard."""
        host = urlsplit(self.public_url).hostname or ""
        return _names(self.dashboard_names) | _names(f"[{host}]" if ":" in host else host)


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
