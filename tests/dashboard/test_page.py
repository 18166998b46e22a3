"""The page in both languages, run by Streamlit against a real store."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import server
from dashboard.i18n import ENGLISH, WORDS
from dashboard.i18n.labels import language_name
from dashboard.markup import moment
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from deploy.processes.dashboard import names_of
from deploy.settings import load
from ingest.contract import Progress
from processing.alerts.message import details
from processing.contract import ClickHouseAddress, Evidence, VerdictName
from processing.explanation.sentences import rarity, verdict_sentence
from processing.i18n import LANGUAGES
from processing.store.client import Store
from processing.store.records import write_incidents
from processing.store.writer import write_progress
from processing.tagging.topics import ReloadingTaxonomy
from tests.dashboard.conftest import settings_for
from tests.support import stock
from tests.support.serving import Says, served
from tests.support.waiting import free_port

NAMES = names_of(ReloadingTaxonomy(load({}).topics_file))


def page(settings: DashboardSettings, **address: str) -> AppTest:
    server.leave(settings, Services(topics=lambda: NAMES))
    shown = AppTest.from_file(str(server.SCRIPT), default_timeout=30)
    for name, value in address.items():
        shown.query_params[name] = value
    shown.run()
    assert not shown.exception
    return shown


def html(shown: AppTest) -> str:
    """All of the page's own elements, in which no script would run."""
    return "\n".join(each.proto.body for each in shown.get("html") if not each.proto.unsafe_allow_javascript)


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_only_script_says_the_language_of_the_document(settings: DashboardSettings, interface: str) -> None:
    shown = page(settings, ui=interface)
    scripts = [each.proto.body for each in shown.get("html") if each.proto.unsafe_allow_javascript]
    direction = "rtl" if interface == "ar" else "ltr"
    document = f'{{"lang": "{interface}", "dir": "{direction}"}}'
    assert scripts == [f"<script>Object.assign(document.documentElement, {document});</script>"]


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(settings: DashboardSettings, interface: str) -> None:
    words = WORDS[interface]
    shown = page(settings, ui=interface)
    assert shown.title[0].value == words.now_page.title
    assert shown.warning[0].value == words.synthetic
    headings = [heading.value for heading in shown.subheader]
    assert headings == [words.chart, words.incidents, words.latest_posts, words.freshness]
    assert len(shown.get("vega_lite_chart")) == 1
    assert ("direction: rtl" in html(shown)) is (interface == "ar")
    for sentence in (words.calm, f"15{words.times_normal}", words.severity_extreme, words.collector_complete):
        assert sentence in html(shown)


def test_a_surge_that_goes_on_is_the_headline(surging: DashboardSettings) -> None:
    shown = page(surging, ui="en")
    assert "Surging now: TikTok bans · Bans by employers" in html(shown)
    assert (
        "15×\u00a0normal at its height so far. Since 10 Jul 2020, 16:05\u00a0UTC, that is for 7\u00a0hr 55\u00a0min."
        in html(shown)
    )
    assert "Languages: English, Spanish, Arabic" in html(shown)


def test_a_filter_is_kept_in_the_address(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en")
    shown.selectbox(key="language").select("ar").run()
    assert shown.query_params["language"] == "ar"
    assert stock.TEXTS["ar"] in html(shown)
    assert stock.TEXTS["en"] not in html(shown)
    again = page(settings, ui="en", language="ar")
    assert again.selectbox(key="language").value == "ar"
    assert html(again) == html(shown)


def test_the_language_of_the_page_can_be_changed(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en", language="ar")
    shown.radio(key="ui").set_value("ar").run()
    assert not shown.exception
    assert shown.title[0].value == WORDS["ar"].now_page.title
    assert shown.query_params == {"ui": "ar", "language": "ar"}


def test_the_address_of_an_earlier_view_brings_its_language_back(settings: DashboardSettings) -> None:
    shown = page(settings, ui="ar")
    shown.radio(key="ui").set_value("fr").run()
    assert shown.query_params["ui"] == "fr"
    shown.query_params["ui"] = "ar"
    shown.run()
    assert shown.title[0].value == WORDS["ar"].now_page.title


def test_the_language_is_kept_when_another_page_empties_the_address(settings: DashboardSettings) -> None:
    shown = page(settings, ui="fr")
    del shown.query_params["ui"]
    shown._page_hash = calc_hash("health")
    shown.run()
    assert not shown.exception
    assert shown.title[0].value == WORDS["fr"].health_page.title
    assert shown.query_params["ui"] == "fr"


@pytest.mark.parametrize("language", ["xx", "<b>", ""])
def test_a_language_that_is_not_offered_is_the_browsers(settings: DashboardSettings, language: str) -> None:
    assert page(settings, ui=language).title[0].value == ENGLISH.now_page.title


def test_a_reader_who_switches_updates_off_is_left_alone(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en")
    assert len(shown.get("bidi_component")) == 2
    shown.toggle(key="live").set_value(False).run()
    assert not shown.exception
    assert len(shown.get("bidi_component")) == 0


def test_a_card_leads_to_its_surge_on_the_chart(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en")
    shown.button[0].click().run()
    assert not shown.exception
    assert shown.selectbox(key="incident").value == stock.incident().id
    assert shown.selectbox(key="incident").options[0].startswith("10 Jul 2020, 16:05\u00a0UTC, "), (
        "a narrow screen cuts the end"
    )
    assert shown.query_params["range"] == "incident"
    assert page(settings, **shown.query_params).get("vega_lite_chart")


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_card_has_the_sentence_and_the_terms_of_the_alert(settings: DashboardSettings, interface: str) -> None:
    shown = html(page(settings, ui=interface))
    incident = stock.incident()
    assert verdict_sentence(incident.verdict, incident.evidence, interface) in shown
    assert f"{WORDS[interface].rarity}</dt><dd>{rarity(incident.score, interface)}" in shown
    alert = "\n".join(details(incident, timedelta(minutes=5)))
    assert verdict_sentence(incident.verdict, incident.evidence) in alert
    assert f"{WORDS[interface].score}</dt><dd>{WORDS[interface].decimal(incident.score)}" in shown
    assert f"score {incident.score:.1f}: {ENGLISH.rarity} {rarity(incident.score)}".lower() in alert.lower()
    assert 'lang="en">work phone' in shown
    assert 'lang="ar">هواتفهم' in shown
    pulse = incident.pulses[0]
    assert (
        WORDS[interface].pulse_detail.format(peak=moment(pulse.peak, WORDS[interface]), observed="640", expected="44")
        in shown
    )


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_surge_that_is_looked_at_is_explained(settings: DashboardSettings, interface: str) -> None:
    words = WORDS[interface]
    shown = page(settings, ui=interface, range="incident", incident=stock.incident().id)
    written = html(shown)
    for name in (words.links, words.hashtags, words.sources, words.evidence, words.who_speaks, words.decides):
        assert name in written
    for language in ("en", "ar"):
        assert language_name(WORDS[interface], language) in written
    assert f"{words.posts}</td>" in written
    assert written.count(f">{words.none}</") == len((words.links, words.sites, words.hashtags, words.most_shared))
    queries = [code.value for code in shown.code]
    assert any("FROM counts" in query for query in queries)
    assert not any(re.search(r"\{\w+:", query) for query in queries)
    assert "<script" not in written


def test_the_explanation_is_of_the_language_that_is_looked_at(settings: DashboardSettings) -> None:
    written = html(page(settings, ui="en", range="incident", incident=stock.incident().id, language="ar"))
    drivers = written[written.index("bw-drivers") :].partition("bw-why-posts")[0]
    assert "Arabic" in drivers
    assert "English" not in drivers


def test_what_a_verdict_keeps_back_is_a_card_and_no_surge(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store, going_on=True, complete=False)
    few = msgspec.structs.replace(
        stock.incident(going_on=True),
        verdict=VerdictName.CONCENTRATED,
        evidence=(Evidence("repeated", 0.98, 0.9, decisive=True),),
    )
    write_incidents(store, [few])
    shown = html(page(settings_for(address), ui="en"))
    assert ENGLISH.verdict_concentrated in shown
    assert "98% of the posts repeat an author or a text" in shown
    assert "Surging now" not in shown


HOSTILE_DETAIL = (
    "@one: <script>document.title='x'</script>\x1b[2J\x00 \u202egnp.exe\u2066 [a](javascript:alert(1))\n\n" + "y" * 400
)


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_collector_s_own_word_is_shown_as_text(address: ClickHouseAddress, store: Store, interface: str) -> None:
    words = WORDS[interface]
    stock.fill(store, going_on=False, complete=True)
    for source, state, detail in (
        ("telegram", "listening", HOSTILE_DETAIL),
        ("rss", "reconnecting", "No feed can be read; the last was A: The publisher refuses programs (403)."),
    ):
        report = Progress(source=source, since=stock.START, until=stock.START, state=state, detail=detail)
        write_progress(store, [(0, report)])
    written = html(page(settings_for(address), ui=interface))
    freshness = written[written.index("bw-freshness") :]
    assert "The publisher refuses programs (403)." in freshness
    assert words.collector_away in freshness
    assert freshness.count(words.covered_nothing) == 2
    assert '<bdi class="bw-detail" dir="ltr" lang="en">@one: &lt;script&gt;document.title' in freshness
    assert not re.search("[\x00\x1b\u202a-\u202e\u2066-\u2069]", freshness)
    assert "<script" not in freshness
    assert "href" not in freshness


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_dead_feed_is_silent_and_one_that_answers_is_idle(
    address: ClickHouseAddress, store: Store, interface: str
) -> None:
    words, now = WORDS[interface], datetime.now(UTC)
    stock.fill(store)
    for source, minutes in (("rss", 31), ("telegram", 29)):
        heard_at = now - timedelta(minutes=minutes)
        report = Progress(
            source=source, since=stock.START, until=heard_at, idle=True, silent_after=1_800, last_event=heard_at
        )
        write_progress(store, [(0, report)])
    freshness = html(page(settings_for(address), ui=interface)).partition("bw-freshness")[2]
    lines = {name: freshness.partition(f">{name}</bdi>")[2].partition("</p>")[0] for name in ("rss", "telegram")}
    assert words.collector_silent.partition("{age}")[0] in lines["rss"]
    assert words.collector_idle in lines["telegram"]


def test_an_address_full_of_nonsense_is_the_default_page(settings: DashboardSettings) -> None:
    shown = page(settings, ui="xx", range="yesterday", topic="<b>", language="a b", by="", incident="'; DROP")
    assert shown.query_params == {"ui": "en"}
    assert "Surging" not in html(shown)


def test_a_filter_without_posts_says_so(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en", language="sw")
    assert ENGLISH.nothing_in_range in [info.value for info in shown.info]


def test_hostile_posts_are_escaped(settings: DashboardSettings) -> None:
    shown = html(page(settings, ui="en"))
    assert "&lt;script&gt;document.title" in shown
    assert "<script" not in shown
    assert "javascript:alert(1)" in shown
    assert 'href="javascript' not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_store_that_is_away_is_told_calmly(interface: str) -> None:
    nowhere = DashboardSettings(clickhouse_url=f"http://127.0.0.1:{free_port()}")
    shown = page(nowhere, ui=interface)
    assert [info.value for info in shown.info] == [WORDS[interface].store_away]


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_store_with_a_damaged_file_does_not_doubt_the_password(interface: str) -> None:
    error = b"Code: 40. DB::Exception: Checksum doesn't match: (while reading from part /x/ in table b.posts (1)). (X)"
    says = Says(error, 500, {"X-ClickHouse-Exception-Code": "40"})
    with served(lambda _: says) as damaged:
        shown = page(DashboardSettings(clickhouse_url=damaged.url), ui=interface)
    assert [info.value for info in shown.info] == [WORDS[interface].store_damaged]


def test_an_empty_store_says_what_to_do(address: ClickHouseAddress) -> None:
    assert [info.value for info in page(settings_for(address), ui="en").info] == [ENGLISH.empty]


def test_a_store_without_tables_says_what_to_do(warehouse_url: str) -> None:
    nothing = DashboardSettings(clickhouse_url=warehouse_url, clickhouse_database="never_made")
    assert [info.value for info in page(nothing, ui="en").info] == [ENGLISH.not_ready]


def test_a_wrong_password_is_refused_and_not_shown(settings: DashboardSettings) -> None:
    wrong = settings.model_copy(
        update={
            "clickhouse_reader_user": "writer",
            "clickhouse_reader_password": SecretStr("hunter2"),
            "clickhouse_url": settings.clickhouse_url + "/",
        }
    )
    shown = page(wrong, ui="en")
    assert [info.value for info in shown.info] == [ENGLISH.store_refused.format(code=516)]
    assert "hunter2" not in str(shown)


@pytest.mark.parametrize("incident", ["", "gone"])
def test_a_surge_that_is_not_there_gives_way_to_the_newest(settings: DashboardSettings, incident: str) -> None:
    shown = page(settings, ui="en", range="incident", incident=incident)
    assert shown.selectbox(key="incident").value == stock.incident().id
    assert shown.query_params["incident"] == stock.incident().id


def test_without_any_surge_there_is_none_to_look_around(address: ClickHouseAddress) -> None:
    stock.add(address, "only", "The only post there is")
    shown = page(settings_for(address), ui="en", range="incident", incident="gone")
    assert shown.query_params == {"ui": "en"}
    assert ENGLISH.no_incidents in [caption.value for caption in shown.caption]
    assert ENGLISH.catching_up in html(shown)
