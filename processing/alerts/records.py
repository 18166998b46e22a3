"""What the alerts read and write: `ConversationRecords` is the port, and the store answers it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from processing import queries
from processing.alerts.answers import Answers
from processing.alerts.journal import Written, write
from processing.contract import Incident
from processing.queries.notifications import (
    StoredConversation,
    conversations_about,
    messages_due,
    open_conversations,
)
from processing.store.client import Store

log = structlog.get_logger()


class ConversationRecords(Protocol):
    """Where conversations are kept. What was written is read from the next call on."""

    def open_conversations(self) -> Sequence[StoredConversation]:
        """The conversations about each incident that is not over at every channel."""
        ...

    def conversations_about(self, names: Collection[str]) -> Sequence[StoredConversation]:
        """All conversations about some incidents."""
        ...

    def incidents_named(self, names: Collection[str]) -> Sequence[Incident]:
        """The incidents with these ids."""
        ...

    def sources_of(self, incident: Incident, end: datetime) -> frozenset[str]:
        """The sources that posted on the topic of an incident from its start until `end`."""
        ...

    def answers(self, known: Answers) -> Answers:
        """What people have said; `known` where nothing has changed since."""
        ...

    def messages_due(self, channel: str, start: datetime, end: datetime) -> int:
        """The messages that a channel was to have behind `start` and up to `end`; a digest is one."""
        ...

    def write(self, decided: Sequence[Written], now: datetime, wall: datetime) -> None:
        """Write decisions, which queues what is to be sent."""
        ...


@dataclass(frozen=True)
class StoredConversations:
    """`ConversationRecords` in the store."""

    store: Store

    def open_conversations(self) -> Sequence[StoredConversation]:
        """The conversations that go on."""
        return open_conversations(self.store)

    def conversations_about(self, names: Collection[str]) -> Sequence[StoredConversation]:
        """All conversations about some incidents."""
        return conversations_about(self.store, names)

    def incidents_named(self, names: Collection[str]) -> Sequence[Incident]:
        """The incidents with these ids."""
        return queries.incidents_named(self.store, names)

    def sources_of(self, incident: Incident, end: datetime) -> frozenset[str]:
        """The sources that posted on the topic of an incident."""
        return frozenset(queries.sources_between(self.store, incident.topic, incident.start, end))

    def answers(self, known: Answers) -> Answers:
        """What people have said."""
        return known.refreshed(self.store)

    def messages_due(self, channel: str, start: datetime, end: datetime) -> int:
        """The messages that a channel was to have."""
        return messages_due(self.store, channel, start, end)

    def write(self, decided: Sequence[Written], now: datetime, wall: datetime) -> None:
        """Write decisions, and log each that is written."""
        write(self.store, decided, now, wall)
        for each in decided:
            entry = each.entry
            log.info("conversation", about=entry.about, channel=entry.channel, reason=each.decision.reason.value)
