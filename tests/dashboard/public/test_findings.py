"""What the public pages say of claims, of who led and of corrections, and what they keep to themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser as Parser

from dashboard.i18n import WORDS
from dashboard.public import editions
from processing import queries
from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from processing.store.client import Store
from processing.store.deletions import DeletionTarget, delete
from processing.store.records import write_incidents
from processing.store.writer import recount, write_posts
from tests.conftest import Template
from tests.dashboard.public.conftest import INCIDENT, Served, serving
from tests.support import led, stock

PAGE, DATA = f"incident/{INCIDENT}", f"/api/incident/{INCIDENT}.json"
TOPICS = ("employer-ban",)
ENDLESS = "0 = (SELECT max(sleepEachRow(0.00002)) FROM system.numbers)"
"""A condition that the store does not come to an end with."""


@pytest.fixture(scope="module")
def found(template: Template) -> ClickHouseAddress:
    """An incident with a claim that Arabic took over from English, and beside it a correction in English alone."""
    address = template.copied("public_findings")
    at = stock.SURGE + 80 * timedelta(minutes=1)
    said = [stock.tagged(f"s{n}", led.TEXT, at - timedelta(minutes=60), "ar", topics=TOPICS) for n in range(30)]
    taken_back = [stock.tagged(f"c{n}", led.TEXT, at, "en", topics=(*TOPICS, "retraction")) for n in range(90)]
    with Store(address) as store:
        led.fill(store)
        recount(store, write_posts(store, [*said, *taken_back]))
    return address


@pytest.fixture
def pages(found: ClickHouseAddress) -> Iterator[Served]:
    with serving(found) as served:
        yield served


def told(served: Served, tag: str = "en") -> str:
    root = "/" if tag == LANGUAGES[0] else f"/{tag}/"
    return " ".join(Parser(served.get(f"{root}{PAGE}").text).css_first("main").text().split())


def of_claims(served: Served) -> list[str]:
    """Return the queries for claims that the store was asked."""
    return [sql for sql in served.connection.asked if "FROM claims(" in sql]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_an_incident_has_its_claims_who_led_and_its_correction_without_a_text_of_a_post(
    pages: Served, tag: str
) -> None:
    words, text = WORDS[tag], told(pages, tag)
    for heading in (words.led.title, words.correction.title, words.incident_page.claims):
        assert heading in text
    assert words.public.claim.format(number=words.number(1)) in text
    assert words.public.claims_unquoted in text
    assert led.TEXT not in text
    assert [sql for sql in pages.connection.asked if "text" in sql] == []
    assert "author-" not in text


def test_the_sentences_are_those_of_the_dashboard(pages: Served) -> None:
    text = told(pages)
    assert len(re.findall(r"Arabic followed English by 1\d min \(\d+ min to [12]\d min\)\.", text)) == 2
    assert "“retraction” overtook “Bans by employers” at 10 Jul 2020, 17:25 UTC" in text
    assert "No correction was found in Arabic." in text
    assert re.search(r"English 10 Jul 2020, 16:\d\d UTC Arabic \+1\d min Korean \+\d\d min", text)


def test_the_same_is_there_for_programs(pages: Served) -> None:
    answer = pages.get(DATA)
    assert answer.headers["content-type"] == "application/json"
    about = answer.json()
    assert about["as_of"] >= about["scored_until"] > about["end"]
    [claim] = about["claims"]
    assert [each["language"] for each in claim["languages"]] == ["en", "ar", "ko"]
    assert "title" not in claim
    assert claim["share"] == 1
    for who_led in (about["led"], claim["led"]):
        assert (who_led["leader"], [each["language"] for each in who_led["followers"]]) == ("en", ["ar"])
    [correction] = about["corrections"]
    assert (correction["all"]["corrections"], correction["all"]["reach"]) == (90, "overtaken")
    assert correction["languages"]["ar"]["reach"] == "never"
    assert about["name"]["fr"] in pages.get(f"/fr/{PAGE}").text
    assert pages.get("/api/incident/none.json").status_code == 404
    assert DATA.replace(":", "%3A") in pages.get(f"/{PAGE}").text


@pytest.mark.parametrize(
    "instead",
    [
        pytest.param({"people >= {least:UInt32}": f"{ENDLESS} AND people >= {{least:UInt32}}"}, id="too slow"),
        pytest.param({"FROM claims(": "FROM no_such_view("}, id="no view"),
    ],
)
def test_the_page_does_without_what_the_store_does_not_tell(
    pages: Served, monkeypatch: pytest.MonkeyPatch, instead: dict[str, str]
) -> None:
    pages.connection.instead = instead
    heading = WORDS["en"].incident_page.claims
    with monkeypatch.context() as soon:
        soon.setattr(editions, "FOUND_WITHIN", timedelta(seconds=1))
        text = told(pages)
    assert "10 Jul 2020" in text
    assert heading not in text
    assert pages.get("/healthz").json()["away_since"] is None
    pages.connection.instead = {}
    pages.pass_buckets(2)
    assert heading not in told(pages), "the store is left alone for a while"
    pages.now += editions.FOUND_AGAIN
    assert heading in told(pages)


def test_a_chart_does_not_need_them(pages: Served) -> None:
    for kind in ("svg", "png"):
        assert pages.get(f"/chart.{kind}?incident={INCIDENT}").status_code == 200
    assert of_claims(pages) == []


def test_without_texts_they_are_found_once_however_many_incidents_are_looked_at(
    address: ClickHouseAddress, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    led.fill(store)
    other = replace(queries.incidents(store, limit=1)[0], id="ban-other")
    write_incidents(store, [other])
    monkeypatch.setattr(editions, "MOST_HELD", 1)
    with serving(address) as served:
        for _ in range(2):
            for name in (INCIDENT, other.id):
                assert served.get(f"/incident/{name}").status_code == 200
            served.now += 2 * editions.FOUND_AGAIN
        assert len(of_claims(served)) == 2


def test_they_are_found_again_only_when_posts_or_a_search_have_changed_them(
    address: ClickHouseAddress, store: Store
) -> None:
    led.fill(store)

    def finds(served: Served) -> list[str]:
        served.pass_buckets(2)
        served.connection.asked.clear()
        served.get(f"/{PAGE}")
        return of_claims(served)

    with serving(address, public_posts=True) as served:
        assert f"{led.TEXT} " in told(served)
        assert WORDS["en"].public.claims_unquoted not in told(served)
        assert served.get(DATA).json()["claims"][0]["title"] == dict.fromkeys(LANGUAGES, led.TEXT)
        assert finds(served) == []
        served.connection.away = True
        served.pass_buckets(3)
        assert WORDS["en"].public.claims_unquoted in told(served), "nobody knows which are deleted"
        served.connection.away = False
        [(names,)] = store.query("SELECT groupArray(id) FROM posts WHERE language != 'ar'")
        recount(store, delete(store, DeletionTarget(stock.SOURCE, names)))
        assert finds(served)
        assert [each["language"] for each in served.get(DATA).json()["claims"][0]["languages"]] == ["ar"]
