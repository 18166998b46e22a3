"""The reader's zone and language, in a real Chromium: the browser decides them, and the menu of pages keeps them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import WORDS
from processing.i18n import language
from tests.support.browser import TELEPHONE, Dashboard, visit

pytestmark = [pytest.mark.browser, pytest.mark.long]

NEW_YORK = "America/New_York"


def choose(page: Page, present: str, option: str) -> None:
    page.get_by_role("button", name=language(present).native_name).click()
    page.get_by_text(option, exact=True).click()
    expect(page.get_by_role("radio", name=option)).to_be_checked()
    page.keyboard.press("Escape")


def test_times_are_in_the_zone_of_the_browser_until_the_reader_wants_utc(
    browser: Browser, dashboard: Dashboard
) -> None:
    page = visit(browser, dashboard, ui="en", timezone=NEW_YORK).page
    headline = page.locator(".bw-headline")
    expect(headline).to_contain_text("\u00a0UTC−4")
    choose(page, "en", "UTC")
    expect(headline).not_to_contain_text("UTC−4")
    page.wait_for_url("**/?*zone=utc*")
    page.close()


def test_the_menu_of_pages_keeps_language_and_zone(browser: Browser, dashboard: Dashboard) -> None:
    page = visit(browser, dashboard, ui="fr", zone="utc", timezone=NEW_YORK).page
    words = WORDS["fr"]
    page.get_by_role("link", name=words.health_page.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words.health_page.title)
    expect(page).to_have_title(f"{words.health_page.title} · banwatch")
    page.wait_for_url("**/health?*ui=fr*zone=utc*")
    page.get_by_role("link", name=words.now_page.title).click()
    expect(page.locator(".bw-headline")).not_to_contain_text("UTC−4")
    page.close()


def test_a_narrow_arabic_page_has_its_menu_at_the_right(browser: Browser, dashboard: Dashboard) -> None:
    page = visit(browser, dashboard, ui="ar", size=TELEPHONE).page
    drawer = page.locator("[data-testid=stSidebar]")
    expect(drawer).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE[0]
    page.locator("[data-testid=stExpandSidebarButton]").click()
    expect(drawer).to_have_css("transform", "none")
    box = drawer.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] == TELEPHONE[0]
    drawer.get_by_text(WORDS["ar"].health_page.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS["ar"].health_page.title)
    page.close()


def test_the_keyboard_comes_first_to_the_way_past_the_menu(browser: Browser, dashboard: Dashboard) -> None:
    page = visit(browser, dashboard, ui="en").page
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("main button").first).to_be_focused()  # who is at the page
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=language("en").native_name)).to_be_focused()
    page.close()
