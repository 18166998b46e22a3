"""What rules of alerts would have told whom, and when, of posts that are stored: the alerts over a rehearsed watch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from processing import queries
from processing.alerts.alerts import Alerts
from processing.alerts.answers import Answers
from processing.alerts.journal import Written
from processing.alerts.rules import RuleBook
from processing.alerts.truth import Opened
from processing.contract import Incident
from processing.coverage import Coverage
from processing.detection.bins import start_of_bin
from processing.detection.policy import DetectorPolicy
from processing.queries import Reader
from processing.queries.notifications import StoredConversation
from processing.rehearsal import RehearsedRecords, rehearse, watch_of


class Message(msgspec.Struct, frozen=True):
    """A message that a channel would have had.

    `decided` and `due` are event times; what is due at one time at one channel with the same non-empty `bundle` is one
    digest. `incident` is the incident as it was then, None where the message is about a source.
    """

    decided: datetime
    due: datetime
    channel: str
    rule: str
    conversation: str
    step: str
    growth: tuple[str, ...]
    reason: str
    bundle: str
    incident: Incident | None


class HeldBack(msgspec.Struct, frozen=True):
    """What was to be said and was not, or not at once, and why."""

    decided: datetime
    channel: str
    conversation: str
    step: str
    reason: str


@dataclass
class RehearsedConversations:
    """`ConversationRecords` in memory: nobody has answered, and nothing was told before the first look."""

    reader: Reader
    incidents: dict[str, Incident] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)

    def open_conversations(self) -> Sequence[StoredConversation]:
        """None."""
        return ()

    def conversations_about(self, names: Collection[str]) -> Sequence[StoredConversation]:  # noqa: ARG002
        """None."""
        return ()

    def incidents_named(self, names: Collection[str]) -> Sequence[Incident]:  # noqa: ARG002
        """None."""
        return ()

    def sources_of(self, incident: Incident, end: datetime) -> frozenset[str]:
        """The sources that posted on the topic of an incident."""
        return frozenset(queries.sources_between(self.reader, incident.topic, incident.start, end))

    def answers(self, known: Answers) -> Answers:
        """None."""
        return known

    def messages_due(self, channel: str, start: datetime, end: datetime) -> int:
        """The messages that a channel was to have."""
        due = [each for each in self.messages if each.channel == channel and start < each.due <= end]
        return len({each.bundle or (each.conversation, each.decided, each.step) for each in due})

    def write(self, decided: Sequence[Written], now: datetime, wall: datetime) -> None:  # noqa: ARG002
        """Keep decisions."""
        for each in decided:
            entry, decision = each.entry, each.decision
            step = decision.step or decision.withheld
            if each.held:
                name = "" if step is None else step.value
                self.held_back.append(HeldBack(now, entry.channel, entry.about, name, each.held))
            if decision.step is not None:
                self.messages.append(
                    Message(
                        now,
                        entry.due or now,
                        entry.channel,
                        entry.rule,
                        entry.about,
                        decision.step.value,
                        tuple(growth.value for growth in decision.growth),
                        decision.reason.value,
                        each.bundle,
                        self.incidents.get(entry.about),
                    )
                )


@dataclass
class _Noting:
    """The alerts of a rehearsed watch, which note each incident as it is before they decide."""

    alerts: Alerts
    records: RehearsedConversations

    def tell(self, incidents: Sequence[Incident], event_time: datetime, coverage: Sequence[Coverage]) -> None:
        """Decide what is said."""
        self.records.incidents |= {each.id: each for each in incidents}
        self.alerts.tell(incidents, event_time, coverage)


@dataclass(frozen=True)
class RulesBacktest:
    """What would have been told in a range, in the order of the decisions."""

    start: datetime
    end: datetime
    messages: tuple[Message, ...]
    held_back: tuple[HeldBack, ...]

    def opened(self, ancestors: Mapping[str, frozenset[str]]) -> tuple[Opened, ...]:
        """The incidents that were told, each by the first message that reached a channel, in order of these."""
        first: dict[str, Message] = {}
        last: dict[str, Incident] = {}
        for each in sorted(self.messages, key=lambda message: message.due):
            if each.incident is not None:
                last[each.conversation] = each.incident
                first.setdefault(each.conversation, each)
        return tuple(
            Opened(each.due, last[name].start, last[name].end or self.end, _topics(last[name], ancestors))
            for name, each in sorted(first.items(), key=lambda item: item[1].due)
        )


def _topics(incident: Incident, ancestors: Mapping[str, frozenset[str]]) -> frozenset[str]:
    own = {incident.topic, incident.lead_topic, *incident.subtopics} - {""}
    return frozenset(own).union(*(ancestors.get(topic, frozenset()) for topic in own))


def backtest_rules(
    reader: Reader,
    policy: DetectorPolicy,
    roots: Mapping[str, str],
    *,
    book: RuleBook,
    ancestors: Mapping[str, frozenset[str]],
    start: datetime,
    end: datetime,
) -> RulesBacktest:
    """Return what the rules of a book would have told between two event times, rounded down to bins.

    Event time is the clock: quiet hours, digests and repetitions are as they would have been then. Nobody acknowledges,
    nothing is silenced, and every channel takes what it is sent.
    """
    start, end = start_of_bin(start, policy.width), start_of_bin(end, policy.width)
    records = RehearsedRecords.at(reader, start, policy.width, roots)
    conversations = RehearsedConversations(reader)
    alerts = Alerts(conversations, lambda: book, lambda: ancestors, lambda: records.now, historic=True)
    watch = watch_of(records, policy, roots, _Noting(alerts, conversations))
    for _ in rehearse(records, watch, end):
        pass
    return RulesBacktest(start, end, tuple(conversations.messages), tuple(conversations.held_back))


def digests(messages: Sequence[Message]) -> Iterator[tuple[Message, ...]]:
    """The messages as channels have them, in order of time: those of one digest together."""
    gathered: dict[tuple[str, str], list[Message]] = {}
    for number, each in enumerate(messages):
        gathered.setdefault((each.channel, each.bundle or str(number)), []).append(each)
    yield from sorted((tuple(group) for group in gathered.values()), key=lambda group: (group[0].due, group[0].channel))
