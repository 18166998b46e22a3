"""The page "Now" in each of its states, run by Streamlit against a real store."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.charts import BRUSH
from dashboard.filters import Range
from dashboard.i18n import ENGLISH, WORDS
from dashboard.settings import DashboardSettings
from ingest.contract import Progress
from processing.contract import ClickHouseAddress, VerdictName
from processing.i18n import LANGUAGES
from processing.store import records, writer
from processing.store.client import Store
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import gone_back, html
from tests.dashboard.test_page import page
from tests.support import stock

HOUR = timedelta(hours=1)


def chart(shown: AppTest) -> str:
    """The specification of the page's chart, with its labels."""
    [drawn] = shown.get("vega_lite_chart")
    return json.dumps(json.loads(drawn.proto.spec), ensure_ascii=False)


def infos(shown: AppTest) -> list[str]:
    return [info.value for info in shown.info]


def reports(store: Store, source: str, minutes: int) -> None:
    """A live collector whose network was last heard of so many minutes ago."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    report = Progress(source=source, since=stock.START, until=stock.END, silent_after=1_800, last_event=at)
    writer.write_progress(store, [(0, msgspec.structs.replace(report, idle=True))])


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(settings: DashboardSettings, interface: str) -> None:
    words = WORDS[interface]
    shown = page(settings, ui=interface)
    assert shown.title[0].value == words.now_page.title
    assert shown.warning[0].value == words.synthetic
    assert [heading.value for heading in shown.header] == [words.now_page.incidents, words.chart]
    assert "15×" in chart(shown)
    styles = [each.proto.body for each in shown.get("html") if "<style>" in each.proto.body]
    assert any("direction: rtl" in style for style in styles) is (interface == "ar")
    for sentence in (words.calm, words.now_page.by_people, words.now_page.state_complete):
        assert sentence in html(shown)
    assert words.now_page.table in [expander.label for expander in shown.expander]


def test_a_surge_that_goes_on_is_the_headline_and_the_first_sentence(surging: DashboardSettings) -> None:
    shown = html(page(surging, ui="en"))
    read = re.sub("<[^>]+>", "", shown)
    assert "Surging now: TikTok bans · Bans by employers" in read
    since = "Since 10 Jul 2020, 16:05\u00a0UTC, that is for 7\u00a0hr 55\u00a0min."
    assert f"15×\u00a0normal at its height so far. {since}" in shown
    assert (
        "TikTok bans · Bans by employers: since 10 Jul 2020, 16:05\u00a0UTC, for 7\u00a0hr 55\u00a0min so far, "
        "up to 15×\u00a0normal, in English, Spanish, Arabic; many people speak." in read
    )
    assert 'href="incident?id=ban%3A2020-07-10T16%3A05&amp;ui=en"' in shown


@pytest.mark.parametrize("interface", LANGUAGES)
def test_while_the_watch_is_behind_the_counts_nothing_is_said_of_now(
    address: ClickHouseAddress, store: Store, interface: str
) -> None:
    words, scored = WORDS[interface], stock.SURGE + HOUR
    stock.fill(store, going_on=True, complete=False, scored=scored)
    found = page(settings_for(address), ui=interface)
    shown = html(found)
    assert words.surging.partition("{")[0] not in shown
    assert words.now_page.surging_as_of.format(moment=words.moment(scored), topic="") in shown
    assert words.duration(HOUR) in shown
    assert words.duration(stock.END - stock.SURGE) not in shown
    assert words.now_page.open_as_of.format(moment=words.moment(scored)) in shown
    # The figures are of the scored time, and say so.
    assert words.now_page.hour_to.format(moment=words.moment(scored)) in shown
    assert words.last_hour not in shown
    # The chart says where the scores end, and shades no surge behind that.
    assert words.now_page.scored_up_to_here in json.dumps(chart_rows(found), ensure_ascii=False, default=str)


def chart_rows(shown: AppTest) -> list[dict[str, object]]:
    """The rows of all layers of the chart."""
    [drawn] = shown.get("vega_lite_chart")
    return [row for each in drawn.proto.datasets for row in data_of(each.data.data)]


def data_of(arrow: bytes) -> list[dict[str, object]]:
    import pyarrow  # noqa: PLC0415

    with pyarrow.ipc.open_stream(arrow) as reader:
        return list(reader.read_all().to_pylist())


def test_a_watch_that_has_not_been_heard_of_is_told(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, complete=False)
    reports(store, "bluesky", minutes=1)
    assert "heard of the watch" not in html(page(settings_for(address), ui="en"))
    st.cache_resource.clear()
    store.command("TRUNCATE TABLE watch_progress_versions")
    hour_ago = datetime.now(UTC) - HOUR
    store.insert("watch_progress_versions", ["name", "scored_until", "at"], [["main"], [stock.END], [hour_ago]])
    assert "Nothing has been heard of the watch for 1\u00a0hr" in html(page(settings_for(address), ui="en"))


def test_without_any_score_the_page_claims_no_calm(address: ClickHouseAddress, store: Store) -> None:
    stock.add(address, "only", "The only post there is")
    shown = page(settings_for(address), ui="en")
    assert ENGLISH.no_incidents in [caption.value for caption in shown.caption]
    assert ENGLISH.catching_up in html(shown)
    assert ENGLISH.calm not in html(shown)
    assert ENGLISH.now_page.no_collectors in html(shown)


def test_a_silent_collector_is_named_while_others_report(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    reports(store, "rss", minutes=31)
    reports(store, "telegram", minutes=29)
    shown = html(page(settings_for(address), ui="en"))
    warning = shown.partition('class="bw-warning"')[2].partition("</p>")[0]
    assert "rss (last heard 31\u00a0min" in warning
    assert "telegram" not in warning
    assert "○ 1 idle, ✓ 1 complete, ✕ 1 silent." in shown
    assert ENGLISH.calm in shown


def test_when_all_collectors_are_silent_the_present_is_not_known(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, going_on=True, archive=False)
    reports(store, "rss", minutes=45)
    shown = html(page(settings_for(address), ui="en"))
    assert ENGLISH.stale in shown
    assert "Surging now" not in shown
    assert "going on at 11 Jul 2020, 00:00\u00a0UTC, not known since:" in shown
    assert "Known up to 11 Jul 2020, 00:00\u00a0UTC: a surge was going on (TikTok bans · Bans by employers)." in shown
    assert 'class="bw-warning"' not in shown, "the headline says it already"


def test_what_a_verdict_keeps_back_is_a_sentence_and_no_surge(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, going_on=True, complete=False)
    few = msgspec.structs.replace(stock.incident(going_on=True), verdict=VerdictName.CONCENTRATED)
    records.write_incidents(store, [few])
    shown = html(page(settings_for(address), ui="en"))
    assert ENGLISH.now_page.by_few in shown
    assert "Surging now" not in shown


def test_a_time_without_posts_says_so_and_keeps_the_filters(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en", **{"from": "2019-01-01T00:00Z", "to": "2019-01-02T00:00Z"})
    assert ENGLISH.nothing_in_range in infos(shown)
    assert shown.button_group(key="range").value == "chosen"
    assert shown.query_params == {"ui": "en", "from": "2019-01-01T00:00Z", "to": "2019-01-02T00:00Z"}


def test_a_filter_is_kept_in_the_address(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en")
    shown.selectbox(key="language").select("ar").run()
    assert shown.query_params == {"ui": "en", "language": "ar"}
    again = page(settings, ui="en", language="ar")
    assert again.selectbox(key="language").value == "ar"
    assert html(again) == html(shown)


def test_an_address_that_the_reader_goes_back_to_is_shown(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en")
    shown.selectbox(key="language").select("ar").run()
    shown.query_params = {"ui": "en", "topic": "employer-ban"}
    with gone_back():
        shown.run()
    assert (shown.selectbox(key="language").value, shown.selectbox(key="topic").value) == ("*", "employer-ban")


def test_a_time_can_be_chosen_by_its_begin_and_its_end(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en", range="day")
    shown.button_group(key="range").set_value(Range.CHOSEN).run()
    assert (shown.query_params["from"], shown.query_params["to"]) == ("2020-07-10T00:00Z", "2020-07-11T00:00Z")
    shown.datetime_input(key="start").set_value(datetime(2020, 7, 10, 15, 0)).run()  # noqa: DTZ001
    assert not shown.exception
    assert shown.query_params == {"ui": "en", "from": "2020-07-10T15:00Z", "to": "2020-07-11T00:00Z"}
    shown.button_group(key="range").set_value(Range.WEEK).run()
    assert shown.query_params == {"ui": "en"}


def test_shares_and_a_logarithmic_axis_are_views_with_an_address(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en", share="true", log="true")
    assert shown.toggle(key="share").value is True
    assert "symlog" in chart(shown)
    assert "Share of all posts" in chart(shown)
    assert shown.query_params == {"ui": "en", "share": "true", "log": "true"}
    assert "100.0%" in html(shown), "every post of this store is on the topic"


def test_events_are_marked_and_listed_with_their_source(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en", range="day")
    listed = html(shown).partition("bw-events")[2].partition("</ol>")[0]
    assert re.findall("◆ [A-Z]", listed) == ["◆ A", "◆ B"]
    assert "Amazon says that the e-mail was sent in error" in listed
    assert '\\"B\\"' in chart(shown)


def test_the_chart_lets_a_time_be_selected(settings: DashboardSettings) -> None:
    params = json.loads(chart(page(settings, ui="en")))["params"]
    assert [each["name"] for each in params if each.get("select")] == [BRUSH]


def test_the_chart_has_a_sentence_and_its_figures(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en")
    table = shown.dataframe[0].value
    posts = table[ENGLISH.every_language]
    highest = table.loc[posts.idxmax()]
    sentence = html(shown).partition('bw-sentence">')[2].partition("</p>")[0]
    assert sentence == (
        f"Highest: {posts.max()} in the {ENGLISH.duration(timedelta(minutes=15))} from "
        f"{ENGLISH.moment(highest['Time, UTC'])}; posts in all: {ENGLISH.number(posts.sum())}; "
        "surges marked: 1, from 10 Jul 2020, 16:05\u00a0UTC."
    )
