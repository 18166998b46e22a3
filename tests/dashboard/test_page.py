"""The shell and the first page in each language, run by Streamlit against stores that answer and that do not."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.app import VIEWS, View
from dashboard.filters import Range
from dashboard.i18n import ENGLISH, WORDS
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.views import now
from deploy.known_events import load_events
from deploy.settings import load
from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from tests.dashboard import pages
from tests.dashboard.conftest import settings_for
from tests.support.serving import Says, served
from tests.support.waiting import free_port

EVENTS = load_events(load({}).events_file)


def page(settings: DashboardSettings, **address: str) -> AppTest:
    return pages.run(settings, Services(topics=lambda: pages.NAMES, events=lambda: EVENTS), "", **address)


@pytest.mark.parametrize("interface", LANGUAGES)
def test_the_only_script_says_the_language_of_the_document(settings: DashboardSettings, interface: str) -> None:
    shown = page(settings, ui=interface)
    scripts = [each.proto.body for each in shown.get("html") if each.proto.unsafe_allow_javascript]
    direction = "rtl" if interface == "ar" else "ltr"
    document = f'{{"lang": "{interface}", "dir": "{direction}"}}'
    assert scripts == [f"<script>Object.assign(document.documentElement, {document});</script>"]


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
    with pages.gone_back():
        shown.run()
    assert shown.title[0].value == WORDS["ar"].now_page.title


def test_a_click_that_comes_with_the_address_of_before_takes_no_choice_back(settings: DashboardSettings) -> None:
    """The browser sends it before it has got the address that the first click led to."""
    shown = page(settings, ui="ar")
    before = dict(shown.query_params)
    shown.radio(key="ui").set_value("fr").run()
    shown.query_params = before
    shown.button_group(key="range").set_value(Range.DAY).run()
    assert shown.query_params == {"ui": "fr", "range": "day"}
    shown.query_params = {"ui": "fr"}
    shown.toggle(key="share").set_value(True).run()
    assert not shown.exception
    assert shown.title[0].value == WORDS["fr"].now_page.title
    assert (shown.query_params["ui"], shown.query_params["range"]) == ("fr", "day")


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
    assert len(shown.get("bidi_component")) == 3
    shown.toggle(key="live").set_value(False).run()
    assert not shown.exception
    assert len(shown.get("bidi_component")) == 0


def test_a_part_that_fails_says_so_and_stops_no_other(
    settings: DashboardSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("one of its own")

    monkeypatch.undo()  # the page's own handling, in place of the tests'
    monkeypatch.setattr(now, "_top", fail)
    shown = page(settings, ui="en")
    assert ENGLISH.part_failed in pages.html(shown)
    assert shown.get("vega_lite_chart")
    assert "clock-top" in [each.key for each in shown.get("bidi_component")]
    assert "one of its own" in "".join(capsys.readouterr())


def test_an_address_full_of_nonsense_is_the_default_page(settings: DashboardSettings) -> None:
    shown = page(settings, ui="xx", range="yesterday", topic="<b>", language="a b", by="", to="'; DROP")
    assert shown.query_params == {}
    assert "Surging" not in pages.html(shown)


def test_a_filter_without_posts_says_so(settings: DashboardSettings) -> None:
    shown = page(settings, ui="en", language="sw")
    assert ENGLISH.nothing_in_range in [info.value for info in shown.info]


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


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.path)
def test_every_page_says_that_posts_are_generated(settings: DashboardSettings, view: View) -> None:
    shown = pages.page(settings, view.path, ui="en")
    assert ENGLISH.synthetic in [each.value for each in shown.warning]
