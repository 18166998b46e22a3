"""What a source is: an iterator over one network, from a cursor, its settings, and the two ways it can fail.

The file `ingest/sources/NAME.py` holds `NameSettings(SourceSettings)`, whose environment variables begin with
`BANWATCH_NAME_`, and `Name(LiveSource)`; `ingest/sources/__init__.py` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

import msgspec
from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ingest.contract import SILENT_AFTER, Post, Rejected
from ingest.errors import Failure

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


class NotACursor(Permanent):
    """What was saved is no cursor of this source: another one's, or damaged. `reason` is half a sentence."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"The saved cursor is none of {source}: {reason}.")
        self.source, self.reason = source, reason


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a source: what it found, and the cursor to resume behind it."""

    found: Post | Rejected
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything between these event times has been yielded, without a gap.

    An archive says `complete` with its last word: nothing more will come. A live source says `idle` where it is asked
    in its own time, or reads history: it has read all there was up to `until`, and nobody waits for the rest. A live
    source is never complete.
    """

    since: datetime
    until: datetime
    cursor: Cursor
    complete: bool = False
    idle: bool = False


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


Kept = TypeVar("Kept")

CURSOR_TIMES = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
CURSOR_SECONDS = (-1e10, 1e11)
"""Fractions are seconds: within what a time can be moved by."""


def decode_cursor(cursor: Cursor, kind: type[Kept], source: str) -> Kept:
    """A cursor as the Struct or dataclass that the source made it of. No source reads its cursor in another way.

    A field that the kind does not have is refused too, and a time or number so far out that reckoning with it fails.

    Raises:
        NotACursor: it is another source's, or nobody's.
    """
    try:
        kept = msgspec.convert(cursor, kind, str_keys=True)
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        raise NotACursor(source, str(error)) from error
    known = msgspec.to_builtins(kept, builtin_types=(datetime,))
    if (strange := next(_strangers(cursor, known), None)) is not None:
        raise NotACursor(source, f"it has a field {strange[:40]!r}")
    for value in _leaves(known):
        if not _can_be_reckoned_with(value):
            raise NotACursor(source, f"{str(value)[:40]} is out of reach")
    return kept


def _strangers(given: object, known: object) -> Iterator[str]:
    """Fields that were given and are not known."""
    if isinstance(given, dict) and isinstance(known, dict):
        named = {str(name): value for name, value in known.items()}
        for name, value in given.items():
            if str(name) not in named:
                yield str(name)
            yield from _strangers(value, named.get(str(name)))
    elif isinstance(given, list) and isinstance(known, list | tuple):
        for value, of_known in zip(given, known, strict=False):
            yield from _strangers(value, of_known)


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from (leaf for each in value.items() for part in each for leaf in _leaves(part))
    elif isinstance(value, list | tuple):
        yield from (leaf for each in value for leaf in _leaves(each))
    else:
        yield value


def _can_be_reckoned_with(value: object) -> bool:
    match value:
        case datetime():
            return value.tzinfo is not None and CURSOR_TIMES[0] <= value <= CURSOR_TIMES[1]
        case float():
            return CURSOR_SECONDS[0] <= value <= CURSOR_SECONDS[1]
        case int():
            return -(2**63) <= value < 2**63
        case _:
            return True


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


def utc_now() -> datetime:
    """The wall clock of this machine."""
    return datetime.now(UTC)


def source_config(name: str) -> SettingsConfigDict:
    """The `model_config` of a source's settings: frozen, from variables that begin with `BANWATCH_NAME_`."""
    return SettingsConfigDict(env_prefix=f"BANWATCH_{name.upper()}_", frozen=True, extra="forbid")


class SourceSettings(BaseSettings):
    """What a user sets of one source. Every field has a description; secrets are `SecretStr`."""

    silent_after: Duration = Field(
        SILENT_AFTER, description="without any event for so long the source is called silent", gt=timedelta()
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

    def read(self, cursor: Cursor) -> Iterator[Item | Watermark | Pause | PartStatus]:
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
