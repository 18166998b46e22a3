"""Every page for people who do not see well or use no mouse, and every page with what hostile posts hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.conftest import Template
from tests.support import told_stock
from tests.support.browser import DESK, TELEPHONE, Scheme
from tests.support.site import Site, blank, go, resize, told_site

pytestmark = [pytest.mark.browser, pytest.mark.long]

SERIOUS = ("serious", "critical")
LINKS_THAT_ARE_NONE = "a[href^='javascript:' i], a[href^='data:' i], a[href*='evil.example']"
WRITTEN_BY_OTHERS = ".bw-post, .bw-table, .bw-notes, .bw-said, article"


@dataclass(frozen=True)
class Known:
    """A fault that is Streamlit's or Vega's and not ours: the rule of axe-core, the element, and why it stays."""

    rule: str
    element: str
    reason: str


KNOWN = (
    Known(
        "svg-img-alt",
        ".brush_brush",
        "Vega-Lite draws the rectangle of a selection as an image, and takes no name for it; the chart has one.",
    ),
)


@pytest.fixture(scope="module")
def site(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with told_site(template, tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.mark.parametrize(("interface", "scheme"), [("en", "light"), ("ar", "dark")])
def test_no_page_has_a_serious_fault_and_hostile_posts_stay_text_on_each(
    browser: Browser, site: Site, interface: str, scheme: Scheme
) -> None:
    found, seen = [], set()
    page, faults = blank(browser, size=DESK, scheme=scheme)
    for name, address in site.pages(interface).items():
        go(page, address)
        for size in (TELEPHONE, DESK):
            resize(page, size)
            assert_hostile_posts_are_text(page, name, size[0])
        if page.get_by_text(told_stock.HOSTILE["script"], exact=True).count():
            seen.add(name)
        result = Axe().run(page).response
        assert len(result["passes"]) > 10, f"axe-core has not looked at {name}"
        found += [(name, *fault) for fault in serious(result)] + [(name, fault) for fault in faults]
        faults.clear()
    page.close()
    assert found == []
    assert seen >= {"posts", "one incident", "public incident"}, "these pages show posts"


def serious(result: dict) -> list[tuple[str, str, str]]:  # type: ignore[type-arg]
    """The serious faults that are not known: rule, element and what axe-core says of it."""
    return [
        (violation["id"], node["target"][-1], node["html"])
        for violation in result["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
        if not any(known.rule == violation["id"] and known.element in node["target"][-1] for known in KNOWN)
    ]


def assert_hostile_posts_are_text(page: Page, name: str, width: int) -> None:
    written = page.locator(WRITTEN_BY_OTHERS)
    assert written.locator("script, img, iframe, h1, em, mark, .katex").count() == 0, name
    assert page.locator(LINKS_THAT_ARE_NONE).count() == 0, name
    assert "taken over" not in page.title(), name
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
    edges = page.locator(".bw-post, main article").evaluate_all(
        "posts => posts.map(post => post.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert all(left >= 0 and right <= width for left, right in edges), name
    bidi = page.locator(".bw-text").evaluate_all("texts => texts.map(text => getComputedStyle(text).unicodeBidi)")
    assert set(bidi) <= {"isolate", "plaintext"}, name
