"""What is decided on telling people, against the real store: restarts, answers, silent sources, history."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

import pytest
from structlog.testing import capture_logs

from processing import queries
from processing.alerts.alerts import Alerts
from processing.alerts.notifiers import options_of
from processing.alerts.notifiers.webhook import WebhookFormat
from processing.alerts.records import ConversationRecords, StoredConversations
from processing.alerts.rule_fields import QuietHours
from processing.alerts.rules import AlertRule, RuleBook
from processing.contract import (
    ClickHouseAddress,
    Evidence,
    Incident,
    IncidentState,
    Severity,
    Silence,
    TaggedPost,
    VerdictName,
)
from processing.coverage import Coverage
from processing.rules_backtest import RehearsedConversations
from processing.store.answers import Answer, answer, write_silence
from processing.store.client import Parameters, Row, Store, StoreUnavailable
from processing.store.records import write_incidents
from processing.store.writer import recount, write_posts
from tests.conftest import NOON, a_post
from tests.support.conversations import HOUR, MINUTE, an_incident
from tests.support.telling import BOOK, CONSOLE, Heard

pytestmark = pytest.mark.long

DAY = 24 * HOUR
ID = an_incident().id
SEVERE = an_incident(severity=Severity.EXTREME)
FEW = an_incident(
    verdict=VerdictName.CONCENTRATED, evidence=(Evidence("repeated", 0.96, 0.9, decisive=True), Evidence("voices", 0.1))
)
ENDED = an_incident(end=NOON + HOUR)
OVER = NOON + 14 * HOUR
ANCESTORS = {"employer-ban": frozenset({"ban"})}


def book(*rules: AlertRule, channels: Sequence[str] = ("console",), budget: int | None = None) -> RuleBook:
    made = {name: replace(CONSOLE, name=name, budget=budget) for name in channels}
    return replace(BOOK, channels=made, rules=rules or BOOK.rules)


def rule(**fields: object) -> AlertRule:
    return AlertRule(**({"name": "own", "channels": ("console",)} | fields))  # type: ignore[arg-type]


@dataclass
class Desk:
    """Alerts that are started anew before each look, a collector at work, and what they say."""

    store: Store
    book: RuleBook = BOOK
    historic: bool = False
    restarts: bool = True
    behind: timedelta = MINUTE
    """How far the watch is behind the wall clock."""
    source_until: datetime | None = None
    """How far the source has delivered, if not to where the watch is."""
    heard_at: datetime | None = None
    """When the source was heard of last, if not now."""
    alerts: Alerts | None = field(default=None)
    wall: datetime = NOON

    def __post_init__(self) -> None:
        self.heard = Heard(self.store)

    def look(self, now: datetime, *incidents: Incident) -> list[str]:
        """Look at event time `now`. Return the steps that this look decided to tell."""
        self.wall = now + self.behind
        heard = Heard(self.store)
        write_incidents(self.store, incidents)
        if self.restarts or self.alerts is None:
            alerts = Alerts(
                StoredConversations(self.store), lambda: self.book, lambda: ANCESTORS, lambda: self.wall, self.historic
            )
            self.alerts = alerts
        until = self.source_until or now
        example = Coverage("example", NOON - DAY, until, complete=False, heard_at=self.heard_at or self.wall)
        other = Coverage("other", NOON - DAY, now, complete=False, heard_at=self.wall)
        self.alerts.tell(incidents, now, [example, other])
        return heard.steps

    def reasons(self, channel: str = "console") -> list[str]:
        return [
            reason
            for (reason,) in self.store.query(
                "SELECT reason FROM notifications WHERE channel = {channel:String} ORDER BY conversation, number",
                {"channel": channel},
            )
        ]

    def held(self) -> list[tuple[str, str, str]]:
        """What was held back: channel, step, reason."""
        return self.store.query(  # type: ignore[return-value]
            "SELECT channel, step, reason FROM deliveries WHERE attempt = 0 ORDER BY key"
        )


@pytest.fixture
def desk(store: Store) -> Desk:
    post = TaggedPost(a_post(created_at=NOON + 5 * MINUTE), "en", 0.9, ("ban",), "rules")
    recount(store, write_posts(store, [post]))
    return Desk(store)


def silence(**fields: object) -> Silence:
    given: dict[str, object] = {"id": "1", "starts_at": NOON, "ends_at": NOON + DAY, "by": "desk", "note": "known"}
    return Silence(**(given | fields))  # type: ignore[arg-type]


STORY = (
    (NOON + 10 * MINUTE, an_incident()),
    (NOON + 12 * MINUTE, an_incident(languages=("en", "ar"))),
    (NOON + 30 * MINUTE, an_incident(languages=("en", "ar"))),
    (NOON + 40 * MINUTE, SEVERE),
    (NOON + 2 * HOUR, ENDED),
    (OVER, None),
)


@pytest.mark.parametrize("restarts", [True, False])
def test_an_incident_is_one_conversation_whether_the_watch_restarts_or_not(desk: Desk, *, restarts: bool) -> None:
    desk.restarts = restarts
    said = [desk.look(now, *([incident] if incident else [])) for now, incident in STORY]
    assert said == [["opened"], [], ["grew"], ["grew"], [], ["resolved"]]
    assert desk.reasons() == ["opened", "gathering", "grew", "grew", "recovering", "resolved"]
    assert desk.look(OVER + HOUR, an_incident(end=NOON + HOUR)) == []
    again = replace(desk, restarts=True)
    assert again.look(OVER + 2 * HOUR, an_incident(end=NOON + HOUR)) == []
    rows = desk.store.query("SELECT number, key FROM notifications ORDER BY number")
    assert rows == [(number, f"{ID}/console/{number}") for number in range(1, 7)]


class Failing(Store):
    """Fails at the n-th insert, before or behind it."""

    fails_at = 0
    behind = False
    count = 0

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        self.count += table in {"notification_versions", "delivery_versions"}
        fails = table in {"notification_versions", "delivery_versions"} and self.count == self.fails_at
        if not fails or self.behind:
            super().insert(table, columns, data)
        if fails:
            raise StoreUnavailable("away")


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("fails_at", range(1, 8))
def test_a_failure_at_any_write_repeats_and_loses_nothing(
    desk: Desk, address: ClickHouseAddress, fails_at: int, *, behind: bool
) -> None:
    with Failing(address) as failing:
        failing.fails_at, failing.behind = fails_at, behind
        own = Desk(failing, restarts=False)
        said = []
        for now, incident in STORY:
            for attempt in itertools.count():
                try:
                    said.append(own.look(now, *([incident] if incident else [])))
                    break
                except StoreUnavailable:
                    assert attempt == 0
        assert failing.count >= fails_at
    assert desk.heard.steps == ["opened", "grew", "grew", "resolved"]
    assert desk.reasons() == ["opened", "gathering", "grew", "grew", "recovering", "resolved"]
    assert desk.held() == [("console", "grew", "gathering")]


def test_nothing_is_asked_of_the_store_while_nothing_is_open(desk: Desk, address: ClickHouseAddress) -> None:
    class Counting(Store):
        asked = 0

        def query(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
            Counting.asked += 1
            return super().query(sql, parameters)

    with Counting(address) as counting:
        own = Alerts(StoredConversations(counting), lambda: BOOK, lambda: ANCESTORS, lambda: NOON + HOUR)
        own.tell([], NOON, [])
        first = counting.asked
        for _ in range(10):
            own.tell([], NOON, [])
        assert counting.asked == first
        incidents = [an_incident(id=f"ban-{number}") for number in range(20)]
        own.tell(incidents, NOON + 20 * MINUTE, [])
        first = counting.asked
        for _ in range(10):
            own.tell(incidents, NOON + 21 * MINUTE, [])
        assert counting.asked == first + 10


def test_a_silence_holds_back_what_is_new_and_not_that_it_is_over(desk: Desk) -> None:
    write_silence(desk.store, silence(id="early", ends_at=NOON + 20 * MINUTE))
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == []
    assert desk.look(NOON + 11 * MINUTE, an_incident()) == []
    assert desk.held() == [("console", "opened", "silenced")]
    assert desk.look(NOON + 20 * MINUTE, an_incident()) == ["opened"]
    write_silence(desk.store, silence(id="late"))
    assert desk.look(NOON + 40 * MINUTE, SEVERE) == []
    assert desk.look(NOON + 2 * HOUR, ENDED) == []
    assert desk.look(OVER) == ["resolved"]


@pytest.mark.parametrize(
    ("fields", "covers"),
    [
        ({}, True),
        ({"topic": "ban"}, True),
        ({"topic": "other"}, False),
        ({"topic": "employer-ban"}, False),
        ({"languages": ("en", "ar")}, True),
        ({"languages": ("ar",)}, False),
        ({"sources": ("example",)}, True),
        ({"sources": ("bluesky",)}, False),
        ({"severity": Severity.MAJOR}, True),
        ({"severity": Severity.NOTABLE}, False),
        ({"channel": "console"}, True),
        ({"channel": "newsroom"}, False),
        ({"starts_at": NOON + HOUR}, False),
        ({"ends_at": NOON}, False),
    ],
)
def test_a_silence_covers_what_is_within_all_of_its_matchers(
    desk: Desk, fields: dict[str, object], *, covers: bool
) -> None:
    write_silence(desk.store, silence(**fields))
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == ([] if covers else ["opened"])


def test_a_silence_of_a_topic_covers_the_topics_below_it(desk: Desk) -> None:
    write_silence(desk.store, silence(topic="ban"))
    part = an_incident(topic="root", lead_topic="employer-ban")
    assert desk.look(NOON + 10 * MINUTE, part) == []


def test_a_surge_is_silenced_that_ended_within_the_silence(desk: Desk) -> None:
    write_silence(desk.store, silence(ends_at=NOON + 2 * HOUR))
    assert desk.look(NOON + 6 * HOUR, ENDED) == []
    assert desk.look(OVER) == []
    assert desk.reasons() == ["silenced", "over_untold"]


def test_an_acknowledgement_is_told_once_and_holds_back_until_a_rise(desk: Desk) -> None:
    desk.book = book(rule(repeat=HOUR))
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == ["opened"]
    assert desk.look(NOON + 70 * MINUTE, an_incident()) == ["repeated"]
    answer(desk.store, [ID], Answer.ACKNOWLEDGE, "desk", "")
    assert desk.look(NOON + 80 * MINUTE, an_incident()) == ["acknowledged"]
    assert desk.look(NOON + 3 * HOUR, an_incident()) == []
    assert desk.look(NOON + 3 * HOUR + MINUTE, an_incident(languages=("en", "ar"))) == []
    assert desk.held() == [("console", "repeated", "in_hand")]
    assert desk.look(NOON + 4 * HOUR, SEVERE) == ["grew"]
    assert desk.look(NOON + 6 * HOUR, SEVERE) == ["repeated"]
    answer(desk.store, [ID], Answer.ACKNOWLEDGE, "another desk", "")
    assert desk.look(NOON + 7 * HOUR, SEVERE) == ["acknowledged"]
    answer(desk.store, [ID], Answer.RESOLVE, "desk", "it was a drill")
    assert desk.look(NOON + 8 * HOUR, SEVERE) == ["resolved"]
    assert desk.look(NOON + 9 * HOUR, SEVERE) == []


def test_what_a_person_ended_before_it_was_told_is_never_told(desk: Desk) -> None:
    answer(desk.store, [ID], Answer.RESOLVE, "desk", "")
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == []
    assert desk.look(NOON + HOUR, SEVERE) == []
    assert desk.reasons() == ["ended_untold"]


def test_unknown_is_not_resolved(desk: Desk) -> None:
    desk.look(NOON + 10 * MINUTE, an_incident())
    desk.look(NOON + 2 * HOUR, ENDED)
    desk.source_until = NOON + 2 * HOUR
    assert desk.look(OVER) == []
    assert desk.look(OVER + DAY) == []
    desk.source_until = None
    assert desk.look(OVER + DAY + HOUR) == ["resolved"]
    assert desk.reasons() == ["opened", "recovering", "unknown", "resolved"]
    assert ("console", "resolved", "unknown") in desk.held()


def test_a_silent_source_resolves_nothing(desk: Desk) -> None:
    desk.look(NOON + 10 * MINUTE, an_incident())
    desk.look(NOON + 2 * HOUR, ENDED)
    desk.source_until = desk.heard_at = NOON + 2 * HOUR
    assert desk.look(OVER) == []
    assert desk.reasons() == ["opened", "recovering", "no_data"]
    desk.source_until = desk.heard_at = None
    assert desk.look(OVER + HOUR) == ["resolved"]


def test_no_rule_is_written_once_and_ends_when_a_rule_matches(desk: Desk) -> None:
    desk.book = book(rule(severity=Severity.EXTREME))
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == []
    assert desk.look(NOON + 11 * MINUTE, an_incident()) == []
    assert desk.held() == [("", "opened", "no_route")]
    assert desk.look(NOON + 20 * MINUTE, SEVERE) == ["opened"]
    assert desk.look(NOON + 21 * MINUTE, SEVERE) == []
    assert desk.reasons("") == ["no_route", "routed"]


def test_without_a_rule_an_incident_is_over_without_a_word(desk: Desk) -> None:
    desk.book = book(rule(topic="other"))
    desk.look(NOON + 10 * MINUTE, an_incident())
    desk.look(NOON + 2 * HOUR, ENDED)
    assert desk.look(OVER) == []
    assert desk.reasons("") == ["no_route", "over_untold"]


@pytest.mark.parametrize("wanted", [{"lasting": 30 * MINUTE}, {"verdicts": (VerdictName.ORGANIC,)}], ids=str)
def test_what_does_not_match_yet_is_pending_and_told_once_it_does(desk: Desk, wanted: dict[str, object]) -> None:
    desk.book = book(rule(**wanted))
    assert desk.look(NOON + 10 * MINUTE, an_incident() if "lasting" in wanted else FEW) == []
    [reason] = desk.reasons()
    assert reason in wanted or reason == "verdict"
    assert desk.look(NOON + 40 * MINUTE, an_incident()) == ["opened"]


def test_what_a_verdict_holds_back_is_written_with_the_sentence_that_says_why(desk: Desk) -> None:
    desk.look(NOON + 10 * MINUTE, FEW)
    [(detail,)] = desk.store.query("SELECT detail FROM deliveries")
    assert "96% of the posts repeat an author or a text" in detail


def test_history_is_not_told_unless_asked(desk: Desk) -> None:
    desk.behind = 2 * DAY
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == []
    assert desk.look(NOON + 20 * MINUTE, SEVERE) == []
    assert desk.reasons() == ["historic"]
    desk.historic = True
    assert desk.look(NOON + 30 * MINUTE, SEVERE) == ["opened"]


def test_what_was_told_live_is_resolved_after_an_outage_of_days(desk: Desk) -> None:
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == ["opened"]
    desk.behind = 3 * DAY
    assert desk.look(NOON + 30 * MINUTE, SEVERE) == ["grew"]
    desk.look(NOON + 2 * HOUR, ENDED)
    assert desk.look(OVER) == ["resolved"]


def test_a_replay_is_decided_by_its_own_time(desk: Desk) -> None:
    desk.behind, desk.historic = 2_000 * DAY, True
    desk.book = book(rule(quiet=QuietHours(time(11), time(13))))
    assert desk.look(NOON + 10 * MINUTE, an_incident()) == ["opened"]
    assert desk.store.query("SELECT at, due FROM notifications") == [(NOON + 10 * MINUTE, NOON + HOUR)]


def test_what_ends_in_quiet_hours_is_told_behind_its_beginning_in_one_digest(desk: Desk) -> None:
    desk.book = book(rule(quiet=QuietHours(time(12), time(11))))
    desk.look(NOON + 10 * MINUTE, an_incident())
    desk.look(NOON + 2 * HOUR, ENDED)
    assert desk.look(OVER) == ["resolved"]
    rows = desk.store.query("SELECT step, due, bundle != '' FROM notifications WHERE step != '' ORDER BY number")
    assert rows == [("opened", NOON + 23 * HOUR, True), ("resolved", NOON + 23 * HOUR, True)]
    bundles = desk.store.query("SELECT DISTINCT bundle FROM notifications WHERE step != ''")
    assert len(bundles) == 1
    assert [reason for *_, reason in desk.held()] == ["quiet", "order"]


@pytest.mark.parametrize("kind", ["pagerduty", "alertmanager", "webhook"])
def test_receiver_that_keeps_alerts_gets_what_was_held_apart_and_each_counts_in_its_budget(
    desk: Desk, kind: str
) -> None:
    options = options_of(kind).model_construct(format=WebhookFormat.ALERTMANAGER)
    quiet = book(rule(quiet=QuietHours(time(11), time(13))), budget=4)
    pager = replace(CONSOLE, kind=kind, options=options, budget=4)
    desk.book = replace(quiet, channels={"console": pager})
    desk.look(NOON + 10 * MINUTE, *(an_incident(id=f"ban-{number}") for number in range(3)))
    desk.look(NOON + 30 * MINUTE, an_incident(id="ban-0", languages=("en", "ar")))
    assert len(desk.store.query("SELECT DISTINCT bundle FROM notifications")) == 3
    desk.look(NOON + 70 * MINUTE, *(an_incident(id=f"ban-{number}") for number in (3, 4)))
    assert [reason for *_, reason in desk.held()] == ["quiet", "order", "quiet", "quiet", "budget"]


@pytest.mark.parametrize("restarts", [True, False])
def test_beyond_its_budget_a_channel_gets_a_digest(desk: Desk, *, restarts: bool) -> None:
    desk.restarts, desk.book = restarts, book(budget=2)
    first, *others = [an_incident(id=f"ban-{number}") for number in range(5)]
    desk.look(NOON + 10 * MINUTE, first)
    desk.look(NOON + 11 * MINUTE, *others)
    rows = desk.store.query("SELECT bundle != '', count() FROM notifications GROUP BY 1 ORDER BY 1")
    assert rows == [(False, 2), (True, 3)]
    assert [reason for *_, reason in desk.held()] == ["budget"] * 3


def test_the_incident_of_a_root_mutes_its_parts_at_the_channel_that_hears_of_it(desk: Desk) -> None:
    part = an_incident(id="part", lead_topic="employer-ban", subtopics=("employer-ban",), start=NOON - HOUR)
    desk.book = book(
        rule(name="all"),
        rule(name="part", topic="employer-ban", channels=("newsroom",)),
        channels=("console", "newsroom"),
    )
    assert desk.look(NOON + 10 * MINUTE, an_incident(), part) == ["opened", "opened"]
    rows = desk.store.query("SELECT conversation, channel, reason FROM notifications ORDER BY ALL")
    assert rows == [
        (ID, "console", "opened"),
        ("part", "console", "inhibited"),
        ("part", "newsroom", "opened"),
    ]


def test_who_was_told_hears_the_end_though_the_rules_have_changed(desk: Desk) -> None:
    desk.book = book(channels=("console", "newsroom"))
    desk.look(NOON + 10 * MINUTE, an_incident())
    desk.book = book(rule(channels=("newsroom",), topic="other"), channels=("console", "newsroom"))
    assert desk.look(NOON + HOUR, SEVERE) == []
    desk.look(NOON + 2 * HOUR, ENDED)
    assert desk.look(OVER) == ["resolved"]


def test_a_channel_that_is_gone_is_told_nothing(desk: Desk) -> None:
    desk.look(NOON + 10 * MINUTE, an_incident())
    desk.book = book(rule(channels=("newsroom",), topic="other"), channels=("newsroom",))
    desk.look(NOON + 2 * HOUR, ENDED)
    assert desk.look(OVER) == []
    assert desk.reasons() == ["opened", "channel_gone"]


def test_an_incident_that_the_store_no_longer_has_stops_no_other(desk: Desk) -> None:
    desk.look(NOON + 10 * MINUTE, an_incident(), an_incident(id="other"))
    desk.store.command("TRUNCATE TABLE incident_versions")
    assert desk.look(OVER, an_incident(id="other", end=NOON + HOUR, state=IncidentState.CLOSED)) == ["resolved"]
    assert queries.incidents_named(desk.store, []) == ()


def test_a_source_that_stopped_for_good_keeps_nothing_open_for_ever(desk: Desk) -> None:
    desk.look(NOON + 10 * MINUTE, an_incident())
    desk.look(NOON + 2 * HOUR, ENDED)
    desk.source_until = desk.heard_at = NOON + 2 * HOUR
    assert desk.look(NOON + HOUR + 7 * DAY - MINUTE) == []
    assert desk.look(NOON + HOUR + 7 * DAY) == ["resolved"]
    assert [each.reason for each in queries.undelivered(desk.store)] == ["opened", "resolved_unknown"]


def test_what_is_only_rehearsed_is_not_logged(desk: Desk) -> None:
    def logged(records: ConversationRecords) -> list[str]:
        alerts = Alerts(records, lambda: BOOK, lambda: ANCESTORS, lambda: NOON + 10 * MINUTE)
        with capture_logs() as logs:
            alerts.tell([an_incident()], NOON + 10 * MINUTE, [])
        return [each["event"] for each in logs]

    sources = {("ban", NOON, NOON + 10 * MINUTE): frozenset({"example"})}
    assert logged(RehearsedConversations(sources)) == []
    assert logged(StoredConversations(desk.store)) == ["conversation"]
