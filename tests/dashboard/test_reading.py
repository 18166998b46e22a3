"""Whether everybody can read the page, in a real Chromium: contrast, direction, and what a narrow screen cuts."""

from __future__ import annotations

from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Dashboard, Scheme, visit
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.long]

LEAST = 4.5
"""Of WCAG 2.2's level AA, for letters of ordinary size."""

CONTRAST = """
(elements) => {
    const luminance = (colour) => colour.map((each) => each / 255)
        .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
        .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
    const over = (front, back) => back.map((each, index) => front[index] * front[3] + each * (1 - front[3]));
    const numbers = (colour) => [...colour.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
    const ancestors = (element) => element ? [...ancestors(element.parentElement), element] : [];
    return elements.map((element) => {
        const styles = ancestors(element).map((each) => getComputedStyle(each));
        const layers = styles.map((each) => numbers(each.backgroundColor));
        const paper = layers.reduce((back, each) => over(each, back), [255, 255, 255]);
        const opacity = styles.reduce((product, each) => product * each.opacity, 1);
        const [red, green, blue, alpha] = numbers(styles.at(-1).color);
        const [ink, behind] = [over([red, green, blue, alpha * opacity], paper), paper].map(luminance);
        return (Math.max(ink, behind) + 0.05) / (Math.min(ink, behind) + 0.05);
    });
}
"""
"""The contrast of each element's letters with what is behind them, as pale as opacity makes them."""


def readable(page: Page, written: str) -> bool:
    """Whether all that the selector finds has the contrast; Streamlit pales what it draws anew for a moment."""
    contrasts = page.locator(written).evaluate_all(CONTRAST)
    return bool(contrasts) and min(contrasts) >= LEAST


@pytest.mark.parametrize(("interface", "scheme"), [("en", "light"), ("ar", "dark")], ids=["en-light", "ar-dark"])
def test_small_letters_have_enough_contrast_and_open_lists_the_language_of_the_page(
    browser: Browser, dashboard: Dashboard, interface: str, scheme: Scheme
) -> None:
    page = visit(browser, dashboard, ui=interface, scheme=scheme).page
    for written in ("[data-testid=stCaptionContainer] p", ".bw-incident p", ".bw-reached", ".bw-figures dt"):
        assert eventually(partial(readable, page, written)), written
    direction = "rtl" if interface == "ar" else "ltr"
    document = page.locator("html")
    expect(document).to_have_attribute("lang", interface)
    expect(document).to_have_attribute("dir", direction)
    page.get_by_role("combobox").last.click()
    expect(page.get_by_role("option").first).to_have_css("direction", direction)
    expect(page.get_by_role("option").first).to_have_css("text-align", "start")
    page.close()
