"""The page "Health" in each of its states, run by Streamlit against a real store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.i18n import WORDS
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.views.health import path
from dashboard.views.health.rates import HOUR, STEP, rates
from dashboard.views.health.standing import StageState, Standing, listed, stages
from dashboard.watch_list import Topic
from ingest.contract import Progress, Rejected
from processing.contract import MEGABYTE, BrokerState, ClickHouseAddress
from processing.i18n import LANGUAGES
from processing.queries import ChannelAttempt, Coverage, Health
from processing.store import writer
from processing.store.broker import write_broker_memory
from processing.store.client import Store
from processing.store.deliveries import DeliveryRow, write_deliveries
from processing.store.records import write_incidents
from processing.store.rejections import write_rejections
from processing.store.trends import TrendRow, write_trends
from processing.troubles import TroubleName
from processing.troubles.sentences import ENGLISH as TROUBLES
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import html, run
from tests.support import stock
from tests.support.queued import Decided, decide
from tests.support.waiting import free_port

ENGLISH = WORDS["en"]
PAGE = ENGLISH.health_page
MINUTE = timedelta(minutes=1)
WALL = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE = (
    "<script>document.title='x'</script>\x1b[2J\x00 **bold** $x^2$ \u202egnp.exe\n\n[a](javascript:alert(1)) "
    + "y" * 300
)


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def health(settings: DashboardSettings, **address: str) -> AppTest:
    return run(settings, Services(topics=dict), "health", **{"ui": "en", **address})


def read(shown: AppTest) -> str:
    return re.sub("<[^>]+>", "", html(shown))


def report(source: str, state: str = "listening", minutes: int = 0, **figures: object) -> Progress:
    """A collector's word: its network was heard of so many minutes ago, and it covers the stocked time."""
    at = datetime.now(UTC) - minutes * MINUTE
    values: dict[str, object] = {
        "since": stock.START,
        "until": stock.END,
        "last_event": at,
        "posts": 900,
        "events": 950,
    }
    return Progress(source=source, state=state, **(values | figures))  # type: ignore[arg-type]


def tell(store: Store, *reports: Progress) -> None:
    writer.write_progress(store, [(0, each) for each in reports])


def card(shown: AppTest, source: str) -> str:
    return next(each for each in html(shown).split("<article")[1:] if f">{source}</bdi>" in each)


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_complete_archive_is_well_in_every_language(settings: DashboardSettings, interface: str) -> None:
    page = WORDS[interface].health_page
    shown = health(settings, ui=interface)
    assert shown.title[0].value == page.title
    assert [each.value for each in shown.header] == [
        page.stages, page.collectors, page.sources, page.firsts, page.rejected_title, page.store,
    ]  # fmt: skip
    assert f"● {page.well}" in read(shown)
    assert page.store_disk.format(name="default") in read(shown)
    assert page.never_told in read(shown)
    assert "202007" in read(shown)
    assert page.firsts_not_set_up in [each.value for each in shown.caption]


def test_idle_silent_and_complete_are_told_apart_and_a_stopped_one_comes_first(
    address: ClickHouseAddress, store: Store
) -> None:
    stock.fill(store)
    tell(
        store,
        report("rss", idle=True, silent_after=1_800),
        report("bluesky", minutes=31),
        report("reddit", "failed", detail=HOSTILE, rejected=300),
        report("mastodon", "reconnecting", reconnects=7),
        report("telegram"),
    )
    stocked = Rejected(source="mastodon", where="", reason="b", raw="")
    write_rejections(store, [msgspec.structs.replace(stocked, where=str(number)) for number in range(20)])
    shown = health(settings_for(address))
    order = re.findall(r'<bdi class="bw-source">([\w-]+)</bdi>', "".join(html(shown).partition("bw-collectors")[1:]))
    assert order[:6] == ["bluesky", "mastodon", "reddit", "archive", "rss", "telegram"]
    assert ENGLISH.collector_idle in card(shown, "rss")
    assert "✕" in card(shown, "bluesky")
    assert "silent for 31" in card(shown, "bluesky")
    assert ENGLISH.collector_complete in card(shown, "archive")
    assert "bw-collector-failed" in card(shown, "reddit")
    assert "300 (25%)" in card(shown, "reddit")
    assert ENGLISH.collector_away in card(shown, "mastodon")
    # What nobody has reported is not known, and no zero.
    assert '<span class="bw-unknown">not known</span>' in card(shown, "telegram").partition(PAGE.last_post)[2]
    told = read(shown)
    assert "▲ 4 things need attention" in told
    for name in (TroubleName.FAILED, TroubleName.AWAY, TroubleName.SILENT, TroubleName.REJECTS):
        assert TROUBLES.remedies[name] in told
    assert "Of the records of mastodon in the last hour, 20 were rejected: 100%." in told
    assert "3 collectors are missing" in told
    assert "300 records have been rejected since the start of their collectors: reddit 300." in told
    # A collector's report may quote text from a network.
    assert "&lt;script&gt;document.title" in card(shown, "reddit")
    assert not re.search("[\x00\x1b\u202a-\u202e\u2066-\u2069]", html(shown))
    assert "<script" not in html(shown)
    assert "href" not in card(shown, "reddit")


def test_before_the_first_post_a_collector_that_cannot_start_is_shown(address: ClickHouseAddress, store: Store) -> None:
    tell(store, report("reddit", "failed", since=stock.END, detail="The password is wrong.", posts=0, events=0))
    shown = health(settings_for(address))
    assert "The collector reddit has stopped." in read(shown)
    assert "The password is wrong." in card(shown, "reddit")
    assert PAGE.state_unknown in read(shown)
    assert ENGLISH.empty in [caption.value for caption in shown.caption]


def test_without_any_report_nothing_is_said_to_be_well(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, archive=False)
    shown = read(health(settings_for(address)))
    assert f"? {PAGE.unknown}" in shown
    assert PAGE.rejected_unknown in shown
    assert PAGE.well not in shown


def test_a_watch_that_is_behind_and_one_that_has_not_begun_are_told(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, scored=stock.END - 2 * HOUR)
    told = read(health(settings_for(address)))
    assert "Surges have been looked for up to 2\u00a0hr before the newest count." in told
    assert "◔ 2\u00a0hr behind" in told
    assert TROUBLES.remedies[TroubleName.SCORES_BEHIND] in told


def test_rejections_are_shown_by_stage_network_and_reason_as_text(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    stocked = Rejected(source="reddit", where="a", reason=HOSTILE.replace("'", ""), raw="", stage="collector")
    worker = Rejected(source="kafka", where="b", reason="Empty.", raw="", stage="worker", kind="too_large")
    write_rejections(store, [stocked, msgspec.structs.replace(stocked, where="c"), worker])
    shown = health(settings_for(address))
    table = html(shown).partition("bw-table bw-words")[2].partition("</table>")[0]
    rows = [re.sub("<[^>]+>", "|", row) for row in table.split("<tr>")[2:]]
    assert [re.findall(r"[^|]+", row)[:2] for row in rows] == [["Collector", "reddit"], ["Worker", "kafka"]]
    assert rows[0].count("|2|") == 2
    assert PAGE.rejected_kinds["too_large"] in rows[1]
    assert "&lt;script&gt;" in table
    assert "<script" not in table
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", table)


def test_the_disk_and_the_broker_s_memory_are_shown(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    write_broker_memory(store, BrokerState.UNCOUNTED, held=90 * MEGABYTE, limit=64 * MEGABYTE)
    shown = read(health(settings_for(address)))
    assert re.search(r"Disk default[\d.,]+ of [\d.,]+ GB are free \(\d+%\)", shown)
    assert "it held 90 MB, which were not counted in time" in shown
    assert TROUBLES.remedies[TroubleName.BROKER] in shown


def test_a_channel_that_fails_and_a_message_that_waits_lead_to_the_alerts(
    address: ClickHouseAddress, store: Store
) -> None:
    stock.fill(store)
    now = datetime.now(UTC)
    name = stock.incident().id
    decide(store, Decided(name, now - HOUR, due=now - HOUR), Decided(name, now - HOUR, due=now - HOUR, channel="mail"))
    key = f"{name}/slack/1"
    attempt = DeliveryRow(
        key=key, conversation=name, channel="slack", step="opened", attempt=1, reason="retry", latency=0.2,
        message=key, pause=60.0, message_id="", detail="refused", at=now - HOUR,
    )  # fmt: skip
    write_deliveries(store, [attempt])
    shown = health(settings_for(address))
    assert "The channel slack has been failing for 1\u00a0hr." in read(shown)
    assert "2 messages are due and have not been sent, the oldest for 1\u00a0hr." in read(shown)
    assert "1 channel fails" in read(shown)
    assert html(shown).count('href="alerts?ui=en"') == 2


def test_when_the_store_is_away_nothing_is_known() -> None:
    shown = health(DashboardSettings(clickhouse_url=f"http://127.0.0.1:{free_port()}"))
    assert ENGLISH.store_away in read(shown)
    assert "bw-unknown" in html(shown)


def word(source: str, **values: object) -> Health:
    said: dict[str, object] = {
        "state": "listening", "detail": "", "events": 10, "posts": 10, "rejected": 0, "reconnects": 0,
        "last_event": WALL, "last_post": WALL, "heard_at": WALL, "lag": 5.0, "silent_after": 120.0,
    }  # fmt: skip
    return Health(source, **(said | values))  # type: ignore[arg-type]


def standing(**values: object) -> Standing:
    stretch = Coverage("bluesky", WALL - 30 * HOUR, WALL - MINUTE, False, WALL)
    known: dict[str, object] = {
        "coverage": (stretch,), "health": (word("bluesky"),), "scored_until": WALL - 5 * MINUTE,
        "counted_until": WALL - MINUTE, "first": WALL - 30 * HOUR, "newest": WALL - MINUTE,
    }  # fmt: skip
    return Standing(**(known | values))  # type: ignore[arg-type]


def test_a_stage_that_is_late_or_silent_says_so() -> None:
    late = standing(counted_until=WALL - HOUR, scored_until=WALL - HOUR)
    assert [stage.state for stage in stages(late, WALL)][1] is StageState.BEHIND
    assert [stage.state for stage in stages(standing(scored_until=None), WALL)] == [
        StageState.WELL, StageState.WELL, StageState.UNKNOWN, StageState.UNKNOWN,
    ]  # fmt: skip
    dead = standing(watch_heard_at=WALL - HOUR)
    assert path.label(stages(dead, WALL)[2], dead, ENGLISH, WALL) == "not heard of for 1\u00a0hr"
    failed = ChannelAttempt("slack", "timeout", WALL - HOUR, timedelta(), "")
    sent = ChannelAttempt("slack", "sent", WALL - MINUTE, timedelta(), "")
    assert stages(standing(attempts=(sent, failed)), WALL)[-1].until == WALL - MINUTE
    assert stages(standing(attempts=(failed,)), WALL)[-1].state is StageState.WRONG


def test_an_hour_that_nobody_covered_has_no_rate() -> None:
    rows = [(WALL - 2 * HOUR, "rss", 60), (WALL - 2 * HOUR, "bluesky", 24), (WALL - STEP, "bluesky", 6)]
    whole = Coverage("bluesky", WALL - 48 * HOUR, WALL, False, WALL)
    ended = Coverage("rss", WALL - 4 * HOUR, WALL - 2 * HOUR + STEP, False, WALL)
    found = {rate.source: rate for rate in rates(rows, (whole, ended), WALL)}
    assert found["bluesky"].hour == 6
    assert found["bluesky"].usual == pytest.approx(30 / 24)
    assert found["rss"].hour is None
    assert found["rss"].usual == pytest.approx(60 / (25 / 12))


def test_a_label_is_whole_for_every_state() -> None:
    absent = standing(health=(word("bluesky", state="failed"),))
    labels = [path.label(stage, absent, ENGLISH, WALL) for stage in stages(absent, WALL)]
    assert labels == ["1 collector is missing", "up to date", "up to date", PAGE.never_told]
    assert [each.source for each in listed(absent, WALL)] == ["bluesky"]


def sent(conversation: str, at: datetime) -> DeliveryRow:
    return DeliveryRow(
        key=conversation, conversation=conversation, channel="slack", step="opened", attempt=1, reason="sent",
        latency=0.1, message=conversation, pause=0.0, message_id="", detail="", at=at,
    )  # fmt: skip


@pytest.mark.parametrize("interface", LANGUAGES)
def test_each_network_says_how_often_we_were_first_and_by_how_much(
    address: ClickHouseAddress, store: Store, interface: str
) -> None:
    stock.fill(store)
    now = datetime.now(UTC).replace(microsecond=0)
    for number, (told, ahead) in enumerate([(True, 30), (True, 12), (True, -6), (False, 9), (True, None)]):
        name, start = f"ban-{number}", now - timedelta(days=2 * number + 1)
        incident = msgspec.structs.replace(stock.incident(), id=name, start=start, detected_at=start)
        write_incidents(store, [msgspec.structs.replace(incident, end=start + timedelta(hours=1))])
        if told:
            write_deliveries(store, [sent(name, start)])
        since = None if ahead is None else start + ahead * MINUTE
        seen = {"appeared_at": since, "first_seen": since or start, "last_seen": start + timedelta(hours=1)}
        trend = TrendRow(network="bluesky", server="b", name=f"ban {number}", url="", topics=("ban",), **seen)
        write_trends(store, [trend, replace(trend, network="mastodon", topics=("weather",))])
    words = WORDS[interface]
    shown = run(
        settings_for(address), Services(topics=lambda: {"ban": Topic({"en": "Bans"}, "ban")}), "health", ui=interface
    )
    table = html(shown).partition(f">{words.health_page.firsts_lead}<")[2]
    rows = [re.sub("<[^>]+>", "|", row).split("|") for row in table.split("</tr>")]
    bluesky, mastodon = ([cell for cell in row if cell] for row in rows[1:3])
    lead = words.health_page.firsts_ahead.format(age=words.duration(12 * MINUTE))
    assert bluesky == ["Bluesky", *map(words.number, (5, 2, 1, 2)), lead]
    assert mastodon == ["Mastodon", *map(words.number, (0, 0, 0, 0)), words.health_page.not_known]
    assert words.health_page.firsts_not_set_up not in [each.value for each in shown.caption]
