"""A watch over the past tells what a watch that ran at that time told, in the same order and at the same minutes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.contract import Progress
from processing.alerts.alerts import Alerts
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.records import StoredConversations
from processing.alerts.rule_fields import QuietHours
from processing.alerts.rules import AlertRule, Channel, RuleBook
from processing.contract import Severity, TaggedPost
from processing.detection.policy import DetectorPolicy
from processing.rules_backtest import Message, RulesBacktest, backtest_rules, digests, rehearsal, told_by
from processing.store.client import Store
from processing.store.writer import recount, write_posts, write_progress
from processing.watch import Watch
from processing.watching import watch_over
from tests.conftest import NOON
from tests.integration.test_open_bin import posts
from tests.support.rises import SOURCE, START, WIDTH, background, own_words, rise

pytestmark = pytest.mark.long

MINUTE = timedelta(minutes=1)
POLICY = DetectorPolicy.for_bins(WIDTH)
ROOTS = {"ban": "ban"}
USUAL = 30
UNTIL = NOON + timedelta(hours=2)
BOOK = RuleBook(
    version="test",
    zone=ZoneInfo("Europe/Berlin"),
    channels={name: Channel(name, "console", ConsoleOptions()) for name in ("desk", "arabic", "mail", "night")},
    rules=(
        AlertRule(name="desk", channels=("desk",), severity=Severity.MAJOR, repeat=timedelta(minutes=40)),
        AlertRule(name="arabic", channels=("arabic",), languages=("ar",), lasting=timedelta(minutes=6)),
        AlertRule(name="mail", channels=("mail",), digest=timedelta(minutes=15)),
        AlertRule(name="night", channels=("night",), quiet=QuietHours(time(13), time(15))),
    ),
)


def test_rules_tell_of_the_past_what_they_told_at_the_time(store: Store) -> None:
    """Two rises with Arabic beside English, minute by minute; the rules wait, gather and repeat."""
    now = [NOON]
    alerts = Alerts(StoredConversations(store), lambda: BOOK, dict, lambda: now[0], historic=True)
    watch = watch_over(store, lambda: ROOTS, WIDTH, alerts, lambda: now[0])
    before = [*posts("usual", 2 * 24 * 60 * USUAL, START, MINUTE / USUAL), *background()]
    deliver(store, watch, [each for each in before if each.post.created_at < NOON], NOON)
    for minute in range((UNTIL - NOON) // MINUTE):
        begin, rises = NOON + minute * MINUTE, minute % 90 < 15
        surge = posts(f"surge{minute}-", 12, begin, 5 * MINUTE / 60, "ban") if rises else []
        few = [post for each in "abc" for post in arabic(f"{each}{minute}", begin)]
        rest = posts(f"rest{minute}-", USUAL, begin, MINUTE / USUAL)
        now[0] = begin + MINUTE
        deliver(store, watch, [*surge, *(few if rises else []), *rest], now[0])
    watched = rehearsal(store, POLICY, ROOTS, start=NOON, end=UNTIL)
    first, second = rehearsed(store), told_by(BOOK, watched, {})
    assert first == second
    earlier = NOON - timedelta(hours=3)
    longer = rehearsal(store, POLICY, ROOTS, start=earlier, end=UNTIL, terms=False)
    assert [each.now for each in longer.looks if each.now <= NOON] == [earlier + n * MINUTE for n in range(1, 181)]
    assert told_by(BOOK, longer, {}).messages == tuple(map(without_terms, first.messages))
    alone = told_by(replace(BOOK, rules=BOOK.rules[:1]), watched, {})
    assert alone.messages == tuple(each for each in first.messages if each.channel == "desk")
    told = store.query(
        "SELECT at, due, channel, rule, conversation, step, growth, reason, bundle FROM notifications WHERE step != ''"
        " ORDER BY at, channel, number"
    )
    again = [
        (each.decided, each.due, each.channel, each.rule, each.conversation, each.step, list(each.growth), each.reason)
        for each in sorted(first.messages, key=lambda each: (each.decided, each.channel))
    ]
    assert again == [row[:8] for row in told]
    assert {(row[2], row[5]) for row in told} >= {
        ("desk", "opened"),
        ("desk", "repeated"),
        ("desk", "grew"),
        ("arabic", "opened"),
        ("mail", "opened"),
        ("night", "opened"),
    }
    held = store.query("SELECT channel, step, reason FROM deliveries WHERE attempt = 0 ORDER BY at, channel")
    assert {tuple(row) for row in held} == {(each.channel, each.step, each.reason) for each in first.held_back}
    quiet, *_ = (each for each in digests(first.messages) if each[0].channel == "night")
    assert quiet[0].due == datetime.fromisoformat("2020-07-10T15:00+02:00")


def arabic(name: str, at: datetime) -> list[TaggedPost]:
    text, author = own_words(random.Random(name)), f"few{name}@home.example"
    return rise(1, MINUTE, language="ar", id=f"few{name}", created_at=at, author=author, text=text)


def without_terms(message: Message) -> Message:
    assert message.incident is not None
    return msgspec.structs.replace(message, incident=msgspec.structs.replace(message.incident, terms=()))


def rehearsed(store: Store) -> RulesBacktest:
    return backtest_rules(store, POLICY, ROOTS, book=BOOK, ancestors={}, start=NOON, end=UNTIL)


def deliver(store: Store, watch: Watch, new: Sequence[TaggedPost], until: datetime) -> None:
    """Count these, say that they are all up to then, and look."""
    recount(store, write_posts(store, new))
    write_progress(store, [(0, Progress(source=SOURCE, since=START, until=until))])
    while watch.look():
        pass
