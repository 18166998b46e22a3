"""From incidents to channels: ask what is known, decide, try once, write down what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from processing import queries
from processing.alerts.decision import AlertState, Decision, decide
from processing.contract import Incident
from processing.explanation.sentences import verdict_sentence
from processing.store.client import Store
from processing.store.versions import moment_of, take_version


class DeliveryOutcome(StrEnum):
    """What came of one try."""

    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    WITHHELD = "withheld"
    """Not tried: the verdict keeps it back."""


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

    def notify(self, incident: Incident) -> Sent:
        """Tell of an incident, once."""
        ...


def deliver(store: Store, notifiers: Sequence[Notifier], incident: Incident) -> tuple[Decision, ...]:
    """Tell every channel that has to be told. What was sent is written down, so that a restart does not repeat it.

    It is sent first: whoever is killed between the two tells it again, where the other order would never tell it.

    What a verdict kept back is written down too, once a decision.
    """
    return tuple(_deliver_to(store, notifier, incident) for notifier in notifiers)


def _deliver_to(store: Store, notifier: Notifier, incident: Incident) -> Decision:
    decision = decide(
        AlertState(
            told=queries.delivered(store, incident.id, notifier.name),
            acknowledged=queries.acknowledged(store, incident.id),
            silenced=queries.silenced(store, incident.topic, incident.detected_at),
            verdict=incident.verdict,
        )
    )
    if decision.tells:
        _write_down(store, incident, notifier, decision, notifier.notify(incident))
    elif decision.waits and queries.last_decision(store, incident.id, notifier.name) != decision.value:
        _write_down(store, incident, notifier, decision, Sent(DeliveryOutcome.WITHHELD, _why(incident)))
    return decision


def _why(incident: Incident) -> str:
    return verdict_sentence(incident.verdict, incident.evidence)


def _write_down(store: Store, incident: Incident, notifier: Notifier, decision: Decision, sent: Sent) -> None:
    at = moment_of(take_version(store))
    store.insert(
        "deliveries",
        ["dedup_key", "notifier", "decision", "outcome", "detail", "at"],
        [[incident.id], [notifier.name], [decision.value], [sent.outcome.value], [sent.detail], [at]],
    )
