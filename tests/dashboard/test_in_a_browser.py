"""The page as people meet it: served by the command, opened in a real Chromium, in both languages and two sizes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from dashboard.i18n import WORDS
from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from tests.support.browser import DESK, TELEPHONE, Dashboard, serve, visit
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dashboard(stocked: ClickHouseAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    served = serve(stocked, tmp_path_factory.mktemp("dashboard"))
    try:
        assert eventually(served.answers, timedelta(seconds=60)), "the dashboard did not come up"
        yield served
    finally:
        served.process.terminate()
        served.process.wait(timeout=20)


@pytest.mark.parametrize("interface", LANGUAGES)
@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_the_surge_is_on_the_page(
    browser: Browser, dashboard: Dashboard, interface: str, size: tuple[int, int]
) -> None:
    words = WORDS[interface]
    opened = visit(browser, dashboard, size=size, ui=interface)
    page = opened.page
    expect(page.get_by_text(words.synthetic)).to_be_visible()
    expect(page.locator(".bw-card").first).to_contain_text(f"15{words.times_normal}")
    expect(page.locator(".bw-pulses li")).to_have_count(2)
    chart = page.locator("[data-testid=stVegaLiteChart]")
    expect(chart.locator("svg")).to_contain_text("15×")
    expect(chart.locator("svg")).to_contain_text({"en": "10 Jul", "ar": "10 يوليو", "fr": "10 juil."}[interface])
    line = chart.locator("svg .mark-area path").first.bounding_box()
    assert line is not None
    assert line["width"] > size[0] / 2
    assert line["height"] > 100
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0], "the page is wider than the screen"
    opened.screenshot(f"page-{interface}-{'desk' if size == DESK else 'telephone'}")
    assert opened.errors == []
    assert opened.hosts == {urlsplit(dashboard.url).netloc}, "the page reached beyond this machine"
    page.close()
