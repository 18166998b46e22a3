"""From incidents to decisions on telling people. Nothing is sent here: `processing.alerts.dispatcher` sends.

A conversation is about an incident with one channel. All of its state is its last row in `notifications`, so a restart
goes on where the watch was killed. `processing.alerts.own_alerts` does the same for troubles of banwatch itself. A look
takes these steps:

1. **Remember.** Only after a start or a failure: read the conversations that are open, and their incidents.
2. **Step** each conversation of each incident, also where nothing has happened but that time went on.
3. **Write** what has changed. A row with a step is in the queue of the dispatcher from then on.

A process killed before step 3 has decided nothing, and decides the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from processing.alerts.clock import alert_time
from processing.alerts.conversation import ConversationPolicy, Decision, Situation, step
from processing.alerts.journal import Entry, Written
from processing.alerts.matches import Matched, matches, without_rule
from processing.alerts.memory import Memory, remembered
from processing.alerts.metrics import AlertMetrics
from processing.alerts.outbox import Outbox
from processing.alerts.reasons import HELD_BACK, Match, Reason, State
from processing.alerts.records import ConversationRecords
from processing.alerts.rules import RuleBook, facts_of, wanted
from processing.alerts.silences import covers
from processing.alerts.sources import any_silent, are_known, is_silent
from processing.contract import Incident
from processing.coverage import HISTORY, Coverage, newest_stretches
from processing.explanation.sentences import verdict_sentence
from processing.incidents.people import people_in

NO_CHANNEL = ""
"""The channel of the conversation about an incident for which no rule names one."""


@dataclass(frozen=True)
class Look:
    """What one look goes by. `wall` is the wall clock, `now` the time that decisions go by: see `alert_time`."""

    event_time: datetime
    wall: datetime
    coverage: Sequence[Coverage]
    book: RuleBook
    ancestors: Mapping[str, frozenset[str]]

    @property
    def now(self) -> datetime:
        """The time that decisions go by."""
        return alert_time(self.wall, self.event_time)


@dataclass
class Alerts:
    """Decides what the channels of the rules are told.

    `book` gives the rules and `ancestors` the topics above each topic, both as they are now. `clock` is the wall clock.
    With `historic`, people are told of history too.
    """

    records: ConversationRecords
    book: Callable[[], RuleBook]
    ancestors: Callable[[], Mapping[str, frozenset[str]]]
    clock: Callable[[], datetime]
    historic: bool = False
    policy: ConversationPolicy = field(default_factory=ConversationPolicy)
    metrics: AlertMetrics = field(default_factory=AlertMetrics)
    _memory: Memory | None = None

    def tell(self, incidents: Sequence[Incident], event_time: datetime, coverage: Sequence[Coverage]) -> None:
        """Decide what is said of these incidents as they are now, and of all others that are not over.

        Call it with every look: time passes also where nothing happens.

        Raises:
            StoreUnavailable: call it again; it goes on from what is written.
        """
        # After a failure nobody knows what was written: the memory is made anew.
        memory, self._memory = self._memory or remembered(self.records, event_time), None
        memory.take(self.records, incidents, event_time)
        look = Look(event_time, self.clock(), coverage, self.book(), self.ancestors())
        outbox = Outbox(self.records, look.book, look.now)
        decided = list(self._of_incidents(memory, look, outbox))
        self.records.write(decided, look.now, look.wall)
        self._count(decided, look)
        memory.forget_what_is_over()
        self._memory = memory

    def _count(self, decided: Sequence[Written], look: Look) -> None:
        for each in decided:
            if each.decision.step is not None:
                self.metrics.notifications.labels(each.decision.step).inc()
        self.metrics.silent = sum(is_silent(stretch, look.wall) for stretch in newest_stretches(look.coverage))

    def _of_incidents(self, memory: Memory, look: Look, outbox: Outbox) -> Iterator[Written]:
        if not memory.incidents:
            return
        memory.answers = self.records.answers(memory.answers)
        # Those of a root topic come first: they mute their parts.
        for incident in sorted(memory.incidents.values(), key=lambda each: (_is_part(each), each.start, each.id)):
            yield from self._of_incident(incident, memory, look, outbox)

    def _of_incident(self, incident: Incident, memory: Memory, look: Look, outbox: Outbox) -> Iterator[Written]:
        sources = memory.sources[incident.id]
        facts = facts_of(incident, sources, round(people_in(incident)), look.event_time)
        at = incident.end or look.event_time
        known = memory.of(incident.id)
        found = matches(look.book, facts, look.ancestors)
        situation = self._situation(incident, sources, memory, look)
        for channel in _channels(found, known):
            matched = found.get(channel) or without_rule(look.book, channel)
            if channel == NO_CHANNEL:
                matched = Matched(Match.ELSEWHERE if found else Match.NONE)
            given = replace(
                situation,
                match=matched.match,
                silenced=any(
                    covers(each, incident, facts, channel=channel, at=at, ancestors=look.ancestors)
                    for each in memory.answers.silences
                ),
                inhibited=_is_inhibited(incident, channel, memory),
                repeat=None if matched.route is None else matched.route.rule.repeat,
                languages=None if matched.route is None else wanted(matched.route.rule, incident.languages),
            )
            entry = known.get(channel) or Entry(incident.id, channel)
            decision = step(self.policy, entry.state, given, look.now)
            detail = verdict_sentence(incident.verdict, incident.evidence) if decision.reason is Reason.VERDICT else ""
            if written := _written(entry, decision, matched, outbox, detail):
                memory.keep(written.entry)
                yield replace(written, incident=incident)

    def _situation(self, incident: Incident, sources: frozenset[str], memory: Memory, look: Look) -> Situation:
        """Return how an incident stands at every channel."""
        answer = memory.answers.about(incident.id)
        was_news = any(
            each.state.reason not in {Reason.HISTORIC, Reason.ROUTED} for each in memory.of(incident.id).values()
        )
        end = incident.end
        return Situation(
            incident=incident,
            event_time=look.event_time,
            known=end is None or are_known(look.coverage, sources, end, end + self.policy.join),
            no_data=any_silent(look.coverage, sources, look.wall),
            acknowledgement=None if answer is None else answer.at,
            ended_by_person=answer is not None and answer.action == "resolve",
            historic=not self.historic and not was_news and look.wall - incident.detected_at >= HISTORY,
        )


def _channels(found: Mapping[str, Matched], known: Mapping[str, Entry]) -> list[str]:
    """Return the channels of an incident: those of the rules and those that it has been told at, else none at all."""
    return sorted({*found, *known}) or [NO_CHANNEL]


def _is_part(incident: Incident) -> bool:
    """Whether the surge is one of a sub-topic and not of the whole topic."""
    return incident.lead_topic not in {"", incident.topic}


def _is_inhibited(incident: Incident, channel: str, memory: Memory) -> bool:
    """Whether the channel hears of the surge that this one is a part of."""
    return _is_part(incident) and any(
        other.topic == incident.topic and not _is_part(other) and _is_told(memory.of(other.id).get(channel))
        for other in memory.incidents.values()
    )


def _is_told(entry: Entry | None) -> bool:
    return entry is not None and entry.state.state in {State.FIRING, State.RECOVERING}


def _written(entry: Entry, decision: Decision, matched: Matched, outbox: Outbox, detail: str = "") -> Written | None:
    """Return what is to be written down of a decision; None where nothing has changed."""
    if decision.state == entry.state:
        return None
    rule = entry.rule if matched.route is None else matched.route.rule.name
    after = replace(entry, state=decision.state, number=entry.number + 1, rule=rule)
    if decision.step is not None:
        return outbox.put(after, decision, matched.route)
    return Written(after, decision, held=decision.reason.value if decision.reason in HELD_BACK else "", detail=detail)
