"""Every branch of a conversation about a trouble of banwatch itself, and that a trouble does not flap."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from processing.alerts.conversation import Conversation, Decision
from processing.alerts.journal import Entry
from processing.alerts.notification import Growth, Step
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.outbox import Outbox
from processing.alerts.own_alerts import channels_for, is_historic
from processing.alerts.reasons import Reason, State
from processing.alerts.rule_fields import QuietHours
from processing.alerts.rules import AlertRule, Channel, Route, RuleBook, RuleSubject
from processing.alerts.trouble_conversation import (
    Sighting,
    TroublePolicy,
    TroubleSituation,
    sighted,
    trouble_step,
)
from processing.rules_backtest import RehearsedConversations
from processing.troubles import Trouble, TroubleName, TroubleSeverity
from tests.conftest import NOON

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = NOON + HOUR
POLICY = TroublePolicy()
DISK = Trouble(name=TroubleName.DISK, severity=TroubleSeverity.WARNING, since=NOON, subject="default", value=0.05)
CRITICAL = msgspec.structs.replace(DISK, severity=TroubleSeverity.CRITICAL, value=0.01)
NOTICE = msgspec.structs.replace(DISK, severity=TroubleSeverity.NOTICE)
NEW = Conversation()
FIRING = Conversation(State.FIRING, Reason.OPENED, told_at=NOON)
RESOLVED = replace(FIRING, state=State.RESOLVED, reason=Reason.RESOLVED)
HISTORIC = Conversation(reason=Reason.HISTORIC)


def given(trouble: Trouble | None = DISK, **fields: object) -> TroubleSituation:
    return TroubleSituation(trouble=trouble, **({"told": DISK} | fields))  # type: ignore[arg-type]


BRANCHES: dict[str, tuple[Conversation, TroubleSituation, Step | None, Reason, State]] = {
    "opened": (NEW, given(), Step.OPENED, Reason.OPENED, State.FIRING),
    "opened again": (RESOLVED, given(), Step.OPENED, Reason.OPENED, State.FIRING),
    "nothing is wrong": (NEW, given(None), None, Reason.UNCHANGED, State.PENDING),
    "still nothing": (RESOLVED, given(None), None, Reason.UNCHANGED, State.RESOLVED),
    "only a notice": (NEW, given(NOTICE), None, Reason.UNCHANGED, State.PENDING),
    "no rule": (NEW, given(named=False), None, Reason.UNCHANGED, State.PENDING),
    "historic": (NEW, given(historic=True), None, Reason.HISTORIC, State.PENDING),
    "historic, still": (HISTORIC, given(historic=True), None, Reason.HISTORIC, State.PENDING),
    "news after history": (HISTORIC, given(), Step.OPENED, Reason.OPENED, State.FIRING),
    "goes on": (FIRING, given(), None, Reason.UNCHANGED, State.FIRING),
    "goes on as a notice": (FIRING, given(NOTICE), None, Reason.UNCHANGED, State.FIRING),
    "grew": (FIRING, given(CRITICAL), Step.GREW, Reason.GREW, State.FIRING),
    "fell": (FIRING, given(DISK, told=CRITICAL), None, Reason.UNCHANGED, State.FIRING),
    "repeated": (FIRING, given(repeat=HOUR), Step.REPEATED, Reason.REPEATED, State.FIRING),
    "history": (FIRING, given(repeat=HOUR, historic=True), None, Reason.UNCHANGED, State.FIRING),
    "not yet repeated": (FIRING, given(repeat=2 * HOUR), None, Reason.UNCHANGED, State.FIRING),
    "rule gone": (FIRING, given(named=False, repeat=HOUR), None, Reason.UNCHANGED, State.FIRING),
    "resolved": (FIRING, given(None), Step.RESOLVED, Reason.RESOLVED, State.RESOLVED),
    "resolved without a rule": (FIRING, given(None, named=False), Step.RESOLVED, Reason.RESOLVED, State.RESOLVED),
    "channel gone": (FIRING, given(None, gone=True), None, Reason.CHANNEL_GONE, State.RESOLVED),
    "channel gone, goes on": (FIRING, given(gone=True), None, Reason.UNCHANGED, State.FIRING),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch(name: str) -> None:
    state, situation, said, reason, to = BRANCHES[name]
    decision = trouble_step(state, situation, LATER)
    assert (decision.step, decision.reason, decision.state.state) == (said, reason, to)
    assert decision.growth == ((Growth.SEVERITY,) if said is Step.GREW else ())
    if said is None:
        again = trouble_step(decision.state, situation, LATER)
        assert again.state == decision.state, "what is held back is written once"
    else:
        assert decision.state.told_at == LATER


def test_a_trouble_that_comes_and_goes_is_one_that_began_when_it_was_seen_first() -> None:
    known: dict[str, Sighting] = {}
    for minute in range(30):
        found = [msgspec.structs.replace(DISK, since=NOON + minute * MINUTE)] if minute % 4 == 0 else []
        known = sighted(POLICY, known, found, NOON + minute * MINUTE)
        assert known["disk:default"].trouble.since == NOON
        assert known["disk:default"].first == NOON
    last = known["disk:default"].last
    assert sighted(POLICY, known, [], last + POLICY.gone - MINUTE)
    assert not sighted(POLICY, known, [], last + POLICY.gone)
    assert not sighted(POLICY, known, [], NOON - HOUR), "a clock that was set back keeps nothing for ever"


def test_a_source_that_stopped_long_ago_is_history_unless_its_collector_has_reported_since() -> None:
    failed = Trouble(name=TroubleName.FAILED, severity=TroubleSeverity.WARNING, since=NOON, subject="rss")
    later = NOON + 2 * DAY
    assert is_historic(failed, {}, later)
    assert is_historic(failed, {"rss": NOON}, later)
    assert not is_historic(failed, {"rss": later - MINUTE}, later)
    assert not is_historic(failed, {}, NOON + HOUR)
    assert not is_historic(DISK, {}, later)


def a_book(*names: str, report_to: str = "", quiet: QuietHours | None = None, hold: bool = False) -> RuleBook:
    channels = {name: Channel(name, "console", ConsoleOptions()) for name in names}
    rule = AlertRule(name="itself", about=RuleSubject.BANWATCH, channels=("ops",), quiet=quiet, hold_critical=hold)
    return RuleBook("1", ZoneInfo("UTC"), channels, (rule,) if "ops" in names else (), report_to)


def dead(name: str) -> Trouble:
    return Trouble(name=TroubleName.CHANNEL, severity=TroubleSeverity.WARNING, since=NOON, subject=name)


def told_at(book: RuleBook, failing: str, *others: str, told: str = "") -> list[str]:
    known = {told: Entry(f"channel:{failing}", told, FIRING)} if told else {}
    return sorted(channels_for(book, dead(failing), {failing, *others}, known))


def test_a_dead_channel_is_told_at_others_that_work_and_at_no_other_once_it_is_told() -> None:
    book = a_book("mail", "ops", "slack", report_to="mail")
    assert told_at(book, "slack") == ["mail", "ops"]
    assert told_at(book, "ops") == ["mail"]
    assert told_at(book, "slack", "mail") == ["ops"]
    assert told_at(book, "slack", told="mail") == ["mail"]
    assert told_at(book, "slack", told="gone") == ["mail", "ops"]
    assert told_at(a_book("mail", "slack"), "slack") == ["mail"]
    assert told_at(a_book("mail", "slack", "x", report_to="mail"), "mail") == ["slack"]
    assert told_at(a_book("slack"), "slack") == []
    assert told_at(a_book("mail"), "gone") == ["mail"]


@pytest.mark.parametrize(
    ("trouble", "said", "hold", "at_once"),
    [
        (DISK, Step.OPENED, False, False),
        (CRITICAL, Step.OPENED, False, True),
        (CRITICAL, Step.GREW, False, True),
        (CRITICAL, Step.OPENED, True, False),
        (CRITICAL, Step.RESOLVED, False, False),
    ],
)
def test_quiet_hours_do_not_hide_what_is_critical_unless_the_rule_says_so(
    trouble: Trouble, said: Step, *, hold: bool, at_once: bool
) -> None:
    night: datetime = NOON.replace(hour=23)
    book = a_book("ops", quiet=QuietHours(time(22), time(7)), hold=hold)
    route = Route(book.channels["ops"], book.rules[0])
    held = night + 8 * HOUR
    entry = Entry("disk:default", "ops", FIRING, due=held, trouble=trouble)
    put = Outbox(RehearsedConversations({}), book, night).put(entry, Decision(FIRING, said, (), Reason.OPENED), route)
    assert put.entry.due == (night if at_once else held)
