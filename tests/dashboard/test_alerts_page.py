"""The page "Alerts", run by Streamlit against a real store."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
import streamlit as st
from markupsafe import escape
from streamlit.testing.v1 import AppTest

from dashboard.addresses import of_incident
from dashboard.alert_rules import Channel, Rule, Rules
from dashboard.context import connection
from dashboard.i18n import WORDS
from dashboard.parts import display
from dashboard.rehearsals import TooLong
from dashboard.rules_backtest import (
    Backtest,
    BacktestIncident,
    BacktestMessage,
    MessagePart,
    Rehearsal,
    TunedRule,
)
from dashboard.services import DeskUnavailable, Services
from dashboard.settings import DashboardSettings
from dashboard.views.alerts import backtest
from dashboard.views.alerts import rules as rules_view
from dashboard.views.alerts.backtest import controls
from dashboard.views.alerts.backtest.span import Span
from deploy.lent_rules import LentRules
from processing import queries
from processing.contract import ClickHouseAddress, Severity, Silence
from processing.i18n import LANGUAGES
from processing.queries import Reader, StoreUnavailable
from processing.store.answers import Answer, answer, write_silence
from processing.store.client import Store
from tests.conftest import Template
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import NAMES, html, run, text
from tests.support import stock, told_stock
from tests.support.queued import Decided, decide
from tests.support.waiting import eventually

NAME = stock.incident().id
ENGLISH = WORDS["en"]
PAGE = ENGLISH.alerts_page
OPERATOR = "Olga"
HOSTILE = "<script>alert(1)</script> **bold** \u202egnp.exe"
RULES = Rules(
    channels=(Channel("newsroom", "slack", "ar", 20), Channel("night", "mail"), Channel("spare", "console")),
    rules=(
        Rule(name="major", channels=("newsroom", "night"), severity=Severity.MAJOR, no_data=True),
        Rule(
            name=HOSTILE,
            channels=("night",),
            topic="employer-ban",
            languages=("ar", "hi"),
            sources=("bluesky",),
            posts=50,
            people=20,
            lasting=timedelta(minutes=10),
            quiet=(time(22), time(7)),
            repeat=timedelta(hours=4),
            digest=time(8),
        ),
    ),
    zone="Europe/Berlin",
)


@pytest.fixture(scope="session")
def told(template: Template) -> DashboardSettings:
    """The stocked posts with deliveries, of which hostile ones, a silence now, and one that is planned."""
    address = stock.filled(template.copied("told_alerts"))
    with Store(address) as store:
        told_stock.fill(store)
        decide(
            store,
            Decided("source:bluesky", told_stock.WALL, channel="newsroom"),
            Decided("over", told_stock.WALL, channel="newsroom", step="resolved"),
        )
        answer(store, [NAME], Answer.ACKNOWLEDGE, HOSTILE, HOSTILE)
        for name, starts, note in (("now", -1, HOSTILE), ("planned", 5, "maintenance")):
            write_silence(
                store,
                Silence(
                    id=name,
                    topic="ban",
                    languages=("ar",),
                    sources=("bluesky",),
                    severity=Severity.MAJOR,
                    channel="night",
                    starts_at=stock.END + timedelta(hours=starts),
                    ends_at=stock.END + timedelta(hours=starts + 2),
                    by="Nora <b>",
                    note=note,
                ),
            )
    return settings_for(address)


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    yield
    st.cache_data.clear()
    backtest.rehearsals.clear()


class Written:
    """A desk that keeps the silences which an operator enters, or has none of them."""

    def __init__(self, fault: str = "") -> None:
        self.silences: list[Silence] = []
        self.fault = fault

    def silence(self, silence: Silence) -> None:
        if self.fault:
            raise DeskUnavailable(self.fault)
        self.silences.append(silence)


@dataclass
class Rehearsed:
    """A past of two incidents, of which every rule tells that asks for no more posts than they have.

    A rehearsal waits until `goes_on` is set, and fails with `fault` if there is one.
    """

    goes_on: threading.Event = field(default_factory=threading.Event)
    fault: Exception | None = None
    rehearsals: int = 0

    def rehearse(self, reader: Reader, start: datetime, end: datetime, reached: Callable[[datetime], None]) -> Span:
        self.rehearsals += 1
        reached(start + timedelta(hours=1))
        assert self.goes_on.wait(60)
        if self.fault is not None:
            raise self.fault
        return Span(start, end)

    def told(self, rehearsal: Rehearsal, tuned: TunedRule | None) -> Backtest:
        whole = stock.incident()
        found = (
            BacktestIncident(msgspec.structs.replace(whole, id="small", observed=60, severity=Severity.MAJOR), 40),
            BacktestIncident(whole, 6_000),
        )
        rule, least = ("major", 0) if tuned is None else (tuned.rule, tuned.posts)
        messages = tuple(
            BacktestMessage(stock.SURGE, channel, (MessagePart(each.incident.id, "opened", rule),))
            for each in found
            for channel in ("newsroom", "night")
            if each.incident.observed >= least
        )
        told = {part.about for each in messages for part in each.parts}
        untold = {each.incident.id: "no_route" for each in found if each.incident.id not in told}
        return Backtest(rehearsal.start, rehearsal.end, messages, found, untold)

    def toml(self, tuned: TunedRule) -> str:
        return f'[[rules]]\nname = "{tuned.rule}"\nposts = {tuned.posts}\n'


def opened(
    settings: DashboardSettings,
    rules: Rules | None = RULES,
    desk: Written | None = None,
    past: Rehearsed | None = None,
    **address: str,
) -> AppTest:
    lent = None if rules is None else lambda: rules
    services = Services(topics=lambda: NAMES, user=OPERATOR, desk=desk, rules=lent, backtests=past)  # type: ignore[arg-type]
    return run(settings, services, "alerts", **address)


def worked_out(shown: AppTest, past: Rehearsed) -> AppTest:
    """The page once the rehearsal has ended."""
    past.goes_on.set()

    def is_ready() -> bool:
        shown.run()
        return not shown.get("progress")

    assert eventually(is_ready)
    assert not shown.exception
    return shown


def press(shown: AppTest, label: str, number: int = 0) -> AppTest:
    [each for each in shown.button if each.label == label][number].click().run()
    assert not shown.exception
    return shown


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(told: DashboardSettings, interface: str) -> None:
    page = WORDS[interface].alerts_page
    shown = opened(told, ui=interface)
    headings = [each.value for each in shown.header]
    assert headings == [
        page.channels, page.conversations, page.silences, page.rules, page.backtest, page.deliveries,
    ]  # fmt: skip
    written = html(shown)
    assert not re.search(r"<(script|b|strong|img)\b", written)
    assert "\u202e" not in written
    assert not re.search(r"\{\w+\}", text(written))


def test_a_channel_that_fails_comes_first_with_what_it_said(told: DashboardSettings) -> None:
    written = text(html(opened(told, ui="en")))
    assert "1 channel fails: what it should hear waits or is lost." in written
    assert written.index("<b>desk</b>".replace("<", "&lt;").replace(">", "&gt;")) < written.index("newsroom")
    assert "no longer in the rules" in written
    assert "the channel refuses it" in written
    assert "Waiting" in written
    assert "slack, messages in Arabic. At most 20 messages an hour" in written
    assert "No rule names it." in written


def test_what_channels_have_is_counted_of_the_store(told: DashboardSettings) -> None:
    found = {each.channel: each for each in queries.channel_records(connection(told), told_stock.WALL)}
    assert found["newsroom"].sent_at == told_stock.WALL + timedelta(seconds=30)
    assert (found["newsroom"].attempts, found["newsroom"].failures, found["newsroom"].fails) == (2, 1, False)
    assert found["newsroom"].waiting == 3
    assert found["newsroom"].due == told_stock.WALL
    assert found["<b>desk</b>"].fails
    assert (found["night"].tried_at, found["night"].held) == (None, (("quiet", 1),))
    later = told_stock.WALL + timedelta(hours=1)
    assert {each.attempts for each in queries.channel_records(connection(told), later)} == {0}


def test_conversations_lead_to_their_incidents_and_say_who_has_them_in_hand(told: DashboardSettings) -> None:
    shown = opened(told, ui="en")
    written = html(shown)
    assert f'href="{escape(of_incident(NAME, ENGLISH))}"' in written
    assert "TikTok bans · Bans by employers" in text(written)
    assert "the source bluesky" in text(written)
    assert "banwatch itself: the source " in written
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **bold**" in written
    assert next(each.label for each in shown.expander) == "1 that is over"


def test_rules_are_told_in_plain_words(told: DashboardSettings) -> None:
    written = text(html(opened(told, ui="en")))
    for sentence in (
        "Severity: major or above.",
        "Also a source that has fallen silent.",
        "At once.",
        "Incidents of “Bans by employers” and of the topics below it.",
        "In one of these languages: Arabic, Hindi.",
        "With posts from one of these sources: bluesky.",
        "Posts: 50 or more.",
        "People: 20 or more.",
        "Gone on for 10 min or longer.",
        "Once a day at 08:00 (Europe/Berlin), in one message.",
        "Nothing from 22:00 to 07:00 (Europe/Berlin)",
        "Again after every 4 hr, until somebody acknowledges it or it ends.",
    ):
        assert sentence in written


def test_a_rule_that_gathers_says_how_long() -> None:
    every = Rule(name="gathered", channels=("night",), digest=timedelta(minutes=15))
    assert text(next(rules_view.when(every, "UTC", ENGLISH))) == "In one message every 15 min."


def test_the_faults_of_a_broken_file_stand_above_the_last_valid_rules(told: DashboardSettings) -> None:
    broken = with_faults(RULES, ("alerts.toml, line 3, field kind: <b>wrong</b>.",))
    written = html(opened(told, broken, ui="en"))
    assert "The rules file has faults." in written
    assert "alerts.toml, line 3, field kind: &lt;b&gt;wrong&lt;/b&gt;." in written
    assert "Severity: major or above." in written
    never = html(opened(told, Rules(faults=("alerts.toml is not there.",)), ui="en"))
    assert "alerts.toml is not there." in never
    assert PAGE.rule_tells not in never


def with_faults(rules: Rules, faults: tuple[str, ...]) -> Rules:
    return Rules(rules.channels, rules.rules, rules.zone, rules.report_failures_to, faults)


def test_without_rules_the_page_says_that_it_does_not_know_them(told: DashboardSettings) -> None:
    assert PAGE.rules_missing in [each.value for each in opened(told, None, ui="en").info]


def slid(shown: AppTest, label: str, value: object) -> AppTest:
    next(each for each in shown.select_slider if each.label == label).set_value(value).run()
    assert not shown.exception
    return shown


def test_a_rehearsal_is_made_once_beside_the_page_and_tuning_only_applies_the_rules(told: DashboardSettings) -> None:
    past = Rehearsed()
    shown = opened(told, past=past, ui="en")
    assert eventually(lambda: "1:00" in text(shown.run().get("progress")[0].proto.text))
    assert "Severity: major or above." in text(html(shown))
    written = text(html(worked_out(shown, past)))
    assert "Messages a week: 9.3 as tuned, 9.3 as the rule stands, counted from 8 Jul 2020, 00:00" in written
    assert "All rules together49.3 a week49.3 a week" in written
    written = text(html(slid(shown, PAGE.try_posts, 100)))
    assert "Messages a week: 4.7 as tuned, 9.3 as the rule stands" in written
    assert "newsroom24.7 a week12.3 a week" in written
    assert f"● 10 Jul 2020, 16:05 UTC□ {ENGLISH.incident_page.outcomes['no_route']}" in written
    said = text(" ".join(each.value for each in shown.caption))
    assert (
        "Incidents from 8 Jul 2020, 00:00 to 11 Jul 2020, 00:00 UTC: 2. The rule as tuned tells of 1 of them." in said
    )
    assert shown.code[-1].value.strip() == '[[rules]]\nname = "major"\nposts = 100'
    press(shown, PAGE.try_reset)
    assert "Messages a week: 9.3 as tuned" in text(html(shown))
    shown.segmented_control(key=controls.LENGTH).set_value("30d").run()
    assert past.rehearsals == 1  # the data are shorter than a week


@pytest.mark.parametrize("interface", LANGUAGES)
def test_what_a_rule_would_have_sent_is_told_in_every_language(told: DashboardSettings, interface: str) -> None:
    past = Rehearsed()
    shown = worked_out(opened(told, past=past, ui=interface), past)
    shown.selectbox(key=controls.RULE).select(HOSTILE).run()
    written = html(shown)
    assert not re.search(r"<(script|strong|img)\b|\u202e", written)
    assert not re.search(r"\{\w+\}", text(written) + "".join(each.value for each in shown.caption))


def test_a_range_that_takes_too_long_is_refused_in_one_sentence(told: DashboardSettings) -> None:
    past = Rehearsed(fault=TooLong())
    written = text(html(worked_out(opened(told, past=past, ui="en"), past)))
    assert "again takes this machine longer than 5 min. Choose a shorter time" in written


def test_a_store_that_fails_meanwhile_is_one_sentence(told: DashboardSettings) -> None:
    past = Rehearsed(fault=StoreUnavailable("away"))
    written = text(html(worked_out(opened(told, past=past, ui="en"), past)))
    assert written.count(ENGLISH.store_away) == 1


def test_nothing_is_rehearsed_of_a_store_that_is_empty_or_away(address: ClickHouseAddress, store: Store) -> None:
    past = Rehearsed()
    assert ENGLISH.empty in text(html(opened(settings_for(address), past=past, ui="en")))
    away = DashboardSettings(clickhouse_url="http://127.0.0.1:9")
    assert ENGLISH.store_away in text(html(opened(away, past=past, ui="en")))
    assert past.rehearsals == 0


def test_nothing_is_rehearsed_while_the_watch_is_behind(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, scored=stock.END - timedelta(hours=1))
    past = Rehearsed()
    assert PAGE.try_behind in text(html(opened(settings_for(address), past=past, ui="en")))
    assert past.rehearsals == 0


def test_rules_with_faults_are_tried_in_their_last_valid_version(told: DashboardSettings) -> None:
    past = Rehearsed()
    shown = worked_out(opened(told, with_faults(RULES, ("wrong",)), past=past, ui="en"), past)
    assert [each.value for each in shown.caption].count(PAGE.rules_kept) == 2
    assert "All rules together" in text(html(shown))
    assert PAGE.try_no_rules in text(html(opened(told, Rules(faults=("wrong",)), past=past, ui="en")))


def test_a_store_of_which_nothing_was_told_says_so(address: ClickHouseAddress, store: Store) -> None:
    shown = opened(settings_for(address), Rules(), ui="en")
    written = text(html(shown))
    assert PAGE.no_channels in [each.value for each in shown.info]
    for sentence in (PAGE.no_conversations, PAGE.no_silences, PAGE.no_deliveries):
        assert sentence in written


def test_channels_that_nobody_has_tried_are_neither_working_nor_failing(
    address: ClickHouseAddress, store: Store
) -> None:
    written = text(html(opened(settings_for(address), ui="en")))
    assert written.count(PAGE.channel_untried) == len(RULES.channels)
    assert PAGE.channel_fails not in written


def test_a_store_that_is_away_is_one_sentence_and_the_rules_remain() -> None:
    away = DashboardSettings(clickhouse_url="http://127.0.0.1:9")
    written = html(opened(away, ui="en"))
    assert ENGLISH.store_away in text(written)
    assert "Severity: major or above." in text(written)


def test_deliveries_are_chosen_by_channel_and_fault(told: DashboardSettings) -> None:
    shown = opened(told, ui="en")
    assert "held back: quiet hours" in html(shown)
    shown.toggle(key="alerts-faults").set_value(True).run()
    tables = [each.proto.body for each in shown.get("html") if PAGE.about in each.proto.body]
    assert "the channel did not answer in time" in tables[-1]
    assert "held back: quiet hours" not in tables[-1]
    shown.selectbox(key="alerts-channel").select("night").run()
    assert PAGE.no_such_deliveries in html(shown)


def test_silences_say_what_they_cover_how_long_and_why(told: DashboardSettings) -> None:
    written = text(html(opened(told, ui="en")))
    assert "11 Jul 2020, 05:00 UTC to 11 Jul 2020, 07:00 UTC, by Nora &lt;b&gt;." in written
    assert "Only in Arabic. Only from bluesky. Only up to severity major. Only at the channel night." in written
    assert "maintenance" in written
    assert written.index(PAGE.silence_now) < written.index(PAGE.silence_planned)


def test_a_reader_sees_silences_and_no_controls(told: DashboardSettings) -> None:
    elsewhere = told.model_copy(update={"dashboard_host": "0.0.0.0", "dashboard_anonymous": True})
    shown = opened(elsewhere, desk=Written(), ui="en")
    assert "maintenance" in html(shown)
    assert ENGLISH.incident_page.silence_end not in [each.label for each in shown.button]
    assert ENGLISH.access.needs_operator in [each.value for each in shown.caption]


def test_an_operator_ends_a_silence_of_now_and_one_that_is_planned(told: DashboardSettings) -> None:
    desk = Written()
    shown = opened(told, desk=desk, ui="en")
    for number in (0, 1):
        press(shown, ENGLISH.incident_page.silence_end, number)
    assert [(each.id, each.starts_at, each.ends_at) for each in desk.silences] == [
        ("now", stock.END - timedelta(hours=1), stock.END),
        ("planned", stock.END, stock.END),
    ]


def test_an_operator_plans_a_silence(told: DashboardSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_browser_zone", lambda: ZoneInfo("Europe/Berlin"))
    desk = Written()
    shown = opened(told, desk=desk, ui="en")
    assert not {"TikTok", "Likely talk of a ban"} & {*shown.selectbox(key="alerts-silence-topic").options}
    shown.selectbox(key="alerts-silence-topic").select("employer-ban")
    shown.multiselect(key="alerts-silence-languages").select("es")
    shown.selectbox(key="alerts-silence-severity").select("major")
    shown.selectbox(key="alerts-silence-channel").select("night")
    shown.selectbox(key="alerts-silence-hours").select("8")
    shown.text_area(key="alerts-silence-note").set_value(" by plan ")
    shown.datetime_input(key="alerts-silence-start").set_value(datetime(2020, 7, 12, 10, 0))  # noqa: DTZ001 - as the control has it
    press(shown, PAGE.silence_button)
    [silence] = desk.silences
    assert silence == Silence(
        id=silence.id,
        topic="employer-ban",
        languages=("es",),
        severity=Severity.MAJOR,
        channel="night",
        starts_at=datetime(2020, 7, 12, 8, tzinfo=UTC),
        ends_at=datetime(2020, 7, 12, 16, tzinfo=UTC),
        by=OPERATOR,
        note="by plan",
    )


def test_what_could_not_be_written_is_one_sentence(told: DashboardSettings) -> None:
    shown = press(opened(told, desk=Written("away"), ui="en"), PAGE.silence_button)
    assert [each.value for each in shown.error] == [ENGLISH.access.desk_away]


def test_the_lent_rules_follow_the_file_and_keep_the_last_valid_ones(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    good = '[channels.room]\nkind = "slack"\n{}\n[[rules]]\nname = "all"\nchannels = ["room"]\n{}\n'
    lent = LentRules(file, lambda: ["ban"])
    assert "cannot be read" in lent().faults[0]
    file.write_text(good.format('channel = "C012345"', 'quiet = "22:00-07:00"'))
    found = lent()
    assert found.faults == ()
    assert found.channels == (Channel("room", "slack"),)
    assert found.rules == (Rule(name="all", channels=("room",), quiet=(time(22), time(7))),)
    file.write_text(good.format('channel = "C012345"', 'topic = "bam"'))
    broken = lent()
    assert broken.rules == found.rules
    assert broken.faults == (f"{file}, line 7, field topic: the taxonomy has no topic 'bam'; did you mean ban?",)


def test_a_secret_in_the_file_is_a_fault_that_does_not_repeat_it(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(
        '[channels.room]\nkind = "slack"\nchannel = "C012345"\ntoken = "xoxb-hidden"\nwrong = 1\n'
        '[[rules]]\nname = "all"\nchannels = ["room"]\n'
    )
    faults = " ".join(LentRules(file, lambda: ["ban"])().faults)
    assert "the value is secret" in faults
    assert "there is no such field" in faults
    assert "hidden" not in faults


def test_a_rule_about_banwatch_itself_names_no_surges() -> None:
    rule = Rule(name="ops", channels=("ops",), itself=True, sources=("rss",), quiet=(time(22), time(7)))
    assert [text(each) for each in rules_view.what(rule, ENGLISH)] == [PAGE.rule_itself, "Of these sources alone: rss."]
    assert PAGE.rule_critical in [text(each) for each in rules_view.when(rule, "UTC", ENGLISH)]
    held = replace(rule, hold_critical=True)
    assert PAGE.rule_critical not in [text(each) for each in rules_view.when(held, "UTC", ENGLISH)]
