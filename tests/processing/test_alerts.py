from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from processing.alerts.decision import NOT_TOLD, AlertPolicy, AlertState, Decision, ToldPulse, decide
from processing.alerts.deliver import Alerts, DeliveryOutcome, Sent, deliver
from processing.alerts.notifiers.console import Console
from processing.contract import DrivingTerm, Evidence, Incident, IncidentState, Pulse, Severity, VerdictName
from processing.store.client import Store
from tests.conftest import NOON

WIDTH = timedelta(minutes=5)


def an_incident(
    *, synthetic: bool = False, verdict: VerdictName = VerdictName.ORGANIC, end: datetime | None = None
) -> Incident:
    pulses = (
        Pulse(NOON, NOON + timedelta(minutes=35), 212, 5.0),
        Pulse(NOON + timedelta(hours=5), NOON + timedelta(hours=5, minutes=20), 131, 6.0),
    )
    return Incident(
        id="ban-20200710T1210Z",
        topic="ban",
        state=IncidentState.OPEN,
        start=NOON,
        detected_at=NOON + timedelta(minutes=10),
        peak=pulses[0].peak,
        end=end,
        observed=4_200,
        expected=310.0,
        ratio=35.5,
        score=4.1,
        severity=Severity.EXTREME,
        languages=("en", "ar"),
        subtopics=("employer-ban",),
        pulses=pulses,
        synthetic=synthetic,
        lead_start=NOON,
        verdict=verdict,
        evidence=(
            Evidence("repeated", 0.96, 0.9, decisive=verdict is not VerdictName.ORGANIC),
            Evidence("voices", 0.04),
            Evidence("compared", 2_000),
        ),
        terms=(DrivingTerm("en", "work phones"), DrivingTerm("en", "delete"), DrivingTerm("ar", "أمازون")),
    )


POLICY = AlertPolicy()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TOLD = ToldPulse(207.0, NOON)


def state(**fields: object) -> AlertState:
    return AlertState(now=NOW, **fields)  # type: ignore[arg-type]


def tried(times: int, ago: timedelta, **fields: object) -> AlertState:
    return state(tries=times, tried_at=NOW - ago, **fields)


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        (state(), Decision.FIRST),
        (state(acknowledged=True, silenced=True), Decision.ACKNOWLEDGED),
        (state(silenced=True), Decision.SILENCED),
        (state(told=TOLD, acknowledged=True, silenced=True), Decision.ALREADY_TOLD),
        (tried(1, MINUTE / 2), Decision.WAITING),
        (tried(1, MINUTE), Decision.FIRST),
        (tried(5, 15 * MINUTE), Decision.WAITING),
        (tried(5, 16 * MINUTE), Decision.FIRST),
        (tried(6, timedelta(days=9)), Decision.GAVE_UP),
        (tried(1, timedelta(days=9), refused=True), Decision.GAVE_UP),
        (tried(1, MINUTE / 2, acknowledged=True), Decision.ACKNOWLEDGED),
    ],
)
def test_an_incident_is_told_once_and_tried_again_a_few_times(state: AlertState, decision: Decision) -> None:
    assert decide(POLICY, an_incident(), state) is decision
    assert decision.tells is (decision is Decision.FIRST)


@pytest.mark.parametrize("verdict", list(NOT_TOLD))
def test_what_is_no_surge_of_people_is_not_told(verdict: VerdictName) -> None:
    doubted = an_incident(verdict=verdict)
    assert decide(POLICY, doubted, state()) is NOT_TOLD[verdict]
    assert decide(POLICY, doubted, state(told=TOLD)) is Decision.ALREADY_TOLD
    assert decide(POLICY, doubted, state(silenced=True)) is Decision.SILENCED


def an_incident_of(*pulses: tuple[float, int]) -> Incident:
    """Hours after noon and posts in the highest bin, where none are expected."""
    begun = (NOON + timedelta(hours=hours) for hours, _ in pulses)
    made = tuple(Pulse(start, start + 10 * MINUTE, posts, 0.0) for start, (_, posts) in zip(begun, pulses, strict=True))
    return msgspec.structs.replace(an_incident(), pulses=made)


@pytest.mark.parametrize(
    ("pulses", "told", "decision"),
    [
        # It has come back, a little more than twice as high, or not quite.
        ([(0, 50), (6, 101)], (50, 0), Decision.GREW),
        ([(0, 50), (6, 100)], (50, 0), Decision.ALREADY_TOLD),
        # What was told goes on rising: it was told while it rose.
        ([(0, 900)], (12, 0), Decision.ALREADY_TOLD),
        # It was told while it rose, and what comes back is far higher than that, but not than what became of it.
        ([(0, 900), (6, 1_500)], (12, 0), Decision.ALREADY_TOLD),
        # The second has been told; the third is not twice as high as that.
        ([(0, 50), (6, 400), (9, 700)], (400, 6), Decision.ALREADY_TOLD),
        ([(0, 50), (6, 400), (9, 801)], (400, 6), Decision.GREW),
        # Other spikes lead by now, which began later.
        ([(3, 500)], (40, 0), Decision.GREW),
        # It was told by a version that did not write down how high it was.
        ([(0, 50), (6, 9_000)], (float("inf"), -400_000), Decision.ALREADY_TOLD),
    ],
)
def test_it_is_told_again_when_it_comes_back_far_higher(
    pulses: list[tuple[float, int]], told: tuple[float, float], decision: Decision
) -> None:
    before = state(told=ToldPulse(told[0], NOON + timedelta(hours=told[1])))
    assert decide(POLICY, an_incident_of(*pulses), before) is decision
    if decision is Decision.GREW:
        few = msgspec.structs.replace(an_incident_of(*pulses), verdict=VerdictName.CONCENTRATED)
        assert decide(POLICY, few, before) is Decision.NOT_TOLD_CONCENTRATED
        assert decide(POLICY, an_incident_of(*pulses), replace(before, silenced=True)) is Decision.SILENCED


def test_what_was_sent_is_written_down_and_not_repeated(store: Store) -> None:
    out = io.StringIO()
    console = Console(out, WIDTH)
    assert deliver(store, [console], an_incident(), POLICY) == (Decision.FIRST,)
    assert deliver(store, [console], an_incident(), POLICY) == (Decision.ALREADY_TOLD,)
    assert out.getvalue().count("ALERT") == 1
    assert store.query("SELECT dedup_key, notifier, outcome FROM deliveries") == [
        ("ban-20200710T1210Z", "console", "sent")
    ]


def test_a_silence_holds_for_its_topic_and_its_time(store: Store) -> None:
    day = timedelta(days=1)
    store.insert(
        "silence_versions",
        ["id", "topic", "starts_at", "ends_at", "by", "note"],
        [["1"], ["ban"], [NOON - day], [NOON + day], ["desk"], ["known"]],
    )
    assert deliver(store, [Console(io.StringIO(), WIDTH)], an_incident(), POLICY) == (Decision.SILENCED,)


def test_what_a_verdict_keeps_back_is_written_down_once_and_told_when_it_changes(store: Store) -> None:
    out = io.StringIO()
    console = Console(out, WIDTH)
    few = an_incident(verdict=VerdictName.CONCENTRATED)
    for _ in range(3):
        assert deliver(store, [console], few, POLICY) == (Decision.NOT_TOLD_CONCENTRATED,)
    assert out.getvalue() == ""
    assert deliver(store, [console], an_incident(), POLICY) == (Decision.FIRST,)
    written = store.query("SELECT decision, outcome, detail FROM deliveries ORDER BY at")
    assert [row[:2] for row in written] == [("not_told_concentrated", "withheld"), ("first", "sent")]
    assert "96% of the posts repeat an author or a text" in written[0][2]


def test_it_is_told_again_across_a_restart_and_once_a_doubling(store: Store) -> None:
    out = io.StringIO()
    for pulses in ([(0, 20)], [(0, 50)], [(0, 50), (6, 90)], [(0, 50), (6, 120)], [(0, 50), (6, 1_500)]):
        Alerts(store, [Console(out, WIDTH)]).tell([an_incident_of(*pulses)])  # type: ignore[arg-type]
    alerts = [line for line in out.getvalue().splitlines() if line.startswith("ALERT")]
    assert [line.startswith("ALERT AGAIN, far higher ") for line in alerts] == [False, True]
    assert store.query("SELECT decision, peak FROM deliveries ORDER BY at") == [("first", 20.0), ("grew", 120.0)]


class Channel:
    """Fails as often as it is told to."""

    def __init__(self, name: str, *answers: DeliveryOutcome | Exception) -> None:
        self.name = name
        self.answers = list(answers)
        self.tries = 0

    def notify(self, incident: Incident, decision: Decision) -> Sent:
        self.tries += 1
        answer = self.answers.pop(0) if self.answers else DeliveryOutcome.SENT
        if isinstance(answer, Exception):
            raise answer
        return Sent(answer, "connection refused")


RETRY, FAILED = DeliveryOutcome.RETRY, DeliveryOutcome.FAILED
AT_ONCE = AlertPolicy(retry_after=timedelta())


def test_a_channel_that_failed_is_tried_again_when_it_is_due_and_not_before(store: Store) -> None:
    channel = Channel("chat", RETRY, RETRY)
    waiting = Alerts(store, [channel])
    waiting.tell([an_incident()])
    waiting.try_again()
    assert channel.tries == 1
    restarted = Alerts(store, [channel], AT_ONCE)
    restarted.tell([an_incident()])
    for _ in range(5):
        restarted.try_again()
    assert channel.tries == 3
    assert store.query("SELECT decision, outcome FROM deliveries ORDER BY at") == [
        ("first", "retry"),
        ("first", "retry"),
        ("first", "sent"),
    ]


def test_a_channel_that_never_answers_is_given_up(store: Store) -> None:
    channel = Channel("chat", *[RETRY] * 20)
    alerts = Alerts(store, [channel], AT_ONCE)
    alerts.tell([an_incident()])
    for _ in range(20):
        alerts.try_again()
    assert channel.tries == AT_ONCE.most_tries
    # What comes back far higher is worth another try.
    higher = an_incident_of((0, 50), (6, 1_500))
    alerts.tell([higher])
    assert channel.tries == AT_ONCE.most_tries + 1


@pytest.mark.parametrize("answer", [RETRY, FAILED, RuntimeError("a fault in the channel")])
def test_what_fails_at_one_channel_is_told_at_the_others(store: Store, answer: DeliveryOutcome | Exception) -> None:
    broken, fine = Channel("broken", answer), Channel("fine")
    alerts = Alerts(store, [broken, fine], AT_ONCE)
    alerts.tell([an_incident()])
    alerts.try_again()
    assert fine.tries == 1
    assert broken.tries == (1 if answer is FAILED else 2)


class Stream(io.StringIO):
    """Standard output as it is found when something is wrong with it."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "outcome"), [(OSError("no space left on device"), RETRY), (BrokenPipeError("nobody reads"), FAILED)]
)
def test_the_console_says_whether_it_is_worth_another_try(error: OSError, outcome: DeliveryOutcome) -> None:
    sent = Console(Stream(error), WIDTH).notify(an_incident(), Decision.FIRST)
    assert sent == Sent(outcome, str(error))
