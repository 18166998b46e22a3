"""What `deploy` lends the page: parts of the product that lie outside the dashboard's doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dashboard.alert_rules import Rules
from dashboard.desk_protocol import Fault
from dashboard.rules_backtest import Backtests
from dashboard.watch_list import Topic
from processing.contract import Corrects, Silence
from processing.export import Versions
from processing.queries import Coverage, Reader, Scope
from processing.troubles import Limits

Topics = Callable[[], Mapping[str, Topic]]
"""A function that returns the present topics of the taxonomy by their ids, in its order."""


@dataclass(frozen=True)
class DescribedColumn:
    """A column, ClickHouse's type of it, and what it holds."""

    name: str
    type: str
    text: str


@dataclass(frozen=True)
class DescribedView:
    """A view of the data dictionary. A stable view keeps its columns from release to release."""

    name: str
    text: str
    stable: bool
    columns: tuple[DescribedColumn, ...]


@dataclass(frozen=True)
class ExampleQuery:
    """A worked question: its short, stable name and its SQL, which is about one watch list."""

    name: str
    sql: str


Dictionary = Callable[[Reader], Sequence[DescribedView]]
"""A function that returns the data dictionary of a store, the stable views first."""


Expected = Callable[[Reader, Scope, Sequence[Coverage]], Mapping[datetime, float]]
"""A function that returns the posts that the detector expects of each of its bins of a series, by the bin's start. It
is given what collectors have covered."""


@dataclass(frozen=True)
class Event:
    """Something that happened in the world, for charts to mark. `names` has at least `en`; `link` leads to a source.

    `topic` is the root of the watch list whose charts mark it; charts of every watch list do if it is empty.
    """

    at: datetime
    names: Mapping[str, str] = field(hash=False)
    link: str
    topic: str = ""


Examples = Callable[[str], Sequence[ExampleQuery]]
"""A function that returns the worked questions about the watch list of a root topic."""


def no_examples(root: str) -> Sequence[ExampleQuery]:  # noqa: ARG001 - the form of `Examples`
    """Return that there is no worked question."""
    return ()


Events = Callable[[], tuple[Event, ...]]
"""A function that returns the known events, in any order."""


def no_events() -> tuple[Event, ...]:
    """Return that no event is known."""
    return ()


class DeskUnavailable(Exception):
    """An operator's entry was not written; the message is one sentence in English for a person.

    `dashboard.parts.desk` has the sentence of each `fault` in the reader's language.
    """

    def __init__(self, sentence: str, fault: Fault = Fault.AWAY) -> None:
        super().__init__(sentence)
        self.fault = fault


class Desk(Protocol):
    """Writes what operators enter on the page. `by` is the operator's name.

    Each write may be repeated: the result is the same. Each method raises `DeskUnavailable`.
    """

    def acknowledge(self, incident: str, by: str, note: str) -> None:
        """Write that somebody has the incident in hand."""

    def resolve(self, incident: str, by: str, note: str) -> None:
        """Write that the incident is over for everybody who was told of it."""

    def silence(self, silence: Silence) -> None:
        """Write a silence, in place of the one with its id. An end in the past ends it."""

    def annotate(self, incident: str, by: str, text: str) -> None:
        """Write a note beside an incident."""

    def save_query(self, name: str, sql: str, by: str) -> None:
        """Keep a query under a name, in place of the one with this name."""

    def forget_query(self, name: str, by: str) -> None:
        """Remove a kept query."""


@dataclass(frozen=True)
class Services:
    """The lent parts. A part that is None is not configured, and the page says so where it would be used."""

    topics: Topics
    desk: Desk | None = None
    user: str = ""
    """The name of the user who runs the dashboard, for entries from this machine; empty if it is not known."""
    dictionary: Dictionary | None = None
    examples: Examples = no_examples
    events: Events = no_events
    expected: Expected | None = None
    versions: Callable[[], Versions] | None = None
    """Returns the versions that an export names."""
    rules: Callable[[], Rules] | None = None
    """Returns the rules of alerts as their file has them now."""
    limits: Limits = field(default_factory=Limits)
    """The thresholds of banwatch's own troubles."""
    corrects: Callable[[], Sequence[Corrects]] = tuple
    """Returns the topics of the taxonomy that correct others, as they are now."""
    backtests: Backtests | None = None
    """Says what these rules would have sent."""
