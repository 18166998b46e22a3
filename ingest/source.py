"""The interface of a source: an iterator over one network that starts at a cursor, and its settings.

The package `ingest/sources/NAME` holds `NameSettings(SourceSettings)` and `Name(LiveSource)`. The settings' environment
variables begin with `BANWATCH_NAME_`. `ingest/sources/__init__.py` lists the sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, cast

import msgspec
from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ingest.contract import SILENT_AFTER, Post, Rejected
from ingest.contract import Duration as Duration  # noqa: PLC0414 - sources name it from here
from ingest.errors import Misconfigured

Cursor = dict[str, object]
"""The position at which a source stopped, in the source's own terms, as JSON values. An empty one is the beginning."""


class NotACursor(Misconfigured):
    """The saved cursor is damaged or belongs to another source. `reason` is a clause without a full stop."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"The saved cursor is none of {source}: {reason}.")
        self.source, self.reason = source, reason


@dataclass(frozen=True, slots=True)
class Item:
    """One result of a source, and the cursor from which to resume after it."""

    found: Post | Rejected
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Watermark:
    """The statement that everything between these event times has been yielded, without a gap.

    `complete` means that an archive has ended and nothing more will come; a live source is never complete. `idle` means
    that a live source is asked at intervals, or reads history: it has read everything up to `until`, and nobody waits
    for more.
    """

    since: datetime
    until: datetime
    cursor: Cursor
    complete: bool = False
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """The source has nothing to yield for now: the caller waits `seconds` before the next step.

    A source never sleeps, and never waits for its network longer than a second without a yield. The caller can
    therefore stop it, report on it, and see that it is alive.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class PartStatus:
    """The status of one part of a source: a channel, an instance, a feed, a listing.

    A failure belongs to one part. The source tries the part again after a back-off and goes on with the others. `part`
    is the part's name for a person. `fault` is one sentence, or empty if the part works.
    """

    part: str
    fault: str = ""


Step = Item | Watermark | Pause | PartStatus
Steps = Iterator[Step]
"""The steps that a source yields, in the network's order."""


@dataclass(frozen=True, slots=True)
class About:
    """The facts that a user has to know before starting a source. Each field is a few words or one sentence."""

    network: str
    needs: str
    """The settings that the source needs before it can start; empty if it needs none."""
    history: str
    """How far back the source can read."""
    july_2020: bool
    """Whether the source can read July 2020."""
    deletes: str
    """The deletions and edits that the source receives."""


Kept = TypeVar("Kept")

CURSOR_TIMES = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
CURSOR_SECONDS = (-1e10, 1e11)
"""The bounds of a fraction in a cursor. A fraction is seconds, and adding it to a time must not overflow."""


def decode_cursor(cursor: Cursor, kind: type[Kept], source: str) -> Kept:
    """Return a cursor as the Struct or dataclass from which the source made it. Every source uses this function.

    An unknown field is refused. A time or a number so large that arithmetic with it would overflow is refused too.

    Raises:
        NotACursor: the cursor is damaged or belongs to another source.
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


def encode_cursor(kept: object) -> Cursor:
    """Return the cursor from which `decode_cursor` makes the same Struct or dataclass."""
    return cast("Cursor", msgspec.to_builtins(kept, str_keys=True))


def _strangers(given: object, known: object) -> Iterator[str]:
    """Yield the fields of `given` that `known` does not have."""
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


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A setting with several values, separated by commas or blanks."""

Clock = Callable[[], datetime]
"""A function that returns the wall clock's time, timezone-aware and in UTC."""


def utc_now() -> datetime:
    """Return the time of this machine's wall clock, in UTC."""
    return datetime.now(UTC)


def source_config(name: str) -> SettingsConfigDict:
    """Return the `model_config` of a source's settings: frozen, from variables that begin with `BANWATCH_NAME_`."""
    return SettingsConfigDict(env_prefix=f"BANWATCH_{name.upper()}_", frozen=True, extra="forbid")


class SourceSettings(BaseSettings):
    """The settings of one source. Every field has a description; secrets are `SecretStr`."""

    silent_after: Duration = Field(
        SILENT_AFTER, description="without any event for so long the source is called silent", gt=timedelta()
    )

    @property
    def starts_with_up(self) -> bool:
        """Whether `banwatch up` starts the source by default: it needs no setting, or its settings are set."""
        return True

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that the source asks.

        Raises:
            Misconfigured: a setting that names them is wrong.
        """
        return ()


class Source(Protocol):
    """One network or archive. A source knows neither Kafka nor another source."""

    @property
    def name(self) -> str:
        """The name of this collector, of its cursor and of its coverage."""
        ...

    def read(self, cursor: Cursor) -> Steps:
        """Yield the steps that follow the cursor, in the network's order.

        Raises:
            Transient: no part of the network answers. The caller resumes from the last cursor taken, after a pause.
            Misconfigured: a person has to change a setting or a file. The caller stops and reports the reason.
        """
        ...


class LiveSource(Source, Protocol):
    """A source of a network that has no end. The registry lists live sources."""

    about: ClassVar[About]

    def __init__(self, settings: Any, clock: Clock) -> None:
        """Take the source's own settings and the wall clock. No connection is opened yet.

        Raises:
            Misconfigured: a required setting is missing.
        """
        ...


@dataclass(frozen=True, slots=True)
class SourceKind:
    """An entry of the registry: a source and the class of its settings."""

    settings: type[SourceSettings]
    source: type[LiveSource]
