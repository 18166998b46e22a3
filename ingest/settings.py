"""The settings of the ingest stage."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.contract import (
    POSTS_KEPT,
    Duration,
    KafkaAddress,
    KafkaSecurity,
    Replication,
    SaslMechanism,
    SecurityProtocol,
)
from ingest.source import Words


def _brokers(bootstrap: str) -> str:
    """Return the addresses of brokers as they are set.

    Raises:
        ValueError: one is not `host:port`.
    """
    for endpoint in bootstrap.split(","):
        host, _, port = endpoint.strip().rpartition(":")
        if not (host and port.isascii() and port.isdecimal()):
            raise ValueError("Each broker is written host:port, and several are separated by commas.")
    return bootstrap


def _web_addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Return addresses of web servers as they are set.

    Raises:
        ValueError: one does not begin with http:// or https://, or names no host.
    """
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("An address begins with http:// or https:// and names a host.")
    return addresses


def _web_address(address: str) -> str:
    """Return the address of a web server, or an empty text."""
    return "".join(_web_addresses((address,) if address else ()))


class IngestSettings(BaseSettings):
    """The ingest stage's settings, read from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid", env_ignore_empty=True)

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("banwatch"),
        description="folder of the cursors, the embedded parts' data and the logs",
    )
    kafka_bootstrap: Annotated[str, AfterValidator(_brokers)] = Field(
        "127.0.0.1:9092", description="Kafka brokers, `host:port` separated by commas"
    )
    kafka_group: str = Field("banwatch", description="consumer group of the workers")
    kafka_partitions: int = Field(4, description="partitions of the posts topic when it is created", ge=1, le=1024)
    kafka_retention: Duration = Field(
        POSTS_KEPT,
        description="how long Kafka keeps posts, in a topic that is created: longer than any outage of the workers or "
        "of ClickHouse, and than the time between two backups",
        ge=timedelta(minutes=1),
    )
    kafka_replication_factor: int | None = Field(
        None,
        description="replicas of a topic when it is created; a replica on each broker, up to 3, if unset",
        ge=1,
        le=9,
    )
    kafka_min_insync_replicas: int | None = Field(
        None,
        description="replicas that must have a record before it is acknowledged, for a topic that is created; "
        "at most all of them, and all but one if unset",
        ge=1,
        le=9,
    )
    kafka_security_protocol: SecurityProtocol = Field(
        "PLAINTEXT", description="`PLAINTEXT`, `SSL` (TLS), `SASL_PLAINTEXT` (a login), or `SASL_SSL` (TLS and a login)"
    )
    kafka_ca_file: Path | None = Field(
        None, description="PEM of the authorities that sign the brokers' certificates; the system's if unset"
    )
    kafka_certificate_file: Path | None = Field(
        None, description="PEM of the client's certificate, where brokers ask for one"
    )
    kafka_key_file: Path | None = Field(None, description="PEM of the key of the client's certificate, not encrypted")
    kafka_sasl_mechanism: SaslMechanism = Field(
        "SCRAM-SHA-512", description="`SCRAM-SHA-512`, `SCRAM-SHA-256` or `PLAIN`"
    )
    kafka_user: str = Field("", description="user who logs in to Kafka")
    kafka_password: SecretStr = Field(SecretStr(""), description="password of the Kafka user")
    broker_memory_mb: int = Field(
        256,
        description="megabytes that the embedded broker may hold before it begins anew, once all of it is counted",
        ge=32,
    )
    trends_bluesky: Annotated[str, AfterValidator(_web_address)] = Field(
        "",
        description="address of Bluesky's public interface, `https://public.api.bsky.app`, whose trends are recorded "
        "beside our incidents; off if unset",
    )
    trends_mastodon: Annotated[Words, AfterValidator(_web_addresses)] = Field(
        (), description="addresses of Mastodon servers whose trends are recorded, such as `https://mastodon.social`"
    )
    trends_weibo: Annotated[str, AfterValidator(_web_address)] = Field(
        "", description="address of Weibo, `https://weibo.com`, whose list of hot searches is recorded; off if unset"
    )
    trends_every: Duration = Field(
        timedelta(minutes=2), description="pause between two looks at the trends", ge=timedelta(seconds=1)
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        """Refuse settings that would have no effect, or not the meant one. A child may lack the password."""
        security = self.kafka.security
        if security.logs_in and not security.user:
            raise ValueError(f"BANWATCH_KAFKA_SECURITY_PROTOCOL is {security.protocol}, so set BANWATCH_KAFKA_USER.")
        if security.user and not security.logs_in:
            raise ValueError("BANWATCH_KAFKA_USER needs BANWATCH_KAFKA_SECURITY_PROTOCOL=SASL_SSL or SASL_PLAINTEXT.")
        files = (security.ca_file, security.certificate_file, security.key_file)
        if any(files) and not security.encrypted:
            raise ValueError(
                "Certificates for Kafka are set, so set BANWATCH_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL."
            )
        if (security.certificate_file is None) != (security.key_file is None):
            raise ValueError("Set both BANWATCH_KAFKA_CERTIFICATE_FILE and BANWATCH_KAFKA_KEY_FILE, or neither.")
        if (self.kafka_min_insync_replicas or 1) > (self.kafka_replication_factor or 9):
            raise ValueError("BANWATCH_KAFKA_MIN_INSYNC_REPLICAS is more than BANWATCH_KAFKA_REPLICATION_FACTOR.")
        return self

    @property
    def kafka(self) -> KafkaAddress:
        """The address of Kafka."""
        security = KafkaSecurity(
            self.kafka_security_protocol,
            self.kafka_ca_file,
            self.kafka_certificate_file,
            self.kafka_key_file,
            self.kafka_sasl_mechanism,
            self.kafka_user,
            self.kafka_password,
        )
        return KafkaAddress(self.kafka_bootstrap, security=security)

    @property
    def replication(self) -> Replication:
        """The replication of topics that are created."""
        return Replication(self.kafka_replication_factor, self.kafka_min_insync_replicas)
