"""The pages SQL and Posts in a real Chromium: the editor by keyboard, the mark of an error, hostile posts."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import WORDS
from tests.support.browser import DESK, PATIENCE, TELEPHONE, Dashboard

pytestmark = [pytest.mark.browser, pytest.mark.long]

SAID = WORDS["en"].sql_page
SLOW = "SELECT count() FROM numbers(2000000000) WHERE sipHash64(toString(number)) = 1"


def opened(browser: Browser, dashboard: Dashboard, path: str, size: tuple[int, int] = DESK, **address: str) -> Page:
    """Open a page. Whatever the content policy refuses, and every error of a script, ends the test."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: "Content Security Policy" in said.text and wrong.append(said.text))
    page.goto(f"{dashboard.url}/{path}?{urlencode(address)}")
    page.locator(".cm-content" if path == "sql" else ".bw-posts").wait_for()
    assert wrong == []
    return page


def query_of(address: str) -> str:
    return parse_qs(urlsplit(address).query).get("q", [""])[0]


def run_by_key(page: Page, query: str) -> None:
    page.get_by_role("textbox", name=SAID.editor).click()
    page.keyboard.type(query)
    page.keyboard.press("Control+Enter")


def test_a_query_is_written_completed_and_run_by_keyboard(browser: Browser, dashboard: Dashboard) -> None:
    page = opened(browser, dashboard, "sql", ui="en")
    editor = page.get_by_role("textbox", name=WORDS["en"].sql_page.editor)
    editor.click()
    page.keyboard.type("SELECT sum(posts) AS posts FROM coun")
    expect(page.get_by_role("option", name="counts", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.type("ts WHERE topi")
    expect(page.get_by_role("listbox")).to_contain_text("topic")
    page.keyboard.press("Escape")
    page.keyboard.type("c = 'ban'")
    page.keyboard.press("Control+Enter")
    page.locator("[data-testid=stDataFrame]").wait_for()
    assert "q=SELECT" in page.url
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
    toolbar = page.locator(".st-key-sql_rows [aria-label='Download as CSV']")
    page.locator("[data-testid=stDataFrame]").hover()
    expect(toolbar).to_be_hidden()
    page.close()


def test_a_chosen_example_runs_in_place_of_what_was_typed(browser: Browser, dashboard: Dashboard) -> None:
    page = opened(browser, dashboard, "sql", ui="en")
    run_by_key(page, "SELECT 1 AS mine")
    page.wait_for_url(lambda address: query_of(address) == "SELECT 1 AS mine")
    page.get_by_role("combobox", name=SAID.examples).click()
    page.get_by_role("option", name=SAID.question("surges"), exact=True).click()
    expect(page.locator(".cm-content")).to_contain_text("FROM incidents")
    page.get_by_role("button", name=SAID.run, exact=True).click()
    page.wait_for_url(lambda address: "FROM incidents" in query_of(address))
    expect(page.get_by_text(SAID.changed)).to_have_count(0)
    page.close()


def test_a_query_that_a_key_has_run_is_the_text_of_the_page(browser: Browser, dashboard: Dashboard) -> None:
    page = opened(browser, dashboard, "sql", ui="en")
    run_by_key(page, "SELECT foo FROM posts")
    expect(page.locator(".cm-lintRange-error")).to_have_text("foo")
    expect(page.get_by_text(SAID.changed)).to_have_count(0)
    page.close()


def test_an_error_is_marked_where_it_is(browser: Browser, dashboard: Dashboard) -> None:
    page = opened(browser, dashboard, "sql", ui="en", q="SELECT 'حظر',\n  foo\nFROM posts")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".bw-failure")).to_contain_text("line 2, column 3")
    expect(page.locator(".cm-lintRange-error")).to_have_text("foo")
    page.close()


def test_a_slow_query_is_cancelled(browser: Browser, dashboard: Dashboard) -> None:
    page = opened(browser, dashboard, "sql", ui="en", q=SLOW)
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(WORDS["en"].sql_page.cancelled)).to_be_visible()
    page.close()


def test_the_editor_fits_a_telephone_and_runs_from_left_to_right_on_an_arabic_page(
    browser: Browser, dashboard: Dashboard
) -> None:
    page = opened(browser, dashboard, "sql", TELEPHONE, ui="ar")
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE[0]
    assert page.locator(".cm-content").evaluate("element => getComputedStyle(element).direction") == "ltr"
    page.close()


def test_hostile_posts_run_nothing_and_stay_in_their_place(browser: Browser, dashboard: Dashboard) -> None:
    page = opened(browser, dashboard, "posts", ui="en")
    assert page.title() == "Posts · banwatch"
    assert page.locator(".bw-posts script, .bw-posts img, .bw-posts a[href^=javascript]").count() == 0
    right = page.locator(".bw-text[lang=fa]").first
    assert right.evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK[0]
    page.close()
