"""The settings of the ingest stage."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.contract import POSTS_KEPT, Duration, KafkaAddress


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


class IngestSettings(BaseSettings):
    """The ingest stage's settings, read from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid")

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
        ge=timedelta(hours=1),
    )

    @property
    def kafka(self) -> KafkaAddress:
        """The address of Kafka."""
        return KafkaAddress(self.kafka_bootstrap)
