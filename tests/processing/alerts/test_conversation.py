"""Every branch of a conversation, and that there is no branch beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from processing.alerts.conversation import Conversation, ConversationPolicy, Decision, Situation, step
from processing.alerts.height import Height, height_of
from processing.alerts.notification import Growth, Step
from processing.alerts.reasons import HELD_BACK, Match, Reason, State
from processing.contract import Incident, IncidentState, Severity
from tests.conftest import NOON
from tests.support.conversations import HOUR, MINUTE, an_incident, pulses

POLICY = ConversationPolicy()
TOLD_AT = NOON + 10 * MINUTE
LATER = NOON + 3 * HOUR
NEW = Conversation()
FIRING = Conversation(State.FIRING, Reason.OPENED, height_of(an_incident()), TOLD_AT)
RECOVERING = replace(FIRING, state=State.RECOVERING, reason=Reason.RECOVERING)
IN_HAND = replace(FIRING, acknowledged=True, acknowledgement=NOON + HOUR, reason=Reason.ACKNOWLEDGED)
SEVERE = an_incident(severity=Severity.EXTREME)
SPREAD = an_incident(languages=("en", "ar"))
AGAIN = an_incident(pulses=pulses((0, 50), (2, 60)))
FAR_HIGHER = an_incident(pulses=pulses((0, 50), (2, 101)))
ENDED = an_incident(end=NOON + HOUR)
OVER = an_incident(end=NOON - 12 * HOUR, start=NOON - 13 * HOUR)
OVER_FOR_A_WEEK = NOON - 12 * HOUR + timedelta(days=7)


def given(incident: Incident | None = None, **fields: object) -> Situation:
    return Situation(**({"incident": incident or an_incident(), "event_time": LATER} | fields))  # type: ignore[arg-type]


def decide(state: Conversation, situation: Situation, now: datetime = LATER) -> Decision:
    return step(POLICY, state, situation, now)


BRANCHES: Mapping[str, tuple[Conversation, Situation, Reason, State, Step | None]] = {
    "a rule matches": (NEW, given(), Reason.OPENED, State.FIRING, Step.OPENED),
    "found at its end": (NEW, given(OVER), Reason.OPENED, State.RECOVERING, Step.OPENED),
    "no rule": (NEW, given(match=Match.NONE), Reason.NO_ROUTE, State.PENDING, None),
    "too short": (NEW, given(match=Match.LASTING), Reason.LASTING, State.PENDING, None),
    "not people": (NEW, given(match=Match.VERDICT), Reason.VERDICT, State.PENDING, None),
    "a rule elsewhere": (NEW, given(match=Match.ELSEWHERE), Reason.ROUTED, State.RESOLVED, None),
    "silenced": (NEW, given(silenced=True), Reason.SILENCED, State.PENDING, None),
    "a part": (NEW, given(inhibited=True), Reason.INHIBITED, State.PENDING, None),
    "history": (NEW, given(historic=True), Reason.HISTORIC, State.PENDING, None),
    "acknowledged untold": (NEW, given(acknowledgement=NOON), Reason.IN_HAND, State.PENDING, None),
    "ended untold": (NEW, given(ended_by_person=True), Reason.ENDED_UNTOLD, State.RESOLVED, None),
    "over untold": (NEW, given(OVER, silenced=True), Reason.OVER_UNTOLD, State.RESOLVED, None),
    "nothing new": (FIRING, given(), Reason.UNCHANGED, State.FIRING, None),
    "a language of no interest": (FIRING, given(SPREAD, languages=("en",)), Reason.UNCHANGED, State.FIRING, None),
    "a language of interest": (FIRING, given(SPREAD, languages=("ar",)), Reason.GREW, State.FIRING, Step.GREW),
    "more severe": (FIRING, given(SEVERE), Reason.GREW, State.FIRING, Step.GREW),
    "severe in silence": (FIRING, given(SEVERE, silenced=True), Reason.SILENCED, State.FIRING, None),
    "severe without a rule": (FIRING, given(SEVERE, match=Match.NONE), Reason.NO_ROUTE, State.FIRING, None),
    "severe, not people": (FIRING, given(SEVERE, match=Match.VERDICT), Reason.VERDICT, State.FIRING, None),
    "repeated": (FIRING, given(repeat=2 * HOUR), Reason.REPEATED, State.FIRING, Step.REPEATED),
    "not yet repeated": (FIRING, given(repeat=4 * HOUR), Reason.UNCHANGED, State.FIRING, None),
    "acknowledged": (FIRING, given(acknowledgement=NOON), Reason.ACKNOWLEDGED, State.FIRING, Step.ACKNOWLEDGED),
    "repeat in hand": (IN_HAND, given(repeat=HOUR), Reason.IN_HAND, State.FIRING, None),
    "language in hand": (IN_HAND, given(SPREAD), Reason.IN_HAND, State.FIRING, None),
    "pulse in hand": (IN_HAND, given(AGAIN), Reason.IN_HAND, State.FIRING, None),
    "severe in hand": (IN_HAND, given(SEVERE), Reason.GREW, State.FIRING, Step.GREW),
    "far higher in hand": (IN_HAND, given(FAR_HIGHER), Reason.GREW, State.FIRING, Step.GREW),
    "ended": (FIRING, given(ENDED), Reason.RECOVERING, State.RECOVERING, None),
    "no repeat of what ended": (RECOVERING, given(ENDED, repeat=HOUR), Reason.UNCHANGED, State.RECOVERING, None),
    "went on": (RECOVERING, given(), Reason.WENT_ON, State.FIRING, None),
    "over": (RECOVERING, given(OVER), Reason.RESOLVED, State.RESOLVED, Step.RESOLVED),
    "over in silence": (RECOVERING, given(OVER, silenced=True), Reason.RESOLVED, State.RESOLVED, Step.RESOLVED),
    "over without a rule": (FIRING, given(OVER, match=Match.NONE), Reason.RESOLVED, State.RESOLVED, Step.RESOLVED),
    "over in hand": (IN_HAND, given(OVER), Reason.RESOLVED, State.RESOLVED, Step.RESOLVED),
    "not known": (RECOVERING, given(OVER, known=False), Reason.UNKNOWN, State.RECOVERING, None),
    "no data": (RECOVERING, given(OVER, known=False, no_data=True), Reason.NO_DATA, State.RECOVERING, None),
    "not known for a week": (
        RECOVERING,
        given(OVER, known=False, no_data=True, event_time=OVER_FOR_A_WEEK),
        Reason.RESOLVED_UNKNOWN,
        State.RESOLVED,
        Step.RESOLVED,
    ),
    "not known for less": (
        RECOVERING,
        given(OVER, known=False, event_time=OVER_FOR_A_WEEK - MINUTE),
        Reason.UNKNOWN,
        State.RECOVERING,
        None,
    ),
    "ended by a person": (
        FIRING,
        given(ended_by_person=True, silenced=True),
        Reason.RESOLVED_BY_PERSON,
        State.RESOLVED,
        Step.RESOLVED,
    ),
    "over, no channel": (FIRING, given(OVER, match=Match.GONE), Reason.CHANNEL_GONE, State.RESOLVED, None),
    "no channel": (FIRING, given(SEVERE, match=Match.GONE), Reason.UNCHANGED, State.FIRING, None),
    "no channel, untold": (NEW, given(match=Match.GONE), Reason.NO_ROUTE, State.PENDING, None),
    "over for good": (replace(FIRING, state=State.RESOLVED), given(SEVERE), Reason.CLOSED, State.RESOLVED, None),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch(name: str) -> None:
    state, situation, reason, after, said = BRANCHES[name]
    decision = decide(state, situation)
    assert (decision.reason, decision.state.state, decision.step) == (reason, after, said)
    assert (decision.withheld is not None) == (reason in HELD_BACK)
    if said is not None:
        assert decision.state.told_at == LATER


@pytest.mark.parametrize("name", [name for name, branch in BRANCHES.items() if branch[2] is not Reason.OPENED])
def test_a_decision_is_taken_once(name: str) -> None:
    """The second look finds nothing to write down, but for what is told and then over."""
    state, situation, *_ = BRANCHES[name]
    first = decide(state, situation)
    second = decide(first.state, situation)
    assert second.step is None
    assert second.state == first.state


def test_an_incident_that_is_told_when_it_is_over_is_resolved_with_the_next_look() -> None:
    opened = decide(NEW, given(OVER))
    assert opened.step is Step.OPENED
    assert decide(opened.state, given(OVER)).step is Step.RESOLVED


GATHERING = decide(FIRING, given(SEVERE), TOLD_AT + 9 * MINUTE)
SOURCE = "source"


def test_every_reason_is_reached() -> None:
    reached = {decide(state, situation).reason for state, situation, *_ in BRANCHES.values()}
    assert reached | {GATHERING.reason} == set(Reason)


def test_every_reason_that_holds_back_says_what_it_holds_back() -> None:
    assert GATHERING.reason is Reason.GATHERING
    assert GATHERING.withheld is Step.GREW
    assert decide(NEW, given(silenced=True)).withheld is Step.OPENED
    assert decide(RECOVERING, given(OVER, known=False)).withheld is Step.RESOLVED
    assert decide(IN_HAND, given(repeat=HOUR)).withheld is Step.REPEATED


@pytest.mark.parametrize(
    ("incident", "grown"),
    [
        (SEVERE, (Growth.SEVERITY,)),
        (SPREAD, (Growth.LANGUAGE,)),
        (AGAIN, (Growth.PULSE,)),
        (
            an_incident(severity=Severity.EXTREME, languages=("ar",), pulses=pulses((0, 50), (2, 60))),
            tuple(Growth),
        ),
        # What was told goes on rising: it was told while it rose.
        (an_incident(pulses=pulses((0, 900))), ()),
        (an_incident(severity=Severity.NOTABLE, languages=()), ()),
    ],
)
def test_what_has_grown_is_named(incident: Incident, grown: tuple[Growth, ...]) -> None:
    assert decide(FIRING, given(incident)).growth == grown


def test_what_grows_soon_after_a_message_is_gathered_into_one() -> None:
    state = decide(NEW, given(), TOLD_AT).state
    told: list[tuple[Growth, ...]] = []
    for minutes, incident in [(2, SPREAD), (4, SEVERE), (9, SEVERE), (10, an_incident(severity=Severity.EXTREME))]:
        decision = decide(state, given(incident), TOLD_AT + minutes * MINUTE)
        state = decision.state
        told += [decision.growth] if decision.step else []
    assert told == [(Growth.SEVERITY,)]
    both = an_incident(severity=Severity.EXTREME, languages=("en", "ar"))
    assert decide(FIRING, given(both), TOLD_AT + 10 * MINUTE).growth == (Growth.SEVERITY, Growth.LANGUAGE)


def test_a_channel_forgets_no_language_and_no_severity() -> None:
    wide = decide(FIRING, given(SPREAD)).state
    narrow = decide(wide, given(SEVERE), LATER + HOUR).state
    assert narrow.told is not None
    assert set(narrow.told.languages) == {"en", "ar"}
    assert decide(narrow, given(SPREAD), LATER + 2 * HOUR).step is None
    assert decide(narrow, given(an_incident()), LATER + 2 * HOUR).growth == ()


@pytest.mark.parametrize(
    ("now", "told", "rises"),
    [
        # It has come back, a little more than twice as high, or not quite.
        ([(0, 50), (6, 101)], (50, 0), True),
        ([(0, 50), (6, 100)], (50, 0), False),
        # What was told goes on rising: it was told while it rose.
        ([(0, 900)], (12, 0), False),
        # It was told while it rose, and what comes back is far higher than that, but not than what became of it.
        ([(0, 900), (6, 1_500)], (12, 0), False),
        # The second has been told; the third is not twice as high as that.
        ([(0, 50), (6, 400), (9, 700)], (400, 6), False),
        ([(0, 50), (6, 400), (9, 801)], (400, 6), True),
        # Other spikes lead by now, which began later.
        ([(3, 500)], (40, 0), True),
    ],
)
def test_what_somebody_has_in_hand_is_told_again_when_it_comes_back_far_higher(
    now: list[tuple[float, int]], told: tuple[float, float], *, rises: bool
) -> None:
    pulse = NOON + told[1] * HOUR
    known = replace(IN_HAND, told=Height(Severity.MAJOR, ("en",), told[0], pulse, pulse))
    decision = decide(known, given(an_incident(pulses=pulses(*now))), NOON + 12 * HOUR)
    assert (decision.step is Step.GREW) is rises


def test_a_rise_re_arms_and_a_new_acknowledgement_holds_again() -> None:
    first, second = NOON + HOUR, NOON + 2 * HOUR
    state = decide(FIRING, given(acknowledgement=first)).state
    # A second person acknowledges: the channel has heard that it is in hand.
    assert decide(state, given(acknowledgement=second)).step is None
    armed = decide(state, given(SEVERE, acknowledgement=second), LATER + HOUR)
    assert armed.step is Step.GREW
    repeated = given(SEVERE, acknowledgement=second, repeat=HOUR)
    assert decide(armed.state, repeated, LATER + 2 * HOUR).step is Step.REPEATED
    third = given(SEVERE, acknowledgement=second + HOUR, repeat=HOUR)
    held = decide(armed.state, third, LATER + 2 * HOUR)
    assert held.step is Step.ACKNOWLEDGED
    assert decide(held.state, third, LATER + 9 * HOUR).reason is Reason.IN_HAND


def test_what_was_acknowledged_before_it_was_told_is_told_when_it_rises() -> None:
    held = decide(NEW, given(acknowledgement=NOON))
    assert decide(held.state, given(SPREAD, acknowledgement=NOON)).reason is Reason.IN_HAND
    assert decide(held.state, given(SEVERE, acknowledgement=NOON)).step is Step.OPENED


def test_what_was_news_does_not_become_history() -> None:
    silenced = decide(NEW, given(silenced=True)).state
    assert decide(silenced, given(historic=True)).step is Step.OPENED
    old = decide(NEW, given(historic=True)).state
    assert decide(old, given(historic=True)).step is None
    assert decide(old, given(historic=False)).step is Step.OPENED


def test_a_silence_that_ends_lets_the_incident_be_told() -> None:
    silenced = decide(NEW, given(silenced=True)).state
    assert decide(silenced, given()).step is Step.OPENED


@pytest.mark.parametrize(
    ("end", "state", "over"),
    [
        (None, IncidentState.OPEN, False),
        (LATER - timedelta(hours=12) + MINUTE, IncidentState.OPEN, False),
        (LATER - timedelta(hours=12), IncidentState.OPEN, True),
        (LATER - HOUR, IncidentState.CLOSED, True),
    ],
)
def test_an_incident_is_over_when_it_can_no_longer_grow(
    end: datetime | None, state: IncidentState, *, over: bool
) -> None:
    assert given(an_incident(end=end, state=state)).is_over(POLICY.join) is over


def test_a_clock_that_was_set_back_holds_no_growth() -> None:
    """Else growth would be held until the clock comes to the time of the last message again."""
    assert decide(FIRING, given(SEVERE), TOLD_AT - HOUR).reason is Reason.GREW
    assert decide(FIRING, given(SEVERE), TOLD_AT + MINUTE).reason is Reason.GATHERING
