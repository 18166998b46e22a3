"""What a source is: an iterator over one network, from a cursor, its settings, and the two ways it can fail.

The file `ingest/sources/NAME.py` holds `NameSettings(SourceSettings)`, whose environment variables begin with
`BANWATCH_NAME_`, and `Name(LiveSource)`; `ingest/sources/__init__.py` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ingest.contract import Post, Rejected
from ingest.failure import Failure

Cursor = dict[str, object]
"""Where a source stopped, in its own terms; JSON values only. An empty one means the beginning."""


class Transient(Failure):
    """The network failed in a way that passes: try again later, from the cursor.

    `retry_after` is how long the network asked to be left alone, None where it did not say.
    """

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(Failure):
    """The source cannot work as it is configured: a person has to change something. The message says what."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a source: what it found, and the cursor to resume behind it."""

    found: Post | Rejected
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Reached:
    """Everything between these event times has been yielded, without a gap.

    `complete` says that nothing more will come.
    """

    since: datetime
    until: datetime
    cursor: Cursor
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to yield for now: the caller waits `seconds` before it asks for more.

    A source never sleeps by itself, and never waits for its network longer than a second without yielding, so that
    whoever reads it can stop it, report, and see that it is alive.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class PartStatus:
    """How one part of a source is: a channel, an instance, a feed, a listing.

    A failure belongs to its part: the source tries that part again by itself, after a back-off, and goes on with the
    others. `part` is the part's name for a person. `fault` is one sentence, empty where the part works (again).
    """

    part: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What a user has to know of a source before starting it; each is a few words or one sentence."""

    network: str
    needs: str
    """What has to be set before it can start; empty where nothing has."""
    history: str
    """How far back it can go."""
    july_2020: bool
    """Whether it can go back to July 2020."""
    deletes: str
    """What it learns of deletions and edits."""


def _split(given: object) -> object:
    return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given


def _seconds(given: object) -> object:
    try:
        return float(given) if isinstance(given, str) else given
    except ValueError:
        return given


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several values in one setting, separated by commas or blanks."""

Duration = Annotated[timedelta, BeforeValidator(_seconds)]
"""A time span, given as seconds or as ISO 8601 (`PT30S`)."""

Clock = Callable[[], datetime]
"""The wall clock, aware and in UTC."""


def source_config(name: str) -> SettingsConfigDict:
    """The `model_config` of a source's settings: frozen, from variables that begin with `BANWATCH_NAME_`."""
    return SettingsConfigDict(env_prefix=f"BANWATCH_{name.upper()}_", frozen=True, extra="forbid")


class SourceSettings(BaseSettings):
    """What a user sets of one source. Every field has a description; secrets are `SecretStr`."""

    silent_after: Duration = Field(
        timedelta(minutes=2), description="without any event for so long the source is called silent", gt=timedelta()
    )

    @property
    def starts_with_up(self) -> bool:
        """Whether `banwatch up` starts the source unasked: it needs nothing, or what it needs is set."""
        return True


class Source(Protocol):
    """One network. It knows neither Kafka nor another source."""

    @property
    def name(self) -> str:
        """Names this collector, and with it its cursor and what it has covered."""
        ...

    def read(self, cursor: Cursor) -> Iterator[Item | Reached | Pause | PartStatus]:
        """Yield what lies behind the cursor, in the network's order.

        Raises:
            Transient: no part of the network answers. The caller resumes from the last cursor taken, after a pause.
            Permanent: a setting is wrong, so that a person has to change it. The caller stops and says why.
        """
        ...


class LiveSource(Source, Protocol):
    """A source of a network that goes on, as the registry knows it."""

    about: ClassVar[About]

    def __init__(self, settings: Any, clock: Clock) -> None:
        """Take the source's own settings and the wall clock. Nothing is connected yet.

        Raises:
            Permanent: something that it needs is not set.
        """
        ...


@dataclass(frozen=True, slots=True)
class SourceKind:
    """An entry of the registry."""

    settings: type[SourceSettings]
    source: type[LiveSource]
