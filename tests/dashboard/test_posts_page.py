"""The page "Posts", run by Streamlit against a real store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from pydantic import SecretStr

from dashboard.addresses import of_posts
from dashboard.i18n import ENGLISH, WORDS
from dashboard.settings import DashboardSettings
from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from processing.store.client import Store
from processing.store.deletions import DeletionTarget, delete
from processing.store.writer import recount, write_posts
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import gone_back, html, page
from tests.support import stock

WORDS_OF_PAGE = ENGLISH.posts_page


@pytest.fixture(scope="module")
def reader(stocked: ClickHouseAddress) -> Iterator[Store]:
    with Store(replace(stocked, user="reader", password=SecretStr(""))) as store:
        yield store


def told(shown: str) -> int:
    found = re.search(r"Posts found: ([\d,]+)\.", shown)
    assert found
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("minutes", [1, 60, 24 * 60])
@pytest.mark.parametrize("language", ["*", "ar"])
def test_the_posts_of_a_bar_are_those_that_it_counts(
    settings: DashboardSettings, reader: Store, minutes: int, language: str
) -> None:
    start = stock.SURGE
    end = start + timedelta(minutes=minutes)
    path, _, given = of_posts(
        ENGLISH, start, end, topic="employer-ban", language=language, source=stock.SOURCE
    ).partition("?")
    shown = page(settings, path, **dict(parse_qsl(given)))
    [(counted,)] = reader.query(
        "SELECT sum(posts) FROM counts WHERE topic = 'employer-ban' AND source = {source:String}"
        " AND minute >= {start:DateTime('UTC')} AND minute < {end:DateTime('UTC')}"
        " AND ({language:String} = '*' OR language = {language:String})",
        {"source": stock.SOURCE, "start": start, "end": end, "language": language},
    )
    assert counted
    assert told(html(shown)) == counted
    assert html(shown).count("<article") == min(counted, 50)
    assert shown.query_params["from"] == f"{start:%Y-%m-%dT%H:%MZ}"
    assert shown.query_params["source"] == stock.SOURCE


def test_words_and_their_page_are_in_the_address(settings: DashboardSettings) -> None:
    shown = page(settings, "posts", ui="en", words="حذف", page="2")
    assert shown.text_input(key="words").value == "حذف"
    assert stock.TEXTS["ar"] in html(shown)
    assert stock.TEXTS["en"] not in html(shown)
    assert f"Page 2 of {-(-told(html(shown)) // 50)}" in [each.value for each in shown.caption]
    shown.text_input(key="words").set_value('"work phone"').run()
    assert not shown.exception
    assert shown.session_state["page"] == 1
    assert stock.TEXTS["en"] in html(shown)
    assert stock.TEXTS["ar"] not in html(shown)


def test_nothing_found_is_said(settings: DashboardSettings) -> None:
    assert WORDS_OF_PAGE.nothing in html(page(settings, "posts", ui="en", words="zzzzz"))


@pytest.mark.parametrize(
    "address",
    [
        {"from_": "yesterday", "page": "-3", "order": "oldest", "source": "<script>", "topic": "'; DROP"},
        {"words": '"' * 500, "page": "99999999999999999999"},
        {"words": "\\", "language": "xx", "topic": "no-such-topic"},
    ],
)
def test_any_address_opens(settings: DashboardSettings, address: dict[str, str]) -> None:
    shown = page(settings, "posts", ui="en", **address)
    assert "<script" not in html(shown)


def test_hostile_posts_are_text(settings: DashboardSettings) -> None:
    shown = html(page(settings, "posts", ui="en"))
    assert "&lt;script&gt;document.title" in shown
    assert "<script" not in shown
    assert "\u202e" not in shown
    assert 'href="javascript' not in shown
    assert "https://example.org/posts/long" in shown
    assert 'dir="auto"' in shown


def test_a_search_for_words_without_time_says_where_it_stopped(
    settings: DashboardSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processing.queries.search._FIRST_POSTS", 1)
    monkeypatch.setattr("processing.queries.newest_with_words.__kwdefaults__", {"patience": timedelta(0)})
    shown = html(page(settings, "posts", ui="en", words="telefon OR nothing"))
    assert "Posts found: at least 0. The search stopped after 4 seconds" in shown
    assert "back to 10 Jul 2020, 23:00" in shown


def test_the_way_back_brings_the_order_of_before(settings: DashboardSettings) -> None:
    shown = page(settings, "posts", ui="en")
    shown.button_group(key="order").set_value("shared").run()
    assert shown.query_params["order"] == "shared"
    del shown.query_params["order"]
    with gone_back():
        shown.run()
    assert shown.button_group(key="order").value == "newest"
    assert "order" not in shown.query_params


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(settings: DashboardSettings, interface: str) -> None:
    words = WORDS[interface].posts_page
    shown = page(settings, "posts", ui=interface)
    assert [each.value for each in shown.title] == [words.title]
    labels = [each.label for each in (*shown.text_input, *shown.selectbox)]
    assert {words.words, words.source} <= set(labels)
    assert words.ask_in_sql in html(shown)


def test_deleted_posts_are_counted_and_not_shown(address: ClickHouseAddress, store: Store) -> None:
    posts = [stock.tagged(f"{number}", f"TikTok {number}", stock.START, "en") for number in range(3)]
    recount(store, write_posts(store, posts))
    recount(store, delete(store, DeletionTarget(stock.SOURCE, ["1"])))
    shown = html(page(settings_for(address), "posts", ui="en"))
    assert "Posts found: 2." in shown
    assert "Deleted since and not shown: 1." in shown
    assert "TikTok 1" not in shown


def test_a_post_without_a_text_says_why(address: ClickHouseAddress, store: Store) -> None:
    posts = [stock.tagged("1", "", stock.START, "en", topics=())]
    recount(store, write_posts(store, posts))
    assert WORDS_OF_PAGE.no_text in html(page(settings_for(address), "posts", ui="en", topic="*"))


def test_an_empty_store_and_an_absent_one_say_so(address: ClickHouseAddress) -> None:
    assert [each.value for each in page(settings_for(address), "posts", ui="en").info] == [ENGLISH.empty]
    nowhere = DashboardSettings(clickhouse_url="http://127.0.0.1:9", clickhouse_database="nothing")
    assert [each.value for each in page(nowhere, "posts", ui="en").info] == [ENGLISH.store_away]
