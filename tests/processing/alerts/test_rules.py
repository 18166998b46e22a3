"""Which channels the rules name for an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.rules import (
    AlertRule,
    Channel,
    IncidentFacts,
    RuleBook,
    RuleSubject,
    facts_of,
    routes,
    trouble_routes,
)
from processing.contract import Severity, VerdictName
from processing.troubles import Trouble, TroubleName, TroubleSeverity
from tests.conftest import NOON
from tests.deploy.test_explain_command import an_incident

ANCESTORS = {
    "ban-india": frozenset({"ban", "platforms"}),
    "ban": frozenset({"platforms"}),
    "platforms": frozenset[str](),
}
FACTS = IncidentFacts(
    topics=frozenset({"ban", "ban-india"}),
    languages=frozenset({"ar", "hi-Latn"}),
    sources=frozenset({"bluesky", "reddit"}),
    severity=Severity.MAJOR,
    verdict=VerdictName.ORGANIC,
    posts=50,
    people=20,
    ratio=5.5,
    lasted=timedelta(minutes=10),
)


def a_book(*rules: AlertRule) -> RuleBook:
    channels = {name: Channel(name, "console", ConsoleOptions()) for name in ("newsroom", "desk", "console")}
    return RuleBook("1", ZoneInfo("UTC"), channels, rules)


def named(book: RuleBook, facts: IncidentFacts = FACTS) -> list[tuple[str, str]]:
    return [(route.channel.name, route.rule.name) for route in routes(book, facts, ANCESTORS)]


def matches(**conditions: object) -> bool:
    rule = AlertRule(name="only", channels=("newsroom",), **conditions)  # type: ignore[arg-type]
    return named(a_book(rule)) == [("newsroom", "only")]


@pytest.mark.parametrize(
    ("fulfilled", "missed"),
    [
        ({"topic": "ban"}, {"topic": "privacy"}),
        ({"topic": "platforms"}, {"topic": "ban-us"}),
        ({"topic": "ban-india"}, {"topic": "plat"}),
        ({"languages": ("en", "ar")}, {"languages": ("en", "fa")}),
        ({"languages": ("hi",)}, {"languages": ("h",)}),
        ({"languages": ("HI-latn",)}, {"languages": ("hi-Deva",)}),
        ({"sources": ("reddit", "rss")}, {"sources": ("rss",)}),
        ({"severity": Severity.MAJOR}, {"severity": Severity.EXTREME}),
        ({"severity": Severity.NOTABLE}, {"severity": Severity.EXTREME}),
        ({"posts": 50}, {"posts": 51}),
        ({"people": 20}, {"people": 21}),
        ({"ratio": 5.5}, {"ratio": 6}),
        ({"verdicts": (VerdictName.BACKFILL, VerdictName.ORGANIC)}, {"verdicts": (VerdictName.BACKFILL,)}),
        ({"lasting": timedelta(minutes=10)}, {"lasting": timedelta(minutes=11)}),
        ({}, {"posts": 50, "people": 21}),
    ],
)
def test_a_rule_matches_if_all_its_conditions_are_fulfilled(
    fulfilled: dict[str, object], missed: dict[str, object]
) -> None:
    assert matches(**fulfilled)
    assert not matches(**missed)


def test_a_rule_is_for_organic_incidents_unless_it_says_otherwise() -> None:
    rule = AlertRule(name="all", channels=("newsroom",))
    for verdict in VerdictName:
        told = named(a_book(rule), replace(FACTS, verdict=verdict))
        assert bool(told) is (verdict is VerdictName.ORGANIC)


def test_a_channel_follows_the_first_rule_that_matches_and_names_it() -> None:
    book = a_book(
        AlertRule(name="other topic", topic="privacy", channels=("console",)),
        AlertRule(name="arabic", languages=("ar",), channels=("newsroom", "desk")),
        AlertRule(name="major", severity=Severity.MAJOR, channels=("console", "newsroom", "console")),
    )
    assert named(book) == [("newsroom", "arabic"), ("desk", "arabic"), ("console", "major")]


def test_no_matching_rule_is_no_route() -> None:
    assert named(a_book(AlertRule(name="extreme", severity=Severity.EXTREME, channels=("desk",)))) == []


def test_a_topic_that_the_taxonomy_has_lost_has_no_topic_above_it() -> None:
    book = a_book(AlertRule(name="platforms", topic="platforms", channels=("desk",)))
    assert named(book, replace(FACTS, topics=frozenset({"gone"}))) == []


def hear(book: RuleBook, name: TroubleName, subject: str = "") -> list[tuple[str, str]]:
    trouble = Trouble(name=name, severity=TroubleSeverity.WARNING, since=NOON, subject=subject)
    return [(route.channel.name, route.rule.name) for route in trouble_routes(book, trouble)]


def test_silent_sources_concern_the_rules_that_ask_for_them() -> None:
    book = a_book(
        AlertRule(name="incidents only", channels=("desk",)),
        AlertRule(name="of reddit", sources=("reddit",), no_data=True, channels=("newsroom",)),
        AlertRule(name="of any", severity=Severity.EXTREME, no_data=True, channels=("newsroom", "console")),
    )
    assert hear(book, TroubleName.SILENT, "reddit") == [("newsroom", "of reddit"), ("console", "of any")]
    assert hear(book, TroubleName.SILENT, "rss") == [("newsroom", "of any"), ("console", "of any")]
    assert hear(book, TroubleName.DISK, "reddit") == []


def test_rules_about_banwatch_hear_of_all_its_troubles_and_of_no_surge() -> None:
    book = a_book(
        AlertRule(name="surges", channels=("desk",)),
        AlertRule(name="itself", about=RuleSubject.BANWATCH, channels=("console",)),
        AlertRule(name="of reddit", about=RuleSubject.BANWATCH, sources=("reddit",), channels=("newsroom",)),
    )
    assert named(book) == [("desk", "surges")]
    assert hear(book, TroubleName.DISK, "reddit") == [("console", "itself")]
    assert hear(book, TroubleName.REJECTS, "reddit") == [("console", "itself"), ("newsroom", "of reddit")]
    assert hear(book, TroubleName.SILENT, "rss") == [("console", "itself")]


def test_the_facts_of_an_incident_are_its_own_and_those_of_its_parts() -> None:
    incident = an_incident()
    facts = facts_of(incident, frozenset({"bluesky"}), 2, NOON + timedelta(days=1))
    assert facts == IncidentFacts(
        topics=frozenset({"ban"}),
        languages=frozenset(),
        sources=frozenset({"bluesky"}),
        severity=Severity.NOTABLE,
        verdict=VerdictName.ORGANIC,
        posts=3,
        people=2,
        ratio=an_incident().ratio,
        lasted=timedelta(hours=1),
    )


def test_an_incident_that_goes_on_has_lasted_until_now() -> None:
    going_on = msgspec.structs.replace(an_incident(), end=None, lead_topic="ban-us", subtopics=("ban-india",))
    facts = facts_of(going_on, frozenset(), 0, NOON + timedelta(minutes=7))
    assert facts.lasted == timedelta(minutes=7)
    assert facts.topics == {"ban", "ban-us", "ban-india"}


def test_severities_have_an_order() -> None:
    assert sorted(Severity, key=lambda each: each.rank) == [Severity.NOTABLE, Severity.MAJOR, Severity.EXTREME]
