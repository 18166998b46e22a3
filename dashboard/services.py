"""What `deploy` lends the page: parts of the product that lie outside the dashboard's doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from processing.contract import Silence

TopicNames = Callable[[], Mapping[str, Mapping[str, str]]]
"""A function that returns the taxonomy's present names: topic id -> language (at least `en`) -> name."""


@dataclass(frozen=True)
class Event:
    """Something that happened in the world, for charts to mark. `names` has at least `en`; `link` leads to a source."""

    at: datetime
    names: Mapping[str, str]
    link: str


Events = Callable[[], tuple[Event, ...]]
"""A function that returns the known events, in any order."""


def no_events() -> tuple[Event, ...]:
    """Return that no event is known."""
    return ()


class DeskUnavailable(Exception):
    """An operator's entry was not written; the message is one sentence for a person."""


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

    topics: TopicNames
    desk: Desk | None = None
    events: Events = no_events
