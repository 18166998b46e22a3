"""What waits to be sent, and which of it a channel is told next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from processing.alerts.notification import Growth, Outcome, Step
from processing.alerts.retries import FINAL, Tried, is_over
from processing.alerts.schedule import is_of_one

TURNS = 3
"""Attempts after which a message lets those of other conversations go first: the fault may be its own."""

UNKNOWN = frozenset({Outcome.TRYING, Outcome.TIMEOUT})


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A notification that has not come to an end.

    `message` is the key of the message in which it was tried, empty before the first attempt. `tried` holds the
    attempts, oldest first; `pause` follows the last of them. `reason` is that of the decision, and `incident` or
    `trouble` is what it is about as it was then, as JSON; empty where it is about something else.
    """

    key: str
    conversation: str
    channel: str
    number: int
    step: Step
    growth: tuple[Growth, ...] = ()
    reason: str = ""
    incident: str = ""
    trouble: str = ""
    at: datetime
    due: datetime
    bundle: str = ""
    message: str = ""
    tried: tuple[Tried, ...] = ()
    pause: timedelta = timedelta()

    @property
    def in_doubt(self) -> bool:
        """Whether an attempt may have arrived: the process ended during it, or no answer came in time."""
        return any(each.outcome in UNKNOWN for each in self.tried)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is tried any more."""
        return bool(self.tried) and self.tried[-1].outcome in FINAL

    def after(self, message: str, outcome: Outcome, at: datetime, pause: timedelta) -> Waiting:
        """Return the notification after one more attempt, in the message of this key."""
        return replace(self, message=message, tried=(*self.tried, Tried(outcome, at)), pause=pause)

    def is_due(self, now: datetime, alert_now: datetime) -> bool:
        """Return whether it is to be sent. What was decided to be sent at once is sent, whatever a clock says now.

        A trouble goes by the wall clock `now`, also while history is replayed.
        """
        return self.due <= self.at or self.due <= (now if self.trouble else alert_now)

    def waits(self, now: datetime) -> bool:
        """Return whether it waits for its next attempt. `now` is the wall clock."""
        return bool(self.tried) and not is_over(self.tried[-1].at, self.pause, now)


@dataclass(frozen=True)
class Batch:
    """The notifications of one channel that go in one message.

    They are one, those that a digest gathers, or those that were held of one conversation, of which one is told.

    `key` names the message in all attempts. What has been tried together stays together, and what comes later under the
    same bundle goes in another message: a receiver that knows the key has got all that the key stands for.
    """

    key: str
    notifications: tuple[Waiting, ...]

    @property
    def first(self) -> Waiting:
        """The notification that was decided first. The attempts of all are the same."""
        return self.notifications[0]

    def after(self, outcome: Outcome, at: datetime, pause: timedelta) -> Batch:
        """Return the batch after one more attempt."""
        return Batch(self.key, tuple(each.after(self.key, outcome, at, pause) for each in self.notifications))

    @property
    def channel(self) -> str:
        """The channel of all."""
        return self.first.channel

    @property
    def parts(self) -> tuple[Waiting, ...]:
        """The notifications that are told: one of each conversation.

        Its last one where it is over by now. Otherwise its first: whoever has heard nothing yet hears that it was
        opened, and not by how much it grew since a message that was never sent. Either tells the incident as it is now,
        or the trouble as it stood last.
        """
        told: dict[str, Waiting] = {}
        for each in self.notifications:
            before = told.get(each.conversation)
            if before is None or Step.RESOLVED in {each.step, before.step}:
                told[each.conversation] = each
            elif each.trouble:
                told[each.conversation] = replace(before, trouble=each.trouble)
        return tuple(told.values())

    @property
    def told(self) -> Waiting:
        """The notification that is told where the message is no digest; a trouble as it stood last."""
        place = place_of_told([each.step for each in self.notifications])
        return replace(self.notifications[place], trouble=self.notifications[-1].trouble)

    @property
    def is_digest(self) -> bool:
        """Whether the message gathers several."""
        return len(self.notifications) > 1 and not is_of_one(self.first.bundle)

    @property
    def ends_what_was_held(self) -> bool:
        """Whether it is an end that was held with what it ends: the channel may have heard of neither."""
        return len(self.notifications) > 1 and not self.is_digest and self.told.step is Step.RESOLVED

    @property
    def step(self) -> Step:
        """What the message tells."""
        return Step.DIGEST if self.is_digest else self.told.step

    @property
    def conversation(self) -> str:
        """The conversation that the message belongs to. A digest is one of its own."""
        return self.key if self.is_digest else self.first.conversation


def place_of_told(steps: Sequence[Step]) -> int:
    """Return which of the steps of one conversation is told where they are not gathered.

    It is the last, which says how things stand. What only goes on since an opening that was held with it is told as the
    opening: nobody has heard of less.
    """
    last = len(steps) - 1
    if steps[last] in {Step.GREW, Step.REPEATED} and Step.OPENED in steps:
        return max(place for place, step in enumerate(steps) if step is Step.OPENED)
    return last


def batches(waiting: Iterable[Waiting]) -> Iterator[Batch]:
    """Yield what one channel is to be told, in the order of the decisions."""
    together: dict[tuple[str, str], list[Waiting]] = {}
    for each in _in_order(waiting):
        together.setdefault(("message", each.message) if each.message else _untried(each), []).append(each)
    for (kind, name), members in together.items():
        yield Batch(name if kind == "message" else _key(members), tuple(members))


def _in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return decisions by their time, but each behind those before it of its conversation: a clock may be set back."""
    placed: dict[str, datetime] = {}
    order: list[tuple[datetime, str, int, Waiting]] = []
    for each in sorted(waiting, key=lambda each: each.number):
        place = placed[each.conversation] = max(each.at, placed.get(each.conversation, each.at))
        order.append((place, each.conversation, each.number, each))
    return [each for *_, each in sorted(order, key=lambda placed: placed[:3])]


def _untried(each: Waiting) -> tuple[str, str]:
    return ("bundle", each.bundle) if each.bundle else ("key", each.key)


def _key(members: Sequence[Waiting]) -> str:
    return members[-1].key if len(members) == 1 or is_of_one(members[0].bundle) else f"digest:{members[0].key}"


def next_batch(waiting: Iterable[Waiting], now: datetime, alert_now: datetime) -> Batch | None:
    """Return what one channel is told next, or None.

    A conversation is told in its order: nothing of it overtakes what waits for its next attempt or is held for later.
    What has failed a few times lets other conversations go first, so that one message which a channel cannot take does
    not stop the others.
    """
    ready, held = [], set[str]()
    for batch in batches(_due(waiting, now, alert_now)):
        conversations = {each.conversation for each in batch.notifications}
        if not (batch.first.waits(now) or conversations & held):
            ready.append(batch)
        held |= conversations
    return min(ready, key=lambda batch: len(batch.first.tried) >= TURNS, default=None)


def _due(waiting: Iterable[Waiting], now: datetime, alert_now: datetime) -> list[Waiting]:
    """Return what is due, with what comes before it in its conversation and was held for later."""
    waiting = list(waiting)
    reached: dict[str, int] = {}
    for each in waiting:
        if each.is_due(now, alert_now):
            reached[each.conversation] = max(each.number, reached.get(each.conversation, 0))
    return [each for each in waiting if each.number <= reached.get(each.conversation, -1)]
