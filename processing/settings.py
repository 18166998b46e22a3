"""The settings of the processing stage."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.contract import Duration
from processing.contract import ClickHouseAddress
from processing.detection.policy import DetectorPolicy
from processing.setting_types import Names, ServerAddress
from processing.store.pseudonyms import AuthorNames
from processing.store.retention import Retention

SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


def judged_width(width: timedelta) -> timedelta:
    """Return a width of bins that the detector can judge from counts by the minute.

    Raises:
        ValueError: the width is no whole number of minutes, or the detector refuses it.
    """
    if width % timedelta(minutes=1):
        raise ValueError(f"Bins of {width} cannot be counted, because counts are by the minute: take whole minutes.")
    DetectorPolicy.for_bins(width)
    return width


class ProcessingSettings(BaseSettings):
    """The processing stage's settings, read from environment variables with the prefix `BANWATCH_`."""

    model_config = SettingsConfigDict(env_prefix="BANWATCH_", frozen=True, extra="forbid", env_ignore_empty=True)

    clickhouse_url: ServerAddress = Field("http://127.0.0.1:8123", description="ClickHouse's HTTP interface")
    clickhouse_database: str = Field("banwatch", description="database that holds the tables", pattern=r"^\w+$")
    clickhouse_user: str = Field("writer", description="user that may write")
    clickhouse_password: SecretStr = Field(
        SecretStr(""),
        description="password of the user that may write; without one, a store that banwatch starts makes up its own",
    )
    topics_file: Names = Field(
        (),
        description="taxonomy to tag with: files, and names of shipped watch lists, separated by commas; `tiktok-bans` "
        "if unset",
    )
    claims: bool = Field(
        True, description="whether `banwatch up` looks for what is being said in incidents; the model takes 300 MB"
    )
    language_detector: Literal["vote", "langdetect"] = Field("vote", description="`vote`, or `langdetect` alone")
    batch_posts: int = Field(10_000, description="most posts written at once", ge=1, le=200_000)
    batch_linger: Duration = Field(
        timedelta(seconds=1),
        description="how long a batch that is not full waits for more posts; the store's work depends on the number of "
        "batches",
        ge=timedelta(),
        le=timedelta(seconds=10),
    )
    watch_interval: Duration = Field(
        timedelta(seconds=1), description="pause between two looks at the counts", gt=timedelta()
    )
    purge_interval: Duration = Field(
        timedelta(minutes=15),
        description="pause between two looks for deleted text to take off the disk",
        gt=timedelta(),
    )
    roll_up_interval: Duration = Field(
        timedelta(minutes=1), description="pause between two summings-up of minutes to hours and days", gt=timedelta()
    )
    text_days: int | None = Field(
        None, description="days that the text of posts is kept after it was stored; for good if unset", ge=1, le=20_000
    )
    text_days_by_source: dict[SourceName, Annotated[int, Field(ge=1, le=20_000)]] = Field(
        {}, description='days that texts of single sources are kept, as JSON: `{"bluesky": 30}`'
    )
    author_key: SecretStr = Field(
        SecretStr(""),
        description="store authors as hashes by this key; several, separated by commas, with the newest first",
    )
    bin_width: Annotated[Duration, AfterValidator(judged_width)] = Field(
        timedelta(minutes=5), description="width of the detector's bins, whole minutes that divide six hours evenly"
    )

    @property
    def authors(self) -> AuthorNames:
        """The form in which authors are stored."""
        return AuthorNames.from_setting(self.author_key.get_secret_value())

    @property
    def retention(self) -> Retention:
        """The time for which texts are kept."""
        return Retention(self.text_days, self.text_days_by_source)

    @property
    def clickhouse(self) -> ClickHouseAddress:
        """The store's address for the user that may write."""
        return ClickHouseAddress(
            self.clickhouse_url,
            self.clickhouse_user,
            self.clickhouse_password,
            self.clickhouse_database,
        )
