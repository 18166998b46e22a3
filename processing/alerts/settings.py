"""The settings of the alerts, which only the watch and the answers' server receive: some are secret."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from processing.alerts.signed_links import SignedLinks, signed_links
from processing.setting_types import SigningKeys, WebAddress

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
        description="key that signs these links, 32 characters or more; several, separated by commas, the newest first",
    )
    answers_host: str = Field("127.0.0.1", description="address that the answers' server listens on")
    answers_port: int = Field(8502, description="port of the answers' server", ge=1, le=65_535)

    @property
    def links(self) -> SignedLinks | None:
        """What signs the links; None where they are not set up."""
        return signed_links(self.answers_url, self.answers_key)
