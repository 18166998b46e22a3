"""The page "Incident", run by Streamlit against a real store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import app, server
from dashboard.context import connection
from dashboard.i18n import WORDS
from dashboard.services import DeskUnavailable, Services
from dashboard.settings import DashboardSettings
from dashboard.viewer import Role, Viewer
from dashboard.views.incident import heading, languages, report
from dashboard.views.incident.report import Standing
from deploy.processes.dashboard import names_of
from deploy.settings import load
from processing import queries
from processing.contract import ClickHouseAddress, Evidence, Incident, Silence, VerdictName
from processing.i18n import LANGUAGES
from processing.store.client import Store
from processing.store.records import write_incidents
from processing.tagging.topics import ReloadingTaxonomy
from tests.dashboard.conftest import settings_for
from tests.support import stock, told_stock

NAMES = names_of(ReloadingTaxonomy(load({}).topics_file))
NAME = stock.incident().id
ENGLISH = WORDS["en"]
PAGE = ENGLISH.incident_page
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="session")
def told(warehouse_url: str) -> DashboardSettings:
    """The stocked posts, with hostile and deleted ones in the surge, deliveries and notes."""
    address = stock.new_database(warehouse_url, "told_page")
    with Store(address) as store:
        told_stock.fill(store)
    return settings_for(address)


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    yield
    st.cache_data.clear()


class Written:
    """A desk that keeps what an operator enters; with `fault` it writes nothing."""

    def __init__(self, fault: str = "") -> None:
        self.entries: list[tuple[object, ...]] = []
        self.fault = fault

    def _keep(self, *entry: object) -> None:
        if self.fault:
            raise DeskUnavailable(self.fault)
        self.entries.append(entry)

    def acknowledge(self, incident: str, by: str, note: str) -> None:
        self._keep("acknowledge", incident, by, note)

    def resolve(self, incident: str, by: str, note: str) -> None:
        self._keep("resolve", incident, by, note)

    def silence(self, silence: Silence) -> None:
        self._keep("silence", silence)

    def annotate(self, incident: str, by: str, text: str) -> None:
        self._keep("annotate", incident, by, text)

    def save_query(self, name: str, sql: str, by: str) -> None:
        self._keep("save_query", name, sql, by)

    def forget_query(self, name: str, by: str) -> None:
        self._keep("forget_query", name, by)


def opened(
    settings: DashboardSettings, services: Services | None = None, path: str = "incident", **address: str
) -> AppTest:
    server.leave(settings, services or Services(topics=lambda: NAMES))
    shown = AppTest.from_file(str(server.SCRIPT), default_timeout=90)
    if path:
        shown._page_hash = calc_hash(path)
    for name, value in address.items():
        shown.query_params[name] = value
    shown.run()
    assert not shown.exception, shown.exception
    return shown


def html(shown: AppTest) -> str:
    """All of the page's own elements but the style sheets."""
    bodies = [each.proto.body for each in shown.get("html") if not each.proto.unsafe_allow_javascript]
    return "\n".join(body for body in bodies if "<style>" not in body)


def a_standing(incident: Incident, **fields: object) -> Standing:
    given: dict[str, object] = {"now": stock.END, "scored_until": stock.END, "coverage": ()} | fields
    return Standing(incident, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(told: DashboardSettings, interface: str) -> None:
    words = WORDS[interface]
    page = words.incident_page
    shown = opened(told, ui=interface, id=NAME)
    headings = [each.value for each in shown.subheader]
    assert headings == [page.chart, page.verdict, page.arrivals, page.reasons, page.told, page.notes, page.export]
    assert len(shown.get("vega_lite_chart")) == 1
    written = html(shown)
    for name in (words.links, words.hashtags, words.sources, words.who_speaks, words.evidence, words.decides):
        assert name in written
    queries_shown = [code.value for code in shown.code]
    assert any("FROM counts" in query for query in queries_shown)
    assert not any(re.search(r"\{\w+:", query) for query in queries_shown)


def test_the_heading_says_what_since_when_and_as_of_when(told: DashboardSettings) -> None:
    written = html(opened(told, ui="en", id=NAME))
    assert "TikTok bans · Bans by employers" in written
    assert "Over. It lasted from 10 Jul 2020, 16:05" in written
    assert "that is 6\u00a0hr 55\u00a0min." in written
    assert "As of 11 Jul 2020, 00:00" in written
    assert "less than once in eight months" in written


def test_a_surge_that_goes_on_is_told_as_of_what_was_scored() -> None:
    scored = stock.SURGE + timedelta(hours=2)
    going = a_standing(stock.incident(going_on=True), scored_until=scored)
    title, lasting, *_ = heading.sentences(going, ENGLISH)
    assert title.startswith("ban")
    assert "Going on since 10 Jul 2020, 16:05" in lasting
    assert "for 2\u00a0hr up to what was scored" in lasting
    said = heading.as_of(going, ENGLISH)
    assert said.startswith("As of 10 Jul 2020, 18:05")
    assert "They are counted up to 11 Jul 2020, 00:00" in said


def test_scores_that_reach_further_than_the_counts_are_not_believed() -> None:
    early = a_standing(stock.incident(going_on=True), now=stock.SURGE + timedelta(hours=1))
    assert early.as_of == stock.SURGE + timedelta(hours=1)
    assert not early.is_behind


def test_without_a_score_the_heading_says_so() -> None:
    assert heading.as_of(a_standing(stock.incident(), scored_until=None), ENGLISH) == PAGE.nothing_scored


def test_a_rise_that_no_people_made_is_no_surge(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    few = msgspec.structs.replace(
        stock.incident(),
        verdict=VerdictName.CONCENTRATED,
        evidence=(Evidence("repeated", 0.98, 0.9, decisive=True), Evidence("posts", 9_120)),
    )
    write_incidents(store, [few])
    written = html(opened(settings_for(address), ui="en", id=NAME))
    assert ENGLISH.verdict_concentrated in written
    assert "98% of the posts repeat an author or a text" in written
    assert "Repeating an author or a text: 98%, above the limit of 90%." in written
    assert PAGE.nothing_decided not in written


def test_deleted_posts_are_counted_or_left_out(told: DashboardSettings) -> None:
    shown = opened(told, ui="en", id=NAME)
    counted = [each for each in shown.caption if "Deleted since" in each.value]
    assert counted[0].value.startswith("Deleted since: 40 of ")
    with_deleted = english_row(html(shown))
    shown.button_group(key="incident-deleted").set_value(False).run()
    assert not shown.exception
    without = english_row(html(shown))
    assert with_deleted[-1] == "40"
    assert int(with_deleted[-2].replace(",", "")) - int(without[-2].replace(",", "")) == 40
    assert told_stock.DELETED_TEXT not in html(shown)


def english_row(written: str) -> list[str]:
    row = written.partition("<b>English</b></td>")[2].partition("</tr>")[0]
    return re.findall(r"<td>(?:<[^>]*>)?([^<]*)", row)


def test_the_text_of_a_deleted_post_is_nowhere(told: DashboardSettings) -> None:
    shown = opened(told, ui="en", id=NAME)
    assert told_stock.DELETED_TEXT not in html(shown) + "".join(code.value for code in shown.code)


def test_languages_follow_each_other_in_the_order_of_their_first_posts(told: DashboardSettings) -> None:
    reader = connection(told)
    standing = report.standing(told, NAME)
    assert standing is not None
    ran = report.course(told, standing, with_deleted=True)
    sentence = languages.sentence(standing, ran, ENGLISH)
    risen = [each for each in ran.arrivals if each.language in stock.incident().languages]
    assert re.findall("English|Spanish|Arabic", sentence) == [
        {"en": "English", "es": "Spanish", "ar": "Arabic"}[each.language] for each in risen
    ]
    assert [each.first for each in ran.arrivals] == sorted(each.first for each in ran.arrivals)
    assert queries.incident(reader, NAME) == standing.incident


@pytest.mark.parametrize("interface", LANGUAGES)
def test_hostile_text_is_shown_as_text(told: DashboardSettings, interface: str) -> None:
    shown = opened(told, ui=interface, id=NAME)
    written = html(shown)
    assert "&lt;script&gt;document.title" in written
    assert "**[read this](javascript:alert(1))** :red[alarm] $x^2$" in written
    assert not re.search(r"<(script|img|h1|i)\b", written)
    assert not re.search(r'href="(?!https?://|incident\?)', written)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", re.sub("[\u2066-\u2069]", "", written))
    assert "\u202e" not in written
    markdown = [each.value for each in (*shown.markdown, *shown.caption, *shown.info, *shown.warning)]
    assert not any("alert(1)" in each or "read this" in each or "taken over" in each for each in markdown)


def test_who_was_told_is_listed_with_the_outcome(told: DashboardSettings) -> None:
    written = html(opened(told, ui="en", id=NAME))
    for outcome in ("timeout", "sent", "refused", "quiet"):
        assert PAGE.outcomes[outcome] in written
    assert "no answer within 10 s" in written
    assert "&lt;b&gt;desk&lt;/b&gt;" in written
    assert "Nora &lt;b&gt; has it in hand, since" in written
    assert "looking at it **now**" in written


def test_notes_of_others_are_shown_to_everybody(told: DashboardSettings) -> None:
    shown = opened(told, ui="en", id=NAME)
    assert "Seen at the agency.\n\n&lt;script&gt;" in html(shown)
    assert "أكّدته الوزارة" in html(shown)
    assert PAGE.viewers_only in [each.value for each in shown.caption]
    assert not shown.tabs


def as_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "Viewer", lambda: Viewer("Sara", Role.OPERATOR))


def operating(told: DashboardSettings, desk: Written | None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    as_operator(monkeypatch)
    return opened(told, Services(topics=lambda: NAMES, desk=desk), ui="en", id=NAME)


def press(shown: AppTest, label: str) -> AppTest:
    [button] = [each for each in shown.button if each.label == label]
    return button.click().run()
