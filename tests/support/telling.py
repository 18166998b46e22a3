"""What a watch decides to tell one channel, without a dispatcher that sends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from processing.alerts.alerts import Alerts
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.records import StoredConversations
from processing.alerts.rules import AlertRule, Channel, RuleBook
from processing.store.client import Store

CONSOLE = Channel("console", "console", ConsoleOptions())
BOOK = RuleBook(
    version="test",
    zone=ZoneInfo("UTC"),
    channels={"console": CONSOLE},
    rules=(AlertRule(name="all", channels=("console",)),),
)
"""Every surge of people, to one channel, at once."""


def wall_clock() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def alerts_of(store: Store, clock: Callable[[], datetime] = wall_clock) -> Alerts:
    """What tells one channel of every surge of people, however long ago."""
    return Alerts(StoredConversations(store), lambda: BOOK, dict, clock, historic=True)


class Heard:
    """What channels hear of from now on: a line for each message."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.before = {key for key, *_ in self._rows()}

    def _rows(self) -> list[tuple[str, str, list[str]]]:
        return self.store.query(  # type: ignore[return-value]
            "SELECT key, step, growth FROM notifications WHERE step != '' ORDER BY at, conversation, number"
        )

    @property
    def steps(self) -> list[str]:
        """The steps, in the order of the decisions."""
        return [step for key, step, _ in self._rows() if key not in self.before]

    @property
    def opened(self) -> int:
        """How many conversations were opened."""
        return self.steps.count("opened")
