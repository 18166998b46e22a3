"""The page "Explore", run by Streamlit against a real store: each comparison, and the way from a bar to its posts."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.context import connection
from dashboard.filters import Range
from dashboard.i18n import WORDS
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Present, present
from dashboard.views.explore import drawing, names
from dashboard.views.explore.comparison import (
    BEFORE,
    MOST_LINES,
    NOW,
    Compare,
    Comparison,
    Counted,
    compared,
    load,
    offered,
)
from dashboard.window import Window
from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from processing.queries import Coverage
from processing.store.client import Store
from tests.dashboard import pages
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import NAMES, gone_back, html, run
from tests.support import stock
from tests.support.waiting import free_port
from tests.support.watched import of_bans

ENGLISH = WORDS["en"]
PAGE = ENGLISH.explore_page
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def explore(settings: DashboardSettings, **address: str) -> AppTest:
    return run(settings, Services(topics=lambda: NAMES), "explore", **{"ui": "en", **address})


def specs(shown: AppTest) -> list[str]:
    return [json.dumps(json.loads(each.proto.spec), ensure_ascii=False) for each in shown.get("vega_lite_chart")]


def read(shown: AppTest) -> str:
    return re.sub("<[^>]+>", "", html(shown))


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(settings: DashboardSettings, interface: str) -> None:
    words = WORDS[interface]
    shown = explore(settings, ui=interface, compare="language", charts="own", share="true")
    assert shown.title[0].value == words.explore_page.title
    assert len(specs(shown)) == MOST_LINES
    captions = " ".join(caption.value for caption in shown.caption)
    for sentence in (words.explore_page.own_scales, words.explore_page.share_of_topic, words.explore_page.more(4)):
        assert sentence in captions
    assert words.explore_page.table in [expander.label for expander in shown.expander]
    assert shown.get("download_button")[0].proto.label == words.explore_page.download


@pytest.mark.parametrize("by", Compare)
def test_each_comparison_is_an_address(settings: DashboardSettings, by: Compare) -> None:
    shown = explore(settings, compare=by, charts="shared", language="en")
    assert shown.session_state["compare"] == by
    assert shown.session_state["charts"] == "shared"
    assert shown.header[0].value.startswith(getattr(PAGE, f"heading_{by}").partition("{")[0])
    assert shown.query_params["charts"] == "shared"
    assert len(specs(shown)) == {Compare.TOPIC: 2, Compare.LANGUAGE: 6, Compare.SOURCE: 1, Compare.TIME: 2}[by]
    # Every bar stands on zero, and the highest of all lines is the top of each scale.
    assert all('"y2": {"datum": 0}' in spec for spec in specs(shown))
    assert len({re.search(r'"domainMax": [\d.]+', spec)[0] for spec in specs(shown)}) == 1  # type: ignore[index]
    assert PAGE.one_scale in " ".join(caption.value for caption in shown.caption)


def test_a_choice_of_the_controls_comes_into_the_address_and_keeps_the_chosen_lines(
    settings: DashboardSettings,
) -> None:
    shown = explore(settings, compare="language", lines="ja,ur,<b>,xx")
    assert shown.multiselect[0].value == ["ja", "ur"]
    assert shown.query_params["lines"] == "ja,ur"
    assert "Japanese" in read(shown)
    assert "Arabic" not in read(shown)
    shown.multiselect[0].set_value(["ar"]).run()
    assert shown.query_params["lines"] == "ar"
    shown.query_params["lines"] = "ja"
    with gone_back():
        shown.run()
    assert shown.multiselect[0].value == ["ja"]


def known(settings: DashboardSettings) -> Present:
    found = present(connection(settings))
    assert found is not None
    return found


def posts_at(settings: DashboardSettings, address: str) -> int:
    """The posts that stand in the store for an address of the page Posts, counted one by one."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    [(posts,)] = connection(settings).query(
        """
        SELECT count() FROM posts
        WHERE created_at >= parseDateTimeBestEffort({from:String}, 'UTC')
            AND created_at < parseDateTimeBestEffort({to:String}, 'UTC')
            AND has(topics, {topic:String})
            AND ({language:String} = '*' OR language = {language:String})
            AND ({source:String} = '*' OR source = {source:String})
        """,
        {"source": "*"} | {name: asked[name] for name in asked if name != "ui"},
    )
    return int(posts)


@pytest.mark.parametrize("by", Compare)
def test_a_bar_leads_to_exactly_the_posts_it_counts(settings: DashboardSettings, by: Compare) -> None:
    chosen = stock.START + 2 * DAY, stock.START + 3 * DAY
    view = of_bans(range=Range.CHOSEN, start=chosen[0], end=chosen[1], topic="ban", language="en")
    of = compared(load(connection(settings), view, by, known(settings)), by)
    found = [bar for line in of.lines for bar in of.bars[line] if bar.posts]
    for bar in (found[0], max(found, key=lambda bar: bar.posts or 0), found[-1]):
        address = drawing.posts_of(of, bar, view, ENGLISH)
        assert address.startswith("posts?")
        assert posts_at(settings, address) == bar.posts


def test_the_page_posts_finds_as_many_posts_as_the_bar_counts(settings: DashboardSettings) -> None:
    view = of_bans(range=Range.WEEK, topic="ban")
    of = compared(load(connection(settings), view, Compare.SOURCE, known(settings)), Compare.SOURCE)
    bar = max(of.bars[stock.SOURCE], key=lambda bar: bar.posts or 0)
    address = parse_qs(urlsplit(drawing.posts_of(of, bar, view, ENGLISH)).query)
    shown = pages.page(settings, "posts", **{name: values[0] for name, values in address.items()})
    assert ENGLISH.posts_page.found.format(count=ENGLISH.number(bar.posts or 0)) in html(shown)


def test_the_total_of_a_line_leads_to_its_posts(settings: DashboardSettings) -> None:
    shown = html(explore(settings, compare="language", range="day"))
    row = next(each for each in shown.split("<tr>")[1:] if "<bdi>Spanish</bdi>" in each)
    address = re.search('href="(posts[^"]+)"', row)
    posts = re.search(r"<td>([\d,]+)</td>", row)
    assert address
    assert posts
    assert posts_at(settings, address[1].replace("&amp;", "&")) == int(posts[1].replace(",", ""))


WINDOW = Window(stock.END - 4 * HOUR, stock.END, HOUR, stock.END)


def counted(rows: list[tuple[datetime, str, int]], *coverage: Coverage, first: datetime = stock.START) -> Counted:
    whole: dict[datetime, int] = {}
    for start, _, posts in rows:
        whole[start] = whole.get(start, 0) + posts
    return Counted(WINDOW, tuple(rows), whole, first, coverage, root="ban")


def values(of: Comparison, line: str) -> list[int | None]:
    return [bar.posts for bar in of.bars[line]]


def test_a_time_that_the_networks_collector_did_not_cover_is_a_gap_and_no_zero() -> None:
    rows = [(WINDOW.start, "rss", 3), (WINDOW.start + HOUR, "bluesky", 5)]
    rss = Coverage("rss", stock.START, WINDOW.start + 2 * HOUR, False, stock.END)
    bluesky = Coverage("bluesky", WINDOW.start + HOUR, stock.END, False, stock.END)
    of = compared(counted(rows, rss, bluesky), Compare.SOURCE)
    assert values(of, "rss") == [3, 0, None, None]
    assert values(of, "bluesky") == [None, 5, 0, 0]
    assert of.share("rss") == pytest.approx(3 / 8)
    table = names.table(of, ENGLISH, share=False)
    assert table["rss"].isna().tolist() == [True, True, False, False]
    read = list(csv.DictReader(names.as_csv(of).splitlines()))
    assert [row["posts"] for row in read if row["source"] == "rss"] == ["3", "0", "", ""]
    assert read[0]["start"] == "2020-07-10T20:00:00Z"


def test_the_time_before_stands_at_the_place_of_this_one_and_is_unknown_before_the_first_post() -> None:
    rows = [(WINDOW.start, NOW, 8), (WINDOW.start - 4 * HOUR, BEFORE, 2)]
    whole = Coverage("rss", stock.START, stock.END, False, stock.END)
    of = compared(counted(rows, whole), Compare.TIME)
    assert [bar.at for bar in of.bars[BEFORE]] == list(WINDOW.bins())
    assert (values(of, NOW), values(of, BEFORE)) == ([8, 0, 0, 0], [2, 0, 0, 0])
    assert names.sentence(of, ENGLISH, share=False) == "8 in this time, 2 in the time before: 4.0 times as many."
    young = compared(counted(rows[:1], whole, first=WINDOW.start), Compare.TIME)
    assert values(young, BEFORE) == [None] * 4
    assert names.sentence(young, ENGLISH, share=False) == "8 in this time. Of the time before nothing is known."


def test_the_lines_are_few_and_the_root_topic_is_one_only_if_it_is_chosen() -> None:
    rows = [(WINDOW.start, f"t{number}", 20 - number) for number in range(9)]
    of = compared(counted([*rows, (WINDOW.start, "ban", 99)]), Compare.TOPIC)
    assert of.lines == tuple(f"t{number}" for number in range(6))
    assert of.more == 3
    given = counted([*rows, (WINDOW.start, "ban", 99)])
    assert compared(given, Compare.TOPIC, ["t8", "ban"]).lines == ("ban", "t8")
    assert offered(given, Compare.TOPIC)[0] == "ban"
    assert offered(given, Compare.TIME) == ()


def test_hostile_names_are_text(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    of = compared(counted([(WINDOW.start, "<script>alert(1)</script>\u202e", 3)]), Compare.SOURCE)
    shown = str(drawing._name(of.lines[0], 0, "red", of, ENGLISH))
    assert "&lt;script&gt;" in shown
    assert "\u202e" not in shown
    bad = explore(settings_for(address), compare="<b>", charts="'", lines="<script>", topic="x" * 64)
    assert "<script" not in html(bad)
    assert ENGLISH.nothing_in_range not in read(bad)


def test_a_time_without_a_post_says_so_and_keeps_the_controls(settings: DashboardSettings) -> None:
    shown = explore(settings, compare="time", topic="retraction", **{"from": "2019-01-01", "to": "2019-01-02"})
    assert ENGLISH.nothing_in_range in [info.value for info in shown.info]
    assert shown.session_state["compare"] == "time"
    assert specs(shown) == []


def test_without_posts_and_without_a_store_the_page_says_so(address: ClickHouseAddress, store: Store) -> None:
    assert ENGLISH.empty in [info.value for info in explore(settings_for(address)).info]
    away = DashboardSettings(clickhouse_url=f"http://127.0.0.1:{free_port()}")
    assert ENGLISH.store_away in [info.value for info in explore(away).info]


def test_a_selection_that_the_browser_makes_up_is_none(settings: DashboardSettings) -> None:
    view = replace(of_bans(), range=Range.DAY)
    of = compared(load(connection(settings), view, Compare.LANGUAGE, known(settings)), Compare.LANGUAGE)
    bar = of.bars["en"][0]
    assert of.find(bar.key) is bar
    assert of.find("en <script>") is None
