"""What the alerts remember between two looks. All of it is made anew from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from processing.alerts.answers import Answers
from processing.alerts.journal import Entry, entry_of
from processing.alerts.records import ConversationRecords
from processing.contract import Incident
from processing.queries.notifications import StoredConversation

log = structlog.get_logger()


@dataclass
class Memory:
    """The conversations by what they are about and by channel, and the incidents that are not over for every channel.

    `sources` has the sources of each of these incidents. `over` are the ids of those that are over for every channel.
    """

    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    sources: dict[str, frozenset[str]] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    answers: Answers = field(default_factory=Answers)

    def of(self, about: str) -> Mapping[str, Entry]:
        """Return the conversations about an incident, by channel."""
        return self.entries.get(about, {})

    def keep(self, entry: Entry) -> None:
        """Remember a conversation as it is now."""
        self.entries.setdefault(entry.about, {})[entry.channel] = entry

    def take(self, records: ConversationRecords, incidents: Sequence[Incident], event_time: datetime) -> None:
        """Take note of incidents as they are now. What was said of those that are new here is read from the store."""
        new = [each.id for each in incidents if each.id not in self.incidents and each.id not in self.over]
        if new:
            self.restore(records.conversations_about(new))
            self.over |= {each for each in new if self._is_over(each)}
        for incident in incidents:
            if incident.id not in self.over and self.incidents.get(incident.id) != incident:
                self.note(records, incident, event_time)

    def restore(self, stored: Sequence[StoredConversation]) -> None:
        """Take note of conversations as the store has them. One that cannot be read stops no other."""
        for each in stored:
            try:
                self.keep(entry_of(each))
            except ValueError as error:
                about = each.conversation
                log.warning("conversation cannot be read", about=about, channel=each.channel, reason=str(error))

    def note(self, records: ConversationRecords, incident: Incident, event_time: datetime) -> None:
        """Take note of an incident as it is now."""
        end = incident.end or max(event_time, incident.detected_at)
        self.sources[incident.id] = records.sources_of(incident, end)
        self.incidents[incident.id] = incident

    def _is_over(self, incident: str) -> bool:
        known = self.of(incident)
        return bool(known) and all(entry.is_over for entry in known.values())

    def forget_what_is_over(self) -> None:
        """Keep only the id of what is over for every channel."""
        done = {each for each in self.incidents if self._is_over(each)}
        for each in done:
            del self.incidents[each], self.sources[each]
        for each in done | self.over:
            self.entries.pop(each, None)
        self.over |= done


def remembered(records: ConversationRecords, event_time: datetime) -> Memory:
    """Return what the store knows of conversations that go on, also of those whose incident can no longer grow."""
    memory = Memory()
    memory.restore(records.open_conversations())
    for incident in records.incidents_named(memory.entries.keys()):
        memory.note(records, incident, event_time)
    return memory
