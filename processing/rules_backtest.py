"""What rules of alerts would have told whom, and when, of posts that are stored: the alerts over a rehearsed watch.

The watch does not depend on the rules. So it is rehearsed once, and any number of rule books is applied to what it saw.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from processing import queries
from processing.alerts.alerts import Alerts
from processing.alerts.answers import Answers
from processing.alerts.journal import Written
from processing.alerts.notification import Step
from processing.alerts.queue import place_of_told
from processing.alerts.rules import RuleBook
from processing.alerts.schedule import is_of_one
from processing.alerts.truth import Opened
from processing.contract import Incident
from processing.coverage import Coverage
from processing.detection.bins import start_of_bin
from processing.detection.policy import DetectorPolicy
from processing.queries import Reader
from processing.queries.notifications import StoredConversation
from processing.rehearsal import RehearsedRecords, RememberedAnswers, rehearse, watch_of

Span = tuple[str, datetime, datetime]
"""A topic between two times."""


class Message(msgspec.Struct, frozen=True):
    """A message that a channel would have had.

    `decided` and `due` are event times; what is due at one time at one channel with the same non-empty `bundle` is one
    digest. `incident` is the incident as it was then.
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

    sources: Mapping[Span, frozenset[str]]
    incidents: dict[str, Incident] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)
    _due: defaultdict[str, list[tuple[datetime, str]]] = field(default_factory=lambda: defaultdict(list))
    """When each message of a channel is due, and what tells it from others, in order of time."""

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
        return self.sources[incident.topic, incident.start, end]

    def answers(self, known: Answers) -> Answers:
        """None."""
        return known

    def messages_due(self, channel: str, start: datetime, end: datetime) -> int:
        """The messages that a channel was to have."""
        due = self._due[channel]
        within = due[bisect_right(due, start, key=_time) : bisect_right(due, end, key=_time)]
        return len({name for _, name in within})

    def write(self, decided: Sequence[Written], now: datetime, wall: datetime) -> None:  # noqa: ARG002
        """Keep decisions."""
        for each in decided:
            entry, decision = each.entry, each.decision
            step = decision.step or decision.withheld
            if each.held:
                name = "" if step is None else step.value
                self.held_back.append(HeldBack(now, entry.channel, entry.about, name, each.held))
            if decision.step is not None:
                insort(self._due[entry.channel], (entry.due or now, each.bundle or entry.key))
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


def _time(due: tuple[datetime, str]) -> datetime:
    return due[0]


@dataclass(frozen=True, slots=True)
class Look:
    """What a look of a rehearsed watch brought to the alerts at `now`, the time of its clock."""

    now: datetime
    incidents: tuple[Incident, ...]
    event_time: datetime
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True)
class Rehearsal:
    """All looks of a rehearsed watch over a range, in order of time.

    `sources` has the sources of each incident in these looks, by its topic, its start, and its end or the time reached.
    """

    start: datetime
    end: datetime
    looks: tuple[Look, ...]
    sources: Mapping[Span, frozenset[str]]

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents as they stood at the last look that brought them, the oldest first."""
        last = {each.id: each for look in self.looks for each in look.incidents}
        return tuple(sorted(last.values(), key=lambda each: (each.start, each.id)))


@dataclass
class _Noting:
    """The alerts of a rehearsed watch, which decide nothing, and note what the watch brings."""

    records: RehearsedRecords
    looks: list[Look] = field(default_factory=list)
    sources: dict[Span, frozenset[str]] = field(default_factory=dict)

    def tell(self, incidents: Sequence[Incident], event_time: datetime, coverage: Sequence[Coverage]) -> None:
        """Note a look."""
        for each in incidents:
            end = each.end or max(event_time, each.detected_at)
            span = each.topic, each.start, end
            if span not in self.sources:
                self.sources[span] = frozenset(queries.sources_between(self.records.reader, *span))
        self.looks.append(Look(self.records.now, tuple(incidents), event_time, tuple(coverage)))


@dataclass(frozen=True)
class RulesBacktest:
    """What would have been told in a range, in the order of the decisions."""

    start: datetime
    end: datetime
    messages: tuple[Message, ...]
    held_back: tuple[HeldBack, ...]

    def untold(self) -> Mapping[tuple[str, str], str]:
        """What never came to be told: by conversation and channel, the last reason. The channel may be empty."""
        told = {(each.conversation, each.channel) for each in self.messages}
        told |= {(conversation, "") for conversation, _ in told}  # a rule named a channel in the end
        last = {(each.conversation, each.channel): each.reason for each in self.held_back}
        return {key: reason for key, reason in last.items() if key not in told}

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
    terms: bool = True,
) -> RulesBacktest:
    """Return what the rules of a book would have told between two event times, rounded down to bins.

    Event time is the clock: quiet hours, digests and repetitions are as they would have been then. Nobody acknowledges,
    nothing is silenced, and every channel takes what it is sent.
    """
    return told_by(book, rehearsal(reader, policy, roots, start=start, end=end, terms=terms), ancestors)


def rehearsal(
    reader: Reader,
    policy: DetectorPolicy,
    roots: Mapping[str, str],
    *,
    start: datetime,
    end: datetime,
    terms: bool = True,
    reached: Callable[[datetime], None] = lambda _: None,
) -> Rehearsal:
    """Return what a watch would have brought to any rules between two event times, rounded down to bins.

    This is what takes time: every rise is scored, judged and described each minute. Without `terms` the incidents have
    none, which no rule asks for, and it takes two thirds of the time. `reached` is called with each minute; what it
    raises ends the rehearsal.
    """
    start, end = start_of_bin(start, policy.width), start_of_bin(end, policy.width)
    records = RehearsedRecords.at(RememberedAnswers(reader), start, policy.width, roots)
    noting = _Noting(records)
    for now in rehearse(records, watch_of(records, policy, roots, noting, terms=terms), end):
        reached(now)
    return Rehearsal(start, end, tuple(noting.looks), noting.sources)


def told_by(book: RuleBook, rehearsed: Rehearsal, ancestors: Mapping[str, frozenset[str]]) -> RulesBacktest:
    """Return what the rules of a book would have told. The store is not asked."""
    conversations, now = RehearsedConversations(rehearsed.sources), [rehearsed.start]
    alerts = Alerts(conversations, lambda: book, lambda: ancestors, lambda: now[0], historic=True)
    for look in rehearsed.looks:
        now[0] = look.now
        conversations.incidents |= {each.id: each for each in look.incidents}
        alerts.tell(look.incidents, look.event_time, look.coverage)
    messages, held_back = tuple(conversations.messages), tuple(conversations.held_back)
    return RulesBacktest(rehearsed.start, rehearsed.end, messages, held_back)


def digests(messages: Sequence[Message]) -> Iterator[tuple[Message, ...]]:
    """The messages as channels have them, in order of time: those of one digest together.

    Of what was held for a channel that takes no digest, one step of each conversation is told, or none.
    """
    gathered: dict[tuple[str, str], list[Message]] = {}
    for number, each in enumerate(messages):
        gathered.setdefault((each.channel, each.bundle or str(number)), []).append(each)
    for group in sorted(gathered.values(), key=lambda group: (group[0].due, group[0].channel)):
        if not is_of_one(group[0].bundle):
            yield tuple(group)
        elif len(group) == 1 or group[-1].step != Step.RESOLVED or _goes_on(messages, group[0]):
            yield (group[place_of_told([Step(each.step) for each in group])],)


def _goes_on(messages: Sequence[Message], first: Message) -> bool:
    """Return whether a conversation goes on for a channel before a message of it."""
    of_both = [each for each in messages if (each.conversation, each.channel) == (first.conversation, first.channel)]
    before = of_both[: of_both.index(first)]
    return bool(before) and before[-1].step != Step.RESOLVED
