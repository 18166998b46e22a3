"""The page "Incident", run by Streamlit against a real store."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import cast

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import handover, server
from dashboard.context import Context, connection
from dashboard.i18n import WORDS
from dashboard.i18n.labels import language_name
from dashboard.markup import filled
from dashboard.parts import desk
from dashboard.services import DeskUnavailable, Services
from dashboard.settings import DashboardSettings
from dashboard.views.incident import heading, languages, report
from dashboard.views.incident.report import Standing
from dashboard.window import Window
from processing import explanation, queries
from processing.contract import ClickHouseAddress, Corrects, Evidence, Incident, Silence, VerdictName
from processing.explanation.sentences import verdict_sentence
from processing.i18n import LANGUAGES
from processing.store.answers import write_silence
from processing.store.client import Store, StoreUnavailable
from processing.store.records import write_incidents
from processing.store.writer import recount, write_posts
from tests.conftest import Template
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import NAMES, gone_back, html, run, text
from tests.support import led as led_stock
from tests.support import stock, told_stock
from tests.support.waiting import free_port

pytestmark = pytest.mark.long

NAME = stock.incident().id
ENGLISH = WORDS["en"]
PAGE = ENGLISH.incident_page
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="session")
def corrected(template: Template) -> DashboardSettings:
    """The stocked posts, with a correction in English alone around the second peak."""
    address = stock.filled(template.copied("corrected_page"))
    topics, start = ("ban", "employer-ban", "retraction"), stock.PEAKS[1] - 10 * MINUTE
    posts = [
        stock.tagged(f"c{n}", "It was sent in error", start + n * timedelta(seconds=2), "en", topics=topics)
        for n in range(900)
    ]
    with Store(address) as store:
        recount(store, write_posts(store, posts))
    return settings_for(address)


@pytest.fixture(scope="session")
def led(template: Template) -> DashboardSettings:
    """The incident of `tests.support.led`."""
    address = template.copied("led_page")
    with Store(address) as store:
        led_stock.fill(store)
    return settings_for(address)


Shown = Callable[[str], AppTest]


@pytest.fixture(scope="module")
def shown_in(told: DashboardSettings) -> Shown:
    """The page in a language, drawn once for all tests that only read it."""
    return functools.cache(lambda interface: opened(told, ui=interface, id=NAME))


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


def opened(settings: DashboardSettings, services: Services | None = None, **address: str) -> AppTest:
    return run(settings, services or Services(topics=lambda: NAMES), "incident", **address)


def a_standing(incident: Incident, **fields: object) -> Standing:
    given: dict[str, object] = {"now": stock.END, "scored_until": stock.END, "coverage": ()} | fields
    return Standing(incident, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_page_is_whole_in_every_language(shown_in: Shown, interface: str) -> None:
    words = WORDS[interface]
    page = words.incident_page
    shown = shown_in(interface)
    headings = [each.value for each in shown.header]
    last = [page.told, page.notes, page.export]
    assert headings == [page.chart, page.verdict, page.arrivals, page.claims, page.reasons, page.alike, *last]
    assert len(shown.get("vega_lite_chart")) == 1
    written = html(shown)
    for name in (words.links, words.hashtags, words.sources, words.who_speaks, words.evidence, words.decides):
        assert name in written
    queries_shown = [code.value for code in shown.code]
    assert any("FROM counts" in query for query in queries_shown)
    assert not any(re.search(r"\{\w+:", query) for query in queries_shown)


def test_it_shows_what_is_being_said_with_the_first_post_and_the_languages(
    told: DashboardSettings, shown_in: Shown
) -> None:
    [largest, *_] = queries.claims(connection(told), stock.incident().id)
    shown = shown_in("en")
    [written] = [text(each.proto.body) for each in shown.get("html") if "bw-claims" in each.proto.body]
    assert f"Posts: {largest.posts:,}" in written
    assert largest.title("en").nearest in written
    assert written.count("First post: ") > 1
    assert [each.language for each in largest.languages]
    assert any(PAGE.claims_alone in each.value for each in shown.caption)


def test_the_heading_says_what_since_when_and_as_of_when(shown_in: Shown) -> None:
    written = text(html(shown_in("en")))
    assert "TikTok bans · Bans by employers" in written
    assert "Over. It lasted from 10 Jul 2020, 16:05 UTC to 10 Jul 2020, 23:00 UTC, that is 6 hr 55 min." in written
    assert "As of 11 Jul 2020, 00:00 UTC. Later posts have not been judged yet." in written
    assert "less than once in eight months" in written


def test_the_heading_says_what_came_first_and_whether_it_is_people(shown_in: Shown) -> None:
    section = text(html(shown_in("en")).split("</section>", 1)[0])
    assert re.search(r"First post: 10 Jul 2020, 16:0\d UTC, in \w+, from synthetic-microblog\.", section)
    assert verdict_sentence(stock.incident().verdict, stock.incident().evidence, "en") in section


def test_a_surge_that_goes_on_is_told_as_of_what_was_scored() -> None:
    scored = stock.SURGE + timedelta(hours=2)
    going = a_standing(stock.incident(going_on=True), scored_until=scored)
    title, lasting, *_ = map(text, heading.sentences(going, ENGLISH))
    assert title.startswith("ban")
    assert lasting == "Going on since 10 Jul 2020, 16:05 UTC, that is for 2 hr up to what was scored."
    said = text(heading.as_of(going, ENGLISH))
    assert said.startswith("As of 10 Jul 2020, 18:05 UTC")
    assert "Posts are counted up to 11 Jul 2020, 00:00 UTC" in said


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


@pytest.mark.parametrize("interface", ["en", "ar"])
def test_a_correction_is_shown_by_language_and_names_its_pulse(corrected: DashboardSettings, interface: str) -> None:
    words = WORDS[interface]
    services = Services(topics=lambda: NAMES, corrects=lambda: [Corrects("retraction", "employer-ban", "ban")])

    shown = opened(corrected, services, ui=interface, id=NAME)

    assert words.correction.title in [each.value for each in shown.header]
    assert len(shown.get("vega_lite_chart")) == 2
    written = text(html(shown))
    first, pulse = (text(words.correction.pulse.partition(":")[0]).format(number=words.number(n)) for n in (1, 2))
    assert pulse in written
    assert first not in written
    named = [language_name(words, each) for each in ("es", "ar", "ru", "hi")]
    assert text(filled(words.correction.absent, languages="|")).partition("|")[0] in written
    assert all(name in written for name in (*named, words.correction.reach["never"]))
    assert any("hasAny(topics" in code.value for code in shown.code)
    # In the first pulse all languages rise at once, so that none led.
    assert words.led.title not in [each.value for each in shown.header]


def test_a_correction_that_cannot_be_read_leaves_the_chart(
    corrected: DashboardSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("It is too slow.", 159)

    monkeypatch.setattr(explanation, "corrections", away)
    shown = opened(corrected, ui="en", id=NAME)
    assert {PAGE.chart, PAGE.verdict, PAGE.arrivals} <= {each.value for each in shown.header}
    assert html(shown).count(ENGLISH.store_away) == 1


def test_who_led_is_said_with_an_interval_and_a_strip_for_each_language(led: DashboardSettings) -> None:
    shown = opened(led, ui="ar", id=NAME)

    words = WORDS["ar"]
    assert words.led.title in [each.value for each in shown.header]
    written = text(html(shown))
    row = written.partition(text(words.led.interval))[2]
    lag = re.search(text(words.led.between).replace("{low}", r"(\d+) \S+").replace("{high}", r"(\d+) \S+"), row)
    assert lag is not None
    assert int(lag[1]) <= 15 <= int(lag[2])
    [strips] = [each for each in shown.get("vega_lite_chart") if "language" in each.proto.spec]
    arabic, korean = (language_name(words, each) for each in ("ar", "ko"))
    assert json.dumps(arabic)[1:-1] in strips.proto.spec
    assert json.dumps(korean)[1:-1] not in strips.proto.spec


def test_a_claim_says_who_led_it_and_when_each_language_had_ten_posts(led: DashboardSettings) -> None:
    shown = opened(led, ui="en", id=NAME)
    [written] = [each.proto.body for each in shown.get("html") if "bw-claims" in each.proto.body]
    summary, _, behind = written.partition("</summary>")
    assert re.search(r"Arabic followed English by 1\d min \(\d+ min to [12]\d min\)\.", text(summary))
    assert text(behind).startswith("LanguageFirst postTo its tenth postBehind English95% intervalEnglish")
    assert len(re.findall(r"\d min to \d", text(behind))) == 1
    chips = re.search(r'bw-chips">(.*?)</div>', written)
    assert chips is not None
    assert re.fullmatch(r"English 10 Jul 2020, 16:\d\d UTCArabic \+1\d minKorean \+\d\d min", text(chips[1]))


def english_row(written: str) -> list[str]:
    row = written.partition("<b>English</b></td>")[2].partition("</tr>")[0]
    return re.findall(r"<td>(?:<[^>]*>)?([^<]*)", row)


def test_the_text_of_a_deleted_post_is_nowhere(shown_in: Shown) -> None:
    shown = shown_in("en")
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
def test_hostile_text_is_shown_as_text(shown_in: Shown, interface: str) -> None:
    shown = shown_in(interface)
    written = html(shown)
    assert "&lt;script&gt;document.title" in written
    assert "**[read this](javascript:alert(1))** :red[alarm] $x^2$" in written
    assert not re.search(r"<(script|img|h1|i)\b", written)
    assert not re.search(r'href="(?!https?://|incident\?)', written)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", re.sub("[\u2066-\u2069]", "", written))
    assert "\u202e" not in written
    markdown = [each.value for each in (*shown.markdown, *shown.caption, *shown.info, *shown.warning)]
    assert not any("alert(1)" in each or "read this" in each or "taken over" in each for each in markdown)


def test_who_was_told_is_listed_with_the_outcome(shown_in: Shown) -> None:
    written = html(shown_in("en"))
    for outcome in ("timeout", "sent", "refused", "quiet"):
        assert PAGE.outcomes[outcome] in written
    assert "no answer within 10 s" in written
    assert "&lt;b&gt;desk&lt;/b&gt;" in written
    assert "Nora &lt;b&gt; has it in hand, since" in text(written)
    assert "looking at it **now**" in written


def test_notes_of_others_are_shown_to_everybody(shown_in: Shown) -> None:
    shown = shown_in("en")
    assert "Seen at the agency.\n\n&lt;script&gt;" in html(shown)
    assert "أكّدته الوزارة" in html(shown)


OPERATOR = "Sara"


def operating(told: DashboardSettings, desk: Written | None) -> AppTest:
    return opened(told, Services(topics=lambda: NAMES, desk=desk, user=OPERATOR), ui="en", id=NAME)


def press(shown: AppTest, label: str) -> AppTest:
    [button] = [each for each in shown.button if each.label == label]
    button.click().run()
    assert not shown.exception
    return shown


def test_a_reader_sees_notes_and_no_controls(told: DashboardSettings) -> None:
    elsewhere = told.model_copy(update={"dashboard_host": "0.0.0.0", "dashboard_anonymous": True})
    shown = opened(elsewhere, Services(topics=lambda: NAMES, desk=Written()), ui="en", id=NAME)
    assert "Seen at the agency." in html(shown)
    assert not shown.tabs
    assert ENGLISH.access.needs_operator in [each.value for each in shown.caption]


def test_without_a_desk_an_operator_reads_why_nothing_can_be_written(told: DashboardSettings) -> None:
    shown = operating(told, None)
    assert not shown.tabs
    assert ENGLISH.access.needs_desk in [each.value for each in shown.caption]


def test_an_operator_acknowledges_resolves_and_writes_notes(told: DashboardSettings) -> None:
    desk = Written()
    shown = operating(told, desk)
    for label in (PAGE.acknowledge, PAGE.resolve, PAGE.annotate):
        shown.text_area(key=f"incident-{label}-note").set_value(f" {label} it ")
        press(shown, label)
    assert desk.entries == [
        ("acknowledge", NAME, OPERATOR, "Acknowledge it"),
        ("resolve", NAME, OPERATOR, "Resolve it"),
        ("annotate", NAME, OPERATOR, "Note it"),
    ]
    assert [each.value for each in shown.toast] == [PAGE.written]


def test_a_note_without_a_word_is_not_written(told: DashboardSettings) -> None:
    desk = Written()
    shown = press(operating(told, desk), PAGE.annotate)
    assert desk.entries == []
    assert [each.value for each in shown.warning][-1] == PAGE.note_empty


def test_two_clicks_at_once_write_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit runs the second in a thread of its own, while the first is still written."""
    monkeypatch.setattr(desk, "_tell", lambda *_: None)
    draft, written, nobody = desk.Draft(), list[str](), cast("Context", None)

    def write() -> None:
        Event().wait(0.2)
        written.append("note")

    with ThreadPoolExecutor(2) as clicks:
        list(clicks.map(lambda _: desk.enter(nobody, draft, "note", write, lambda: None), range(2)))
    assert written == ["note"]


def test_a_double_click_writes_one_entry_and_empties_its_form(
    told: DashboardSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.parts.desk.AGAIN", timedelta(minutes=10))  # the machine may be slow
    desk = Written()
    shown = operating(told, desk)
    for _ in range(2):
        shown.multiselect(key="incident-silence-languages").set_value(["es"])
        press(shown, PAGE.silence)
    assert [silence.languages for _, silence in desk.entries if isinstance(silence, Silence)] == [("es",)]
    assert shown.multiselect(key="incident-silence-languages").value == []


def test_an_entry_that_is_not_written_stays_in_its_form_and_can_be_sent_again(told: DashboardSettings) -> None:
    desk = Written("The answers' server is away.")
    shown = operating(told, desk)
    shown.text_area(key=f"incident-{PAGE.annotate}-note").set_value("seen")
    press(shown, PAGE.annotate)
    assert shown.text_area(key=f"incident-{PAGE.annotate}-note").value == "seen"
    desk.fault = ""
    press(shown, PAGE.annotate)
    assert desk.entries == [("annotate", NAME, OPERATOR, "seen")]
    assert not shown.text_area(key=f"incident-{PAGE.annotate}-note").value


def test_an_operator_silences_a_topic_in_a_language_until_a_time(told: DashboardSettings) -> None:
    desk = Written()
    shown = operating(told, desk)
    shown.selectbox(key="incident-silence-topic").select("employer-ban")
    shown.multiselect(key="incident-silence-languages").select("es")
    shown.selectbox(key="incident-silence-hours").select("8")
    press(shown, PAGE.silence)
    [(_, silence)] = desk.entries
    assert isinstance(silence, Silence)
    assert (silence.topic, silence.languages, silence.by) == ("employer-ban", ("es",), OPERATOR)
    assert (silence.starts_at, silence.ends_at) == (stock.END, stock.END + timedelta(hours=8))


def test_a_silence_that_lasts_can_be_ended(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    lasting = Silence(
        id="quiet", topic="ban", starts_at=stock.START, ends_at=stock.END + timedelta(hours=3), by="Nora", note=""
    )
    write_silence(store, lasting)
    desk = Written()
    shown = operating(settings_for(address), desk)
    assert "Silenced until 11 Jul 2020, 03:00 UTC by Nora: TikTok bans." in text(html(shown))
    press(shown, PAGE.silence_end)
    assert desk.entries == [("silence", msgspec.structs.replace(lasting, ends_at=stock.END))]


def test_what_could_not_be_written_is_one_sentence(told: DashboardSettings) -> None:
    shown = press(operating(told, Written("The answers' server is away.")), PAGE.acknowledge)
    assert [each.value for each in shown.error] == [ENGLISH.access.desk_away]


@pytest.mark.parametrize("interface", LANGUAGES)
def test_an_unknown_id_is_one_sentence(told: DashboardSettings, interface: str) -> None:
    name = "[x](javascript:alert(1)) <b>gone</b>" + "x" * 500
    shown = opened(told, ui=interface, id=name)
    assert not shown.header
    assert not shown.info
    written = html(shown)
    assert "[x](javascript:alert(1)) &lt;b&gt;gone" in written
    assert "x" * 100 not in written
    assert f">{WORDS[interface].incident_page.all_incidents}</a>" in written


def test_a_store_that_is_away_is_told_calmly() -> None:
    nowhere = DashboardSettings(clickhouse_url=f"http://127.0.0.1:{free_port()}")
    assert ENGLISH.store_away in html(opened(nowhere, ui="en", id=NAME))
    assert [info.value for info in opened(nowhere, ui="en").info] == [ENGLISH.store_away]


def test_the_old_address_of_an_alert_leads_to_the_incident(told: DashboardSettings) -> None:
    handover.leave(told, Services(topics=lambda: NAMES))
    shown = AppTest.from_file(str(server.SCRIPT), default_timeout=90)
    for name, value in {"ui": "en", "range": "incident", "topic": "ban", "incident": NAME}.items():
        shown.query_params[name] = value
    shown.run()
    assert not shown.exception
    assert PAGE.reasons in [each.value for each in shown.header]
    assert shown.query_params["id"] == NAME


def many(store: Store) -> list[Incident]:
    """Three incidents: of another topic, in other languages, and one that no people made."""
    first = stock.incident()
    day = timedelta(days=1)
    others = [
        msgspec.structs.replace(first, id="older", start=first.start - day, end=first.start, languages=("ja",)),
        msgspec.structs.replace(
            first,
            id="<b>[few](javascript:alert(1))",
            start=first.start + day,
            languages=(),
            subtopics=("court",),
            verdict=VerdictName.CONCENTRATED,
        ),
    ]
    write_incidents(store, others)
    return others


def listed(shown: AppTest) -> list[str]:
    return re.findall(r'href="incident\?id=([^&"]*)', html(shown))


def test_without_an_id_the_incidents_are_listed_newest_first(address: ClickHouseAddress, store: Store) -> None:
    stock.fill(store)
    many(store)
    settings = settings_for(address)
    shown = opened(settings, ui="en")
    few = "%3Cb%3E%5Bfew%5D%28javascript%3Aalert%281%29%29"
    own = NAME.replace(":", "%3A")
    assert listed(shown) == [few, own, "older"]
    shown.selectbox(key="spoken").select("ja").run()
    assert listed(shown) == ["older"]
    assert shown.query_params["spoken"] == "ja"
    del shown.query_params["spoken"]
    with gone_back():
        shown.run()
    assert listed(shown) == [few, own, "older"]
    assert listed(opened(settings, ui="en", about="court")) == [few]
    assert listed(opened(settings, ui="en", verdict="organic")) == [own, "older"]
    nothing = opened(settings, ui="en", verdict="backfill")
    assert PAGE.none_listed in [info.value for info in nothing.info]
    assert listed(opened(settings, ui="en", verdict="<b>")) == [few, own, "older"]


def test_a_store_without_incidents_says_so(address: ClickHouseAddress) -> None:
    assert [info.value for info in opened(settings_for(address), ui="en").info] == [ENGLISH.no_incidents]


@pytest.mark.parametrize(
    ("own", "width", "expected"),
    [
        (5, 5, {0: 5.0, 5: 5.0, 10: 5.0, 15: 5.0}),
        (5, 10, {0: 10.0, 10: 10.0}),
        (5, 1, dict.fromkeys(range(20), 1.0)),
    ],
)
def test_expectations_fit_the_bins_of_the_chart(own: int, width: int, expected: dict[int, float]) -> None:
    at = stock.SURGE.replace(minute=0)
    window = Window(at, at + 20 * MINUTE, width * MINUTE, at + 20 * MINUTE)
    found = report.rebinned({at + n * MINUTE: 5.0 for n in range(0, 20, own)}, window)
    assert found == {at + n * MINUTE: pytest.approx(value) for n, value in expected.items()}


def test_a_wide_bin_of_which_a_part_is_unknown_has_no_expectation() -> None:
    at = stock.SURGE.replace(minute=0)
    window = Window(at, at + 20 * MINUTE, 10 * MINUTE, at + 20 * MINUTE)
    found = report.rebinned({at + n * MINUTE: 5.0 for n in (0, 5, 10)}, window)
    assert found == {at: 10.0}
