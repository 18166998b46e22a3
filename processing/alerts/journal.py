"""Between conversations and their rows in `notifications`: what was decided, and what was held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from processing.alerts.conversation import Conversation, Decision
from processing.alerts.height import Height
from processing.alerts.reasons import Reason, State
from processing.contract import Incident, Severity
from processing.queries.notifications import StoredConversation
from processing.store.client import Store
from processing.store.deliveries import DeliveryRow, write_deliveries
from processing.store.records import NotificationRow, write_notifications
from processing.troubles import Trouble

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Entry:
    """A conversation with a channel, as it was written down last.

    `about` is the id of an incident, or `Trouble.about`. `channel` is empty where no rule names one. `number` counts
    the rows, `rule` is the rule that named the channel last, and `due` is when the last message is to be sent.
    `trouble` is the trouble that it is about, as the channel was told of it last.
    """

    about: str
    channel: str
    state: Conversation = field(default_factory=Conversation)
    number: int = 0
    rule: str = ""
    due: datetime | None = None
    trouble: Trouble | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is said."""
        return self.state.state is State.RESOLVED

    @property
    def key(self) -> str:
        """The key of the row: it names what was decided over all attempts to send it."""
        return f"{self.about}/{self.channel}/{self.number}"


@dataclass(frozen=True)
class Written:
    """A decision to be written down, with the entry as it is after it.

    `held` is why nothing is sent, or why it is sent later; `detail` says more. `incident` is what it is about,
    if that is an incident, as it was then.
    """

    entry: Entry
    decision: Decision
    bundle: str = ""
    held: str = ""
    detail: str = ""
    incident: Incident | None = None


def entry_of(stored: StoredConversation) -> Entry:
    """Return a conversation as the store has it.

    Raises:
        ValueError: a newer version has written a state or a reason that this one does not know.
    """
    told, trouble = None, None
    if stored.trouble:
        trouble = msgspec.json.decode(stored.trouble, type=Trouble)
    elif stored.severity:
        severity = Severity(stored.severity)
        told = Height(severity, tuple(stored.languages), stored.peak, stored.pulse, stored.last_pulse)
    state = Conversation(
        State(stored.state), Reason(stored.reason), told, stored.told_at, stored.acknowledgement, stored.acknowledged
    )
    due = stored.due if stored.due > EPOCH else None
    return Entry(stored.conversation, stored.channel, state, stored.number, stored.rule, due, trouble)


def write(store: Store, decided: Sequence[Written], now: datetime, wall: datetime) -> None:
    """Write decisions down, which queues what is to be sent.

    What is held back comes first. A process that is killed between the two inserts decides the same again, under the
    same keys; in the other order, nothing would say why a message was not sent.
    """
    if held := [_held_row(each, wall) for each in decided if each.held]:
        write_deliveries(store, held)
    if decided:
        write_notifications(store, [_row(each, now) for each in decided])


def _row(written: Written, now: datetime) -> NotificationRow:
    entry, decision, trouble = written.entry, written.decision, written.entry.trouble
    state, told = entry.state, entry.state.told
    known = told or trouble
    return NotificationRow(
        key=entry.key,
        conversation=entry.about,
        channel=entry.channel,
        number=entry.number,
        rule=entry.rule,
        state=state.state.value,
        step="" if decision.step is None else decision.step.value,
        growth=[each.value for each in decision.growth],
        reason=decision.reason.value,
        severity="" if known is None else known.severity.value,
        languages=[] if told is None else list(told.languages),
        peak=0.0 if told is None else told.peak,
        pulse=EPOCH if told is None else told.pulse,
        last_pulse=EPOCH if told is None else told.last_pulse,
        told_at=state.told_at,
        acknowledgement=state.acknowledgement,
        acknowledged=state.acknowledged,
        due=entry.due or EPOCH,
        bundle=written.bundle,
        incident="" if decision.step is None else _as_json(written.incident),
        trouble=_as_json(trouble),
        at=now,
    )


def _as_json(what: Incident | Trouble | None) -> str:
    return "" if what is None else msgspec.json.encode(what).decode()


def _held_row(written: Written, wall: datetime) -> DeliveryRow:
    step = written.decision.step or written.decision.withheld
    return DeliveryRow(
        key=written.entry.key,
        conversation=written.entry.about,
        channel=written.entry.channel,
        step="" if step is None else step.value,
        attempt=0,
        reason=written.held,
        latency=0.0,
        message="",
        pause=0.0,
        message_id="",
        detail=written.detail,
        at=wall,
    )
