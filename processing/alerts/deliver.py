"""From incidents to channels: ask what is known, decide, try once, write down what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import structlog

from processing import queries
from processing.alerts.decision import AlertPolicy, AlertState, Decision, ToldPulse, decide
from processing.contract import Incident, Pulse, VerdictName, highest_pulse
from processing.explanation.sentences import verdict_sentence
from processing.store.client import Store
from processing.store.versions import moment_of, next_version, take_version

log = structlog.get_logger()


class DeliveryOutcome(StrEnum):
    """What came of one try."""

    SENT = "sent"
    RETRY = "retry"
    """It failed for now, and is tried again."""
    FAILED = "failed"
    """The channel will never take it."""
    WITHHELD = "withheld"
    """Not tried: the verdict keeps it back."""


_FAILURES = {DeliveryOutcome.RETRY, DeliveryOutcome.FAILED}


@dataclass(frozen=True)
class Sent:
    """The outcome of one try, and what the channel answered, without secrets."""

    outcome: DeliveryOutcome
    detail: str


class Notifier(Protocol):
    """A channel. It tries once and says what came of it."""

    @property
    def name(self) -> str:
        """As it stands in `deliveries`."""
        ...

    def notify(self, incident: Incident, decision: Decision) -> Sent:
        """Tell of an incident, once. `decision` says whether for the first time or because it grew."""
        ...


@dataclass
class Alerts:
    """The channels, and which incidents they are still to be told of.

    What was decided is remembered, so that an incident is looked at again only when its highest pulse or its verdict
    has changed, or while a channel waits. All that matters is in the store: a restart repeats and forgets nothing.
    """

    store: Store
    notifiers: Sequence[Notifier]
    policy: AlertPolicy = field(default_factory=AlertPolicy)
    _decided: dict[str, tuple[VerdictName, Pulse]] = field(default_factory=dict)
    _waiting: dict[str, Incident] = field(default_factory=dict)

    def tell(self, incidents: Iterable[Incident]) -> None:
        """Tell every channel that has to be told of these incidents as they are now."""
        for incident in incidents:
            if self._decided.get(incident.id) != (incident.verdict, highest_pulse(incident)):
                self._tell(incident)

    def try_again(self) -> None:
        """Try those channels again that have failed and are due. Call it with every look."""
        for incident in tuple(self._waiting.values()):
            self._tell(incident)

    def _tell(self, incident: Incident) -> None:
        decisions = deliver(self.store, self.notifiers, incident, self.policy)
        for decision in decisions:
            if decision not in {Decision.ALREADY_TOLD, Decision.WAITING}:
                log.info("incident", id=incident.id, decision=decision.value)
        self._decided[incident.id] = (incident.verdict, highest_pulse(incident))
        self._waiting.pop(incident.id, None)
        if any(each.tells or each is Decision.WAITING for each in decisions):
            self._waiting[incident.id] = incident


def deliver(
    store: Store, notifiers: Sequence[Notifier], incident: Incident, policy: AlertPolicy
) -> tuple[Decision, ...]:
    """Tell every channel that has to be told. What was sent is written down, so that a restart does not repeat it.

    It is sent first: whoever is killed between the two tells it again, where the other order would never tell it.

    What a verdict kept back is written down too, once a decision.
    """
    return tuple(_deliver_to(store, notifier, incident, policy) for notifier in notifiers)


def _deliver_to(store: Store, notifier: Notifier, incident: Incident, policy: AlertPolicy) -> Decision:
    past = queries.past_deliveries(store, incident.id, notifier.name)
    pulse = highest_pulse(incident)
    told = next((ToldPulse(each.peak, each.pulse) for each in past if each.outcome == DeliveryOutcome.SENT), None)
    failed = [each for each in past if each.outcome in _FAILURES and each.pulse == pulse.start]
    decision = decide(
        policy,
        incident,
        AlertState(
            now=moment_of(next_version(store).version),
            told=told,
            acknowledged=queries.acknowledged(store, incident.id),
            silenced=queries.silenced(store, incident.topic, incident.detected_at if told is None else pulse.start),
            tries=len(failed),
            tried_at=failed[0].at if failed else None,
            refused=any(each.outcome == DeliveryOutcome.FAILED for each in failed),
        ),
    )
    if decision.tells:
        _write_down(store, incident, notifier, decision, _try(notifier, incident, decision))
    elif decision.withholds and (not past or past[0].decision != decision.value):
        why = verdict_sentence(incident.verdict, incident.evidence)
        _write_down(store, incident, notifier, decision, Sent(DeliveryOutcome.WITHHELD, why))
    return decision


def _try(notifier: Notifier, incident: Incident, decision: Decision) -> Sent:
    try:
        return notifier.notify(incident, decision)
    except Exception as error:
        log.exception("channel failed", channel=notifier.name, id=incident.id)
        return Sent(DeliveryOutcome.RETRY, type(error).__name__)


def _write_down(store: Store, incident: Incident, notifier: Notifier, decision: Decision, sent: Sent) -> None:
    pulse = highest_pulse(incident)
    store.insert(
        "deliveries",
        ["dedup_key", "notifier", "decision", "outcome", "detail", "peak", "pulse", "at"],
        [
            [incident.id],
            [notifier.name],
            [decision.value],
            [sent.outcome.value],
            [sent.detail],
            [pulse.excess],
            [pulse.start],
            [moment_of(take_version(store))],
        ],
    )
