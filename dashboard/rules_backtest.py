"""What rules of alerts would have sent of posts that are stored, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from processing.contract import Incident, Severity, VerdictName
from processing.queries import Reader

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True)
class TunedRule:
    """The rule of the file with the name `rule`, with these values in place of its own: see `AlertRule`."""

    rule: str
    severity: Severity
    posts: int
    people: int
    ratio: float
    verdicts: tuple[VerdictName, ...]


@dataclass(frozen=True)
class MessagePart:
    """What one message says of one incident, and the rule that it goes by. `about` is the incident's id."""

    about: str
    step: str
    rule: str


@dataclass(frozen=True)
class BacktestMessage:
    """A message that a channel would have had at `at`, event time. A digest has several parts."""

    at: datetime
    channel: str
    parts: tuple[MessagePart, ...]


@dataclass(frozen=True)
class BacktestIncident:
    """An incident as it stood at the end, and how many people had posted."""

    incident: Incident
    people: int


@dataclass(frozen=True)
class Backtest:
    """What a rules file would have sent between two event times, in order of time.

    `incidents` are all that there were, the oldest first, told or not. `untold` has for each of which nobody was told
    the last reason why.
    """

    start: datetime
    end: datetime
    messages: tuple[BacktestMessage, ...]
    incidents: tuple[BacktestIncident, ...]
    untold: Mapping[str, str]

    def of_rule(self, rule: str) -> tuple[BacktestMessage, ...]:
        """Return the messages that a rule has a part in."""
        return tuple(each for each in self.messages if any(part.rule == rule for part in each.parts))

    def a_week(self, messages: int) -> float:
        """Return so many messages of this range as messages a week."""
        return messages / ((self.end - self.start) / WEEK)


class Rehearsal(Protocol):
    """What a watch would have brought to any rules between two event times. Only what has made it can read it."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


class Backtests(Protocol):
    """Says what the rules of the file would have sent."""

    def rehearse(
        self, reader: Reader, start: datetime, end: datetime, reached: Callable[[datetime], None]
    ) -> Rehearsal:
        """Watch stored posts again. It takes minutes: `reached` is called all along, and what it raises ends it.

        Raises:
            StoreUnavailable: the store does not answer.
            StoreRefused: the store refuses a query.
        """

    def told(self, rehearsal: Rehearsal, tuned: TunedRule | None) -> Backtest:
        """Return what the last valid rules would have sent, one of them tuned. The store is not asked."""

    def toml(self, tuned: TunedRule) -> str:
        """Return the table of a tuned rule in the form of the rules file; empty if the file has no such rule."""
