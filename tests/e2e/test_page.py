"""The page as people meet it: served by the command, opened in a real Chromium."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.i18n import ENGLISH, WORDS
from processing.contract import ClickHouseAddress
from processing.i18n import language
from tests.conftest import Template
from tests.support import stock
from tests.support.browser import PATIENCE, Dashboard, Scheme, browser, serve, up, visit
from tests.support.waiting import eventually

__all__ = ["browser"]

pytestmark = pytest.mark.browser

CONTRAST = """
(elements) => {
    const luminance = (colour) => colour.map((each) => each / 255)
        .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
        .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number).slice(0, 3);
    const behind = (element) => {
        while (/, 0\\)$/.test(getComputedStyle(element).backgroundColor)) element = element.parentElement;
        return luminance(numbers(getComputedStyle(element).backgroundColor));
    };
    return elements.map((element) => {
        const style = getComputedStyle(element);
        const ink = luminance(numbers(element instanceof SVGElement ? style.fill : style.color));
        const paper = behind(element);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    });
}
"""
"""WCAG 2.2's contrast of each element's letters with what is behind them."""


@pytest.fixture(scope="module")
def store(template: Template) -> ClickHouseAddress:
    return stock.filled(template.copied("seen_in_a_browser"))


@pytest.fixture(scope="module")
def dashboard(store: ClickHouseAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with up(serve(store, tmp_path_factory.mktemp("dashboard"))) as dashboard:
        yield dashboard


def choose(page: Page, present: str, wanted: str) -> None:
    """Choose a language of the page in the menu."""
    page.get_by_role("button", name=language(present).native_name).click()
    page.get_by_text(language(wanted).native_name, exact=True).click()
    page.keyboard.press("Escape")


def direction(element: Locator) -> str:
    return str(element.evaluate("element => getComputedStyle(element).direction"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_as_light_or_dark_as_the_readers_system_and_can_be_read(
    browser: Browser, dashboard: Dashboard, scheme: Scheme
) -> None:
    page = visit(browser, dashboard, ui="ar", by="language", scheme=scheme).page
    assert page.locator(".stApp").evaluate("element => getComputedStyle(element).colorScheme") == scheme
    chart = page.locator("[data-testid=stVegaLiteChart] svg")
    expect(chart).to_contain_text("15×")
    for written in (
        chart.locator("text"),
        page.locator(".bw-headline-title, .bw-headline p"),
        page.locator(".bw-incident p, .bw-incident a"),
        page.locator(".bw-sentence, .bw-events a, .bw-reached a"),
    ):
        written.first.wait_for()  # the last line is drawn last
        assert min(written.evaluate_all(CONTRAST)) >= 4.5
    page.close()


def test_the_arabic_page_runs_from_right_to_left_and_its_chart_does_not(browser: Browser, dashboard: Dashboard) -> None:
    page = visit(browser, dashboard, ui="ar").page
    assert direction(page.locator(".bw-headline")) == "rtl"
    assert direction(page.locator("[data-testid=stVegaLiteChart]")) == "ltr"
    before_the_chosen = page.locator(".stButtonGroup button:has(+ [data-selected])").first
    borders = before_the_chosen.evaluate(
        "b => [getComputedStyle(b).borderLeftColor, getComputedStyle(b).borderRightColor]"
    )
    assert all(not border.endswith(", 0)") for border in borders), (
        "a button is open at the side where it meets no other"
    )
    choose(page, "ar", "en")
    expect(page.get_by_role("heading", name=ENGLISH.now_page.title)).to_be_visible()
    expect(page.locator(".bw-headline")).to_have_css("direction", "ltr")
    choose(page, "en", "ar")
    expect(page.get_by_role("heading", name=WORDS["ar"].now_page.title)).to_be_visible()
    expect(page.locator(".bw-headline")).to_have_css("direction", "rtl")
    page.close()


def test_a_view_can_be_shared(browser: Browser, dashboard: Dashboard) -> None:
    page = visit(browser, dashboard, ui="en").page
    page.get_by_text(ENGLISH.by_language, exact=True).click()
    page.wait_for_url("**/?*by=language*")
    address, legend = page.url, page.locator(".bw-legend")
    expect(legend).to_contain_text("Arabic")
    page.close()
    shared = browser.new_page()
    shared.set_default_timeout(PATIENCE)
    shared.goto(address)
    expect(shared.locator(".bw-legend")).to_contain_text("Arabic")
    shared.close()


def test_a_new_post_is_counted_by_itself(browser: Browser, dashboard: Dashboard, store: ClickHouseAddress) -> None:
    page = visit(browser, dashboard, ui="en").page
    last_hour = page.locator(".bw-figures dd").first
    before = int(last_hour.inner_text())
    stock.add(store, "just-in", "This one has only just come in")
    expect(last_hour).to_have_text(str(before + 1), timeout=PATIENCE)
    page.close()


def test_the_dashboard_ends_when_told_while_somebody_looks(
    browser: Browser, store: ClickHouseAddress, tmp_path: Path
) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        served = serve(store, tmp_path)
        assert eventually(served.answers)
        page = visit(browser, served, ui="en").page
        served.process.send_signal(number)
        assert served.process.wait(timeout=120) == 0
        page.close()
