"""What the public pages say, in every language, and what they never hold."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from selectolax.lexbor import LexborHTMLParser as Parser

from dashboard.i18n import WORDS
from processing.contract import ClickHouseAddress, DrivingTerm
from processing.i18n import LANGUAGES, language
from processing.store.client import Store
from processing.store.records import write_incidents
from tests.dashboard.public.conftest import INCIDENT, NAMES, OPENED, SITE, Served, serving
from tests.support import stock

ROOTS = {tag: "/" if tag == "en" else f"/{tag}/" for tag in LANGUAGES}
PAGES = [f"{root}{path}" for root in ROOTS.values() for path in ("", f"incident/{INCIDENT}")]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_needs_nothing_but_its_style_sheet(standing: Served, path: str) -> None:
    answer = standing.get(path)
    page = Parser(answer.text)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert [node.tag for node in page.css("script, style, iframe, form, [style], [onclick], [onerror]")] == []
    assert len(page.css("h1")) == 1
    assert len(page.css("main")) == 1
    levels = [int(node.tag[1]) for node in page.css("h1, h2, h3")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(node.attributes.get("scope") for node in page.css("th"))
    assert all(node.attributes.get("aria-label") for node in page.css("svg"))
    [styles] = page.css("link[rel=stylesheet]")
    assert standing.get(styles.attributes["href"]).headers["content-type"].startswith("text/css")
    inside = {node.attributes["href"] for node in page.css("a[href^='/']")}
    assert {standing.get(address).status_code for address in inside} == {200}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_has_its_pages_and_names_the_others(standing: Served, tag: str) -> None:
    page = Parser(standing.get(f"{ROOTS[tag]}incident/{INCIDENT}").text)
    [html] = page.css("html")
    assert html.attributes["lang"] == tag
    assert html.attributes["dir"] == ("rtl" if language(tag).right_to_left else "ltr")
    others = {
        node.attributes["hreflang"]: node.attributes["href"] for node in page.css("link[rel=alternate][hreflang]")
    }
    name = INCIDENT.replace(":", "%3A")
    assert others == {
        "x-default": f"{SITE}/incident/{name}",
        **{each: f"{SITE}{root}incident/{name}" for each, root in ROOTS.items()},
    }
    assert WORDS[tag].title.format(topic=NAMES["ban"].names[tag]) in page.css_first("header").text()
    assert WORDS[tag].public.about in page.css_first("footer").text()


def test_the_page_on_the_present_says_what_it_is_as_of_and_what_has_surged(standing: Served) -> None:
    page = Parser(standing.get("/").text)
    assert page.css_first("h1").text().split() == ["●", "Calm"]
    assert WORDS["en"].public.as_of.format(now=WORDS["en"].moment(stock.END)) in page.css_first(".as-of").text()
    [link] = page.css(".incidents a")
    assert "TikTok bans · Bans by employers rose to 15× normal" in link.text()
    assert [node.text() for node in page.css(".incidents .bw-badge")] == ["organic", "ended", "extreme", "generated"]
    tables = page.css(".tables section")
    languages, topics = ([row.css_first("th").text() for row in each.css("tbody tr")] for each in tables)
    assert languages[:2] == ["English", "Arabic"]
    assert topics == ["Bans by employers"], "a topic that is not watched is none"
    assert standing.get("/chart.svg").status_code == 200


def test_an_incident_is_told_with_its_verdict_its_terms_and_its_languages(standing: Served) -> None:
    text = " ".join(Parser(standing.get(f"/incident/{INCIDENT}").text).css_first("main").text().split())
    assert "of 2,000 posts compared, 66% are by people" in text
    assert "work phone" in text
    assert "هواتفهم" in text
    assert "English" in text
    assert "9,120" in text


def test_a_surge_that_goes_on_is_told_as_of_what_has_been_scored(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, going_on=True, complete=False)
    with serving(address) as served:
        text = " ".join(Parser(served.get("/").text).css_first(".incidents").text().split())
    assert " ".join(f"still high at {WORDS['en'].moment(stock.END)}".split()) in text
    assert "was over" not in text


def test_no_text_of_a_post_is_shown_or_asked_for_by_an_incident(served: Served) -> None:
    shown = "".join(served.get(path).text for path in (*PAGES, "/feed.atom", "/api/incidents.json"))
    assert [text for text in stock.TEXTS.values() if text in shown] == []
    served.connection.asked.clear()
    served.pass_buckets(5)
    served.get(f"/incident/{INCIDENT}")
    assert served.connection.asked
    assert [sql for sql in served.connection.asked if "repost_of" in sql or "text" in sql] == []


def test_posts_are_shown_where_the_operator_asks_for_it_and_deleted_ones_never(
    address: ClickHouseAddress, store: Store
) -> None:
    stock.fill(store)
    with serving(address, public_posts=True) as served:
        assert stock.TEXTS["en"] in served.get(f"/incident/{INCIDENT}").text
        assert "stale-if-error" not in served.get("/").headers["cache-control"]
        served.connection.away = True
        served.pass_buckets(3)
        kept = served.get(f"/incident/{INCIDENT}")
        assert kept.status_code == 200
        assert stock.TEXTS["en"] not in kept.text, "nobody knows whether it has been deleted since"
        served.connection.away = False
        store.command("ALTER TABLE post_versions UPDATE deleted = true WHERE true SETTINGS mutations_sync = 2")
        served.pass_buckets(3)
        again = served.get(f"/incident/{INCIDENT}").text
    assert WORDS["en"].first_posts not in again or WORDS["en"].none in again
    assert [text for text in stock.TEXTS.values() if text in again] == []


def test_hostile_words_and_names_are_shown_as_text(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    hostile = (*stock.HOSTILE.values(), "\ufffe\uffff\x00nul", "]]>&amp;<!--", "{{ words }}", "</title><b>")
    incident = stock.incident()
    changed = {name: getattr(incident, name) for name in incident.__struct_fields__} | {
        "terms": tuple(DrivingTerm("en", text[:2_000].replace("\x00", "")) for text in hostile),
        "subtopics": ("<script>alert(1)</script>", "x\ufffe"),
        "languages": ("en", "<img src=x>"),
    }
    write_incidents(store, [type(incident)(**changed)])
    with serving(address) as served:
        for path in (*PAGES, "/nix<script>", "/incident/<script>alert(1)</script>"):
            page = Parser(served.get(path).text)
            assert [node.tag for node in page.css("script, img, iframe, [onerror]")] == [], path
            assert "\u202e" not in served.get(path).text
        shown = served.get(f"/incident/{INCIDENT}").text
    assert "&lt;script&gt;" in shown
    assert "{{ words }}" in shown


def test_an_empty_store_has_pages_too(address: ClickHouseAddress) -> None:
    with serving(address) as served:
        assert WORDS["en"].public.nothing in served.get("/").text
        assert served.get("/feed.atom").status_code == 200
        assert served.get("/api/incidents.json").json()["incidents"] == []
        assert served.get("/api/counts.csv").status_code == 404
        assert served.get("/chart.svg").status_code == 404
        assert served.get("/healthz").json()["status"] == "behind"


def test_the_process_of_the_public_pages_does_not_load_streamlit() -> None:
    loads = "import sys, dashboard.public.server, deploy.processes.public as p; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True, timeout=120)
    assert {"streamlit", "altair", "pandas"}.isdisjoint(done.stdout.split())
    assert "dashboard.public.app" in done.stdout.split()
    assert OPENED > stock.END
