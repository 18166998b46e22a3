"""The settings of the ingest stage."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.contract import KafkaAddress


class IngestSettings(BaseSettings):
    """The ingest stage's settings, read from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid")

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("banwatch"),
        description="folder of the cursors, the embedded parts' data and the logs",
    )
    kafka_bootstrap: str = Field("127.0.0.1:9092", description="Kafka brokers, `host:port` separated by commas")
    kafka_group: str = Field("banwatch", description="consumer group of the workers")
    kafka_partitions: int = Field(4, description="partitions of the posts topic when it is created", ge=1, le=1024)
    broker_memory_mb: int | None = Field(
        None,
        description="megabytes that the embedded broker may hold before it begins anew, once all of it is counted; "
        "an eighth of the machine's memory if unset",
        ge=32,
    )

    @property
    def kafka(self) -> KafkaAddress:
        """The address of Kafka."""
        return KafkaAddress(self.kafka_bootstrap)
