"""The page as people meet it: served by the command, opened in a real Chromium, in both languages and two sizes."""

from __future__ import annotations

from itertools import combinations
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import ENGLISH, WORDS
from tests.support import stock
from tests.support.browser import DESK, TELEPHONE, Dashboard, visit

pytestmark = pytest.mark.browser


def overlaps(page: Page) -> list[tuple[str, str]]:
    """The pairs of labels of the chart that run into each other."""
    labels = [
        (label.text_content() or "", box)
        for label in page.locator("[data-testid=stVegaLiteChart] svg text").all()
        if (box := label.bounding_box()) and label.evaluate("label => getComputedStyle(label).opacity") != "0"
    ]
    return [
        (first, second)
        for (first, one), (second, other) in combinations([each for each in labels if each[0]], 2)
        if one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] + 3 < other["y"] + other["height"]  # letters do not fill the height of their line
        and other["y"] + 3 < one["y"] + one["height"]
    ]


@pytest.mark.parametrize(
    ("interface", "size"),
    [("en", DESK), ("ar", TELEPHONE), pytest.param("fr", TELEPHONE, marks=pytest.mark.long)],
    ids=["en-desk", "ar-telephone", "fr-telephone"],
)
def test_the_surge_is_on_the_page(
    browser: Browser, dashboard: Dashboard, interface: str, size: tuple[int, int]
) -> None:
    words = WORDS[interface]
    opened = visit(browser, dashboard, size=size, ui=interface)
    page = opened.page
    expect(page.get_by_text(words.synthetic)).to_be_visible()
    expect(page.locator(".bw-incident").first).to_contain_text(f"15×\u00a0{words.times_normal[2:]}")
    chart = page.locator("[data-testid=stVegaLiteChart]")
    expect(chart.locator("svg")).to_contain_text("15×")
    expect(chart.locator("svg")).to_contain_text({"en": "10 Jul", "ar": "10 يوليو", "fr": "10 juil."}[interface])
    line = chart.locator("svg .mark-area path").last.bounding_box()
    assert line is not None
    assert line["width"] > size[0] / 2
    assert line["height"] > 100
    assert overlaps(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0], "the page is wider than the screen"
    opened.screenshot(f"page-{interface}-{'desk' if size == DESK else 'telephone'}")
    assert opened.errors == []
    assert opened.hosts == {urlsplit(dashboard.url).netloc}, "the page reached beyond this machine"
    page.close()


@pytest.mark.long
def test_a_time_that_is_selected_on_the_chart_is_a_view_with_an_address(browser: Browser, dashboard: Dashboard) -> None:
    page = visit(browser, dashboard, ui="en", range="day").page
    plot = page.locator("[data-testid=stVegaLiteChart] svg .mark-area path").last.bounding_box()
    assert plot is not None
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + 20)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 3 / 4, plot["y"] + 20, steps=8)
    page.mouse.up()
    zoom = page.get_by_role("button", name=ENGLISH.now_page.zoom)
    zoom.click()
    page.wait_for_url("**/?*from=2020-07-10T1*to=2020-07-10T1*")
    expect(page.get_by_text(ENGLISH.range_from)).to_be_visible()
    expect(zoom).to_be_hidden()
    page.close()


def test_an_incident_leads_to_its_page_in_the_reader_s_language(browser: Browser, dashboard: Dashboard) -> None:
    page = visit(browser, dashboard, ui="ar").page
    page.locator(".bw-incident a").first.click()
    page.wait_for_url("**/incident?*")
    assert parse_qs(urlsplit(page.url).query) == {"id": [stock.incident().id], "ui": ["ar"]}
    page.close()
