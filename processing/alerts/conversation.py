"""What is said next in the conversation with one channel about one incident: a pure decision with a named reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from processing.alerts.height import FAR_HIGHER, Height, growth, height_of, rose
from processing.alerts.notification import Growth, Step
from processing.alerts.reasons import UNMATCHED, Match, Reason, State
from processing.contract import Incident, IncidentState
from processing.incidents.group import IncidentPolicy


@dataclass(frozen=True)
class ConversationPolicy:
    """When a channel is told more.

    `higher`: so many times as high as what was told is far higher. `gather`: after a message, nothing is said of growth
    for so long, and then of all of it at once. `join`: an incident whose surge ended so long ago can no longer grow.
    `wait`: so long after its end, in event time, nobody waits any more for a source that does not deliver.
    """

    higher: float = FAR_HIGHER
    gather: timedelta = timedelta(minutes=10)
    join: timedelta = IncidentPolicy().join
    wait: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class Conversation:
    """All that is known of a conversation; its last row in `notifications` holds the same.

    `told` is how high the channel knows the incident to stand, None before anything was said. `told_at` is the time of
    the last message. `acknowledgement` is the time of the newest acknowledgement that has been heeded; it holds
    messages back while `acknowledged`.
    """

    state: State = State.PENDING
    reason: Reason | None = None
    told: Height | None = None
    told_at: datetime | None = None
    acknowledgement: datetime | None = None
    acknowledged: bool = False


@dataclass(frozen=True, kw_only=True)
class Situation:
    """How an incident stands at a channel.

    `event_time` is how far posts are judged. `known`: the sources of the incident have delivered the time since its
    end; `no_data`: one of them is silent. `acknowledgement` is the time of the newest one; `ended_by_person`: somebody
    has ended the incident. `inhibited`: the channel hears of the incident that this one is a part of.
    """

    incident: Incident
    event_time: datetime
    match: Match = Match.MATCHES
    known: bool = True
    no_data: bool = False
    acknowledgement: datetime | None = None
    ended_by_person: bool = False
    silenced: bool = False
    inhibited: bool = False
    historic: bool = False
    repeat: timedelta | None = None
    languages: tuple[str, ...] | None = None
    """Those of the incident's languages of which the channel wants to hear; None if of all."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """The languages of which the channel wants to hear."""
        return self.incident.languages if self.languages is None else self.languages

    def is_over(self, join: timedelta) -> bool:
        """Return whether the incident can no longer grow."""
        closed = self.incident.end is not None and self.incident.state is IncidentState.CLOSED
        return closed or self.has_ended_for(join)

    def has_ended_for(self, span: timedelta) -> bool:
        """Return whether the surge ended so long ago, in event time."""
        return self.incident.end is not None and self.incident.end + span <= self.event_time


@dataclass(frozen=True)
class Decision:
    """The conversation from here on, what is said, and why. `withheld` is what was to be said and is not."""

    state: Conversation
    step: Step | None
    growth: tuple[Growth, ...]
    reason: Reason
    withheld: Step | None = None


def step(policy: ConversationPolicy, state: Conversation, given: Situation, now: datetime) -> Decision:
    """Decide what is said next about an incident. `now` is the time that decisions go by.

    A channel hears of an incident once, then of what grows, and at the end that it is over. The state comes back equal
    where nothing is to be written down.
    """
    match state.state:
        case State.RESOLVED:
            return Decision(state, None, (), Reason.CLOSED)
        case State.PENDING:
            return _open(policy, state, given, now)
        case State.FIRING | State.RECOVERING:
            return _go_on(policy, state, given, now)


def _open(policy: ConversationPolicy, state: Conversation, given: Situation, now: datetime) -> Decision:
    # A rule has come to match, or somebody has ended it: the conversation without a channel, or without a word, ends.
    if given.match is Match.ELSEWHERE:
        return _end(state, Reason.ROUTED)
    if given.ended_by_person:
        return _end(state, Reason.ENDED_UNTOLD)
    state = _heed(state, given)
    held = _why_untold(policy, state, given)
    # What is over already is still opened: a replay finds an incident at its end, and the channel hears of it once.
    if held is None:
        firing = replace(state, state=_speaking(given), acknowledged=False)
        return _say(firing, Step.OPENED, Reason.OPENED, given, now)
    if given.is_over(policy.join):
        return _end(state, Reason.OVER_UNTOLD)
    return _hold(state, held, Step.OPENED)


def _heed(state: Conversation, given: Situation) -> Conversation:
    """Who acknowledges what nobody was told has seen how high it stands: a rise is measured from there."""
    if not _is_newer(given.acknowledgement, state.acknowledgement):
        return state
    height = height_of(given.incident).known_after(state.told)
    return replace(state, acknowledgement=given.acknowledgement, acknowledged=True, told=height)


def _why_untold(policy: ConversationPolicy, state: Conversation, given: Situation) -> Reason | None:
    # It stays history, however long it is looked at; what was known while it was new does not become history.
    if given.historic and state.reason in {None, Reason.HISTORIC}:
        return Reason.HISTORIC
    return _why_held_back(policy, state, given)


def _why_held_back(policy: ConversationPolicy, state: Conversation, given: Situation) -> Reason | None:
    if given.match in UNMATCHED:
        return UNMATCHED[given.match]
    if given.silenced:
        return Reason.SILENCED
    if given.inhibited:
        return Reason.INHIBITED
    # Somebody has it in hand until it clears or rises.
    if state.acknowledged and state.told is not None and not rose(given.incident, state.told, policy.higher):
        return Reason.IN_HAND
    return None


def _go_on(policy: ConversationPolicy, state: Conversation, given: Situation, now: datetime) -> Decision:
    if given.match is Match.GONE:
        return _without_channel(policy, state, given)
    # Whoever was told hears the end of it: no silence and no rule holds that back.
    if given.ended_by_person:
        return _resolve(state, Reason.RESOLVED_BY_PERSON, given, now)
    if given.is_over(policy.join):
        return _clear(policy, state, given, now)
    before, state = state, replace(state, state=_speaking(given))
    # Those who were told hear who has taken it on, even where a silence has begun: it asks nothing of them.
    if _is_newer(given.acknowledgement, state.acknowledgement) and not state.acknowledged:
        taken = replace(state, acknowledgement=given.acknowledgement, acknowledged=True)
        return _say(taken, Step.ACKNOWLEDGED, Reason.ACKNOWLEDGED, given, now)
    return _tell_more(policy, state, given, now) or _note_turn(before, state)


def _without_channel(policy: ConversationPolicy, state: Conversation, given: Situation) -> Decision:
    # A channel that is configured again in time goes on where it was.
    if given.ended_by_person or given.is_over(policy.join):
        return _end(state, Reason.CHANNEL_GONE)
    return Decision(state, None, (), Reason.UNCHANGED)


def _clear(policy: ConversationPolicy, state: Conversation, given: Situation, now: datetime) -> Decision:
    # Silence is not calm. Only time of which the posts are known shows that a surge is over.
    if given.known:
        return _resolve(state, Reason.RESOLVED, given, now)
    # A source that has stopped for good would keep the conversation open for ever.
    if given.has_ended_for(policy.wait):
        return _resolve(state, Reason.RESOLVED_UNKNOWN, given, now)
    return _hold(state, Reason.NO_DATA if given.no_data else Reason.UNKNOWN, Step.RESOLVED)


def _tell_more(policy: ConversationPolicy, state: Conversation, given: Situation, now: datetime) -> Decision | None:
    """Return what is said of growth, or that it goes on; None where there is nothing to say."""
    if state.told is None or state.told_at is None:
        raise ValueError("A conversation that was opened has no record of what was told.")
    grown = growth(given.incident, state.told, policy.higher, given.wanted)
    due = given.repeat is not None and state.state is State.FIRING and now >= state.told_at + given.repeat
    if not grown and not due:
        return None
    said = Step.GREW if grown else Step.REPEATED
    if held := _why_held_back(policy, state, given):
        return _hold(state, held, said)
    if said is Step.REPEATED:
        return _say(state, said, Reason.REPEATED, given, now)
    # The first minutes of a surge bring a language after the other. A clock that was set back holds nothing.
    if state.told_at <= now < state.told_at + policy.gather:
        return _hold(state, Reason.GATHERING, said)
    # What rises under somebody's hands has to be taken on again.
    armed = replace(state, acknowledged=False, acknowledgement=given.acknowledgement)
    return _say(armed, said, Reason.GREW, given, now, grown=grown)


def _note_turn(before: Conversation, state: Conversation) -> Decision:
    if state.state is before.state:
        return Decision(state, None, (), Reason.UNCHANGED)
    turn = Reason.RECOVERING if state.state is State.RECOVERING else Reason.WENT_ON
    return Decision(replace(state, reason=turn), None, (), turn)


def _speaking(given: Situation) -> State:
    return State.FIRING if given.incident.end is None else State.RECOVERING


def _is_newer(acknowledgement: datetime | None, heeded: datetime | None) -> bool:
    return acknowledgement is not None and (heeded is None or acknowledgement > heeded)


def _resolve(state: Conversation, reason: Reason, given: Situation, now: datetime) -> Decision:
    return _say(replace(state, state=State.RESOLVED), Step.RESOLVED, reason, given, now)


def _say(
    state: Conversation, said: Step, reason: Reason, given: Situation, now: datetime, *, grown: tuple[Growth, ...] = ()
) -> Decision:
    told = height_of(given.incident).known_after(state.told)
    return Decision(replace(state, reason=reason, told=told, told_at=now), said, grown, reason)


def _hold(state: Conversation, reason: Reason, withheld: Step) -> Decision:
    return Decision(replace(state, reason=reason), None, (), reason, withheld)


def _end(state: Conversation, reason: Reason) -> Decision:
    return Decision(replace(state, state=State.RESOLVED, reason=reason), None, (), reason)
