"""The settings of the alerts, which only the watch and the answers' server receive: some are secret."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import get_args

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from processing.alerts.signed_links import SignedLinks, signed_links
from processing.contract import Duration
from processing.setting_types import SigningKeys, WebAddress
from processing.trouble_limits import Limits

ALERT_SECRETS = "BANWATCH_ALERT_SECRETS"
"""The setting that holds the secrets of channels."""


def holds_secret(annotation: object) -> bool:
    """Return whether a field of this type holds a secret, be it among other values."""
    return annotation is SecretStr or any(holds_secret(part) for part in get_args(annotation))


class AlertSettings(BaseSettings):
    """The settings of the alerts, read from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid", env_ignore_empty=True)

    alerts_file: Path | None = Field(None, description="rules of the alerts; the shipped ones if unset")
    alert_secrets: dict[str, dict[str, SecretStr]] = Field(
        {}, description='secret fields of channels, as JSON: `{"newsroom": {"token": "..."}}`'
    )
    heartbeat_url: SecretStr = Field(
        SecretStr(""),
        description="address to ping while fresh posts are scored, as Healthchecks gives it; none if empty",
    )
    public_url: WebAddress = Field(
        "", description="address at which people reach the dashboard, for links in alerts; no links if empty"
    )
    answers_url: WebAddress = Field(
        "", description="address at which people reach the answers' server, for the links in alerts; no links if empty"
    )
    answers_key: SigningKeys = Field(
        SecretStr(""),
        description="key that signs the links in alerts, 32 characters or more; several, separated by commas, the "
        "newest first",
    )
    answers_host: str = Field("127.0.0.1", description="address that the answers' server listens on")
    answers_port: int = Field(8502, description="port of the answers' server", ge=1, le=65_535)

    lag_limit: Duration = Field(
        timedelta(minutes=15),
        description="how far the counts may be behind the clock before the trouble is told",
        gt=timedelta(),
    )
    rejected_limit: float = Field(
        0.05,
        description="share of a source's records in an hour that may be rejected before the trouble is told",
        gt=0,
        le=1,
    )
    rejected_least: int = Field(20, description="fewer rejected records in an hour are not told", ge=1)
    disk_limit: float = Field(0.1, description="free share of a disk below which the trouble is told", gt=0, lt=1)
    disk_critical: float = Field(
        0.03, description="free share of a disk below which the trouble is critical", gt=0, lt=1
    )

    def limits(self, width: timedelta) -> Limits:
        """The thresholds of banwatch's own troubles. `width` is the detector's bin."""
        return Limits(
            lag=self.lag_limit,
            width=width,
            rejected_share=self.rejected_limit,
            rejected_least=self.rejected_least,
            disk=self.disk_limit,
            disk_critical=self.disk_critical,
        )

    @property
    def links(self) -> SignedLinks | None:
        """What signs the links; None where they are not set up."""
        return signed_links(self.answers_url, self.answers_key)
