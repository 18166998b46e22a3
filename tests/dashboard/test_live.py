"""The page updates by itself, waits for its reader, and does not flicker: in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import ENGLISH
from processing.contract import ClickHouseAddress
from processing.i18n import language
from tests.support.browser import PATIENCE, Dashboard, serve, up, visit
from tests.support.site import DRAWN
from tests.support.waiting import eventually, free_port

pytestmark = [pytest.mark.browser, pytest.mark.long]

A_FEW_TURNS = 4_000
"""In milliseconds: several updates, of which there is one a second."""


def updates(page: Page) -> int:
    """How many messages the page has sent."""
    sent: Any = page.evaluate("window.sent ?? 0")
    return int(sent)


def count_updates(page: Page) -> None:
    """Count from now on what the page asks for by itself."""
    page.evaluate(
        """() => {
            window.sent = 0;
            const send = WebSocket.prototype.send;
            WebSocket.prototype.send = function (data) { window.sent += 1; return send.call(this, data); };
        }"""
    )


@pytest.fixture
def page(browser: Browser, dashboard: Dashboard) -> Iterator[Page]:
    opened = visit(browser, dashboard, ui="en").page
    opened.locator("[data-testid=stVegaLiteChart] svg").wait_for()
    opened.mouse.move(2, 2)
    count_updates(opened)
    yield opened
    opened.close()


def goes_on(page: Page) -> bool:
    before = updates(page)
    page.wait_for_function("before => window.sent > before + 1", arg=before)
    return True


def waits(page: Page) -> bool:
    """Whether a time comes in which nothing is asked for: what was under way has to end first."""

    def is_quiet() -> bool:
        before = updates(page)
        page.wait_for_timeout(A_FEW_TURNS)
        return updates(page) == before

    return eventually(is_quiet)


def test_the_page_updates_by_itself_and_keeps_its_elements(page: Page) -> None:
    page.evaluate(
        """() => {
            window.gone = [];
            const kept = [...document.querySelectorAll("[data-testid=stVegaLiteChart] svg, .bw-headline, .bw-reached")];
            new MutationObserver(() => {
                const lost = kept.filter((each) => !each.isConnected);
                if (lost.length) window.gone.push(lost.map((each) => each.outerHTML.slice(0, 80)));
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    assert goes_on(page)
    assert goes_on(page)
    assert page.evaluate("window.gone") == []


def test_the_lower_part_waits_while_a_reader_points_at_the_chart(page: Page) -> None:
    assert goes_on(page)
    page.locator("[data-testid=stVegaLiteChart] svg").hover()
    lower = page.locator(".st-key-live-chart")
    expect(lower).to_have_attribute("data-held", "")
    page.mouse.move(2, 2)
    expect(lower).not_to_have_attribute("data-held", "")
    assert goes_on(page)


def test_a_reader_with_a_keyboard_is_not_sent_back(page: Page) -> None:
    link = page.locator(".bw-reached a").first
    page.keyboard.press("Tab")
    link.focus()
    expect(page.locator(".st-key-live-chart")).to_have_attribute("data-held", "")
    expect(link).to_be_focused()


def test_a_hidden_page_asks_for_nothing(page: Page) -> None:
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.away ?? false, configurable: true })")
    page.evaluate("window.away = true")
    assert waits(page)
    page.evaluate("window.away = false")
    assert goes_on(page)


def test_a_page_that_its_server_has_forgotten_opens_anew(
    browser: Browser, stocked: ClickHouseAddress, tmp_path: Path
) -> None:
    """The page has been in the background since it was opened, so that it has asked for nothing."""
    port, page = free_port(), browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.add_init_script(
        "Object.defineProperty(document, 'hidden', { get: () => window.away ?? true, configurable: true })"
    )
    with up(serve(stocked, tmp_path, port)) as dashboard:
        page.goto(f"{dashboard.url}/?ui=en")
        page.wait_for_function(DRAWN)
        page.evaluate("window.old = true")
    with up(serve(stocked, tmp_path, port)):
        expect(page.locator("[data-test-connection-state=CONNECTED]")).to_have_count(1)
        page.evaluate("window.away = false")
        page.wait_for_function("() => window.old === undefined")
        page.locator(".bw-headline").wait_for()
        page.close()


def test_a_page_to_which_a_reader_goes_back_beside_an_update_is_whole(page: Page) -> None:
    """All parts of the page that is left are due, and look at the very moment."""
    page.evaluate(
        """() => {
            const every = window.setInterval, looks = new Map();
            window.setInterval = (look, ...rest) => every(() => {
                looks.set(look, performance.now());
                if (!window.still) look();
            }, ...rest);
            window.addEventListener("popstate", () => {
                for (const [look, at] of looks) if (performance.now() - at < 1000) look();
                window.still = false;
            });
        }"""
    )
    page.get_by_role("link", name=ENGLISH.health_page.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ENGLISH.health_page.title)
    page.wait_for_function(DRAWN)
    assert goes_on(page)
    page.evaluate("window.still = true")
    page.wait_for_timeout(A_FEW_TURNS)
    page.go_back()
    page.locator(".bw-headline").wait_for()
    assert goes_on(page)
    expect(page.locator(".bw-headline")).to_be_visible()


def test_each_view_is_one_step_of_the_way_back(page: Page) -> None:
    page.get_by_text(ENGLISH.range_day, exact=True).click()
    page.wait_for_url("**/?ui=en&range=day")
    page.get_by_role("link", name=ENGLISH.health_page.title).click()
    page.wait_for_url("**/health?ui=en&range=day")
    expect(page.locator("h1")).to_have_text(ENGLISH.health_page.title)
    page.get_by_role("button", name=language("en").native_name).click()
    page.get_by_text(language("ar").native_name, exact=True).click()
    page.wait_for_url("**/health?ui=ar&range=day")
    for address in ("health?ui=en&range=day", "?ui=en&range=day", "?ui=en"):
        page.go_back()
        assert goes_on(page)
        page.wait_for_function(DRAWN)
        assert page.url.endswith(f"/{address}")
    expect(page.locator("h1")).to_have_text(ENGLISH.now_page.title)


def test_updates_can_be_switched_off(page: Page) -> None:
    page.get_by_role("button", name=language("en").native_name).click()
    page.get_by_text(ENGLISH.live, exact=True).click()
    expect(page.get_by_role("switch", name=ENGLISH.live)).not_to_be_checked()
    page.keyboard.press("Escape")
    page.mouse.move(2, 2)
    assert waits(page)
