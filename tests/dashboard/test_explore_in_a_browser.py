"""The pages "Explore" and "Health" in a real Chromium: a click on a bar leads to its posts, and nothing is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import ENGLISH
from processing.store.client import Store
from tests.conftest import Template
from tests.dashboard.test_health_page import HOSTILE, report, tell
from tests.support import stock
from tests.support.browser import DESK, PATIENCE, TELEPHONE, Dashboard, serve, up
from tests.support.site import DRAWN

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture(scope="module")
def dashboard(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    address = stock.filled(template.copied("explored_in_a_browser"))
    with Store(address) as store:
        tell(
            store, report("reddit", "failed", detail=HOSTILE), report("rss", idle=True), report("mastodon", minutes=31)
        )
    with up(serve(address, tmp_path_factory.mktemp("dashboard"), BANWATCH_DASHBOARD_REFRESH="PT10S")) as dashboard:
        yield dashboard


def opened(
    browser: Browser, dashboard: Dashboard, errors: list[str], path: str, size: tuple[int, int], **address: str
) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, timezone_id="UTC")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda said: "Content Security Policy" in said.text and errors.append(said.text))
    page.set_default_timeout(PATIENCE)
    page.goto(f"{dashboard.url}/{path}?{urlencode(address)}")
    return page


def test_a_click_on_a_bar_leads_to_as_many_posts_as_it_counts(browser: Browser, dashboard: Dashboard) -> None:
    errors: list[str] = []
    page = opened(browser, dashboard, errors, "explore", DESK, ui="en", compare="language", charts="own", range="day")
    bars = page.locator(".mark-rect.role-mark path")
    bars.first.wait_for()
    page.wait_for_function(DRAWN)
    bars.nth(20).click(force=True)
    picked = page.locator(".bw-picked")
    told = re.search(r": ([\d,]+)\. ", picked.inner_text())
    assert told
    picked.get_by_text(ENGLISH.explore_page.open_posts).click()
    page.wait_for_url("**/posts?*")
    expect(page.get_by_text(ENGLISH.posts_page.found.format(count=told[1]))).to_be_visible()
    assert errors == []
    page.close()


@pytest.mark.parametrize(
    ("interface", "size"),
    [("en", DESK), ("ar", TELEPHONE), ("fr", TELEPHONE)],
    ids=["en-desk", "ar-telephone", "fr-telephone"],
)
def test_a_collectors_report_is_text_and_breaks_no_layout(
    browser: Browser, dashboard: Dashboard, interface: str, size: tuple[int, int]
) -> None:
    errors: list[str] = []
    page = opened(browser, dashboard, errors, "health", size, ui=interface)
    page.locator(".bw-collector").nth(3).wait_for()
    assert page.locator(".bw-collectors").locator("script, a, strong, em").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    # In one step, because the page replaces its cards while it is live.
    edges = page.locator(".bw-collector").evaluate_all(
        "cards => cards.map(card => card.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert edges
    assert all(left >= 0 and right <= size[0] for left, right in edges)
    assert errors == []
    page.close()
