"""The page of an incident in a real Chromium: hostile posts stay text, nothing is cut, and the download is whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import ENGLISH, WORDS
from processing.export import verify
from processing.store.client import Store
from tests.conftest import Template
from tests.dashboard.test_reading import readable
from tests.support import stock, told_stock
from tests.support.browser import DESK, PATIENCE, TELEPHONE, Dashboard, Scheme, serve, up
from tests.support.site import DRAWN
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.long]

INCIDENT = stock.incident().id


@pytest.fixture(scope="module")
def dashboard(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    address = stock.filled(template.copied("told_in_a_browser"))
    with Store(address) as store:
        told_stock.fill(store)
    with up(serve(address, tmp_path_factory.mktemp("dashboard"), BANWATCH_DASHBOARD_REFRESH="PT10S")) as dashboard:
        yield dashboard


def opened(
    browser: Browser,
    dashboard: Dashboard,
    errors: list[str],
    *,
    size: tuple[int, int] = DESK,
    scheme: Scheme = "light",
    path: str = "incident",
    **address: str,
) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, timezone_id="UTC")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda said: "Content Security Policy" in said.text and errors.append(said.text))
    page.on("request", lambda request: _note_foreign(request.url, dashboard, errors))
    page.set_default_timeout(PATIENCE)
    page.goto(f"{dashboard.url}/{path}?{urlencode(address)}")
    page.locator(".bw-why-posts").last.wait_for()
    page.locator(".bw-download").wait_for()
    page.wait_for_function(DRAWN)
    return page


def _note_foreign(url: str, dashboard: Dashboard, errors: list[str]) -> None:
    if urlsplit(url).netloc not in {urlsplit(dashboard.url).netloc, ""}:
        errors.append(f"the page asks {url}")


def test_an_opened_table_of_a_claim_holds_the_update(browser: Browser, dashboard: Dashboard) -> None:
    """The claims of this incident have one language each and no table, so the test lays one into the first."""
    page = opened(browser, dashboard, [], ui="fr", id=INCIDENT)
    page.locator("h1").first.hover()
    claim = page.locator(".bw-claims .bw-post").first
    part = page.locator("[class*=st-key-live-]").filter(has=page.locator(".bw-claims"))
    claim.evaluate("post => post.insertAdjacentHTML('beforeend', '<details open>a table</details>')")
    expect(part).to_have_attribute("data-held", "")
    claim.locator("details").evaluate("each => each.open = false")
    expect(part).not_to_have_attribute("data-held", "")


def test_hostile_posts_are_text_and_break_no_layout(browser: Browser, dashboard: Dashboard) -> None:
    errors: list[str] = []
    page = opened(browser, dashboard, errors, size=TELEPHONE, ui="fr", id=INCIDENT)
    for name in ("script", "markdown"):
        expect(page.locator(".bw-why-posts").get_by_text(told_stock.HOSTILE[name], exact=True).first).to_be_visible()
    main = page.locator("[data-testid=stMain]")
    assert (
        main.locator(".bw-why-posts, .bw-table, .bw-notes, .bw-said").locator("script, img, h1, strong, em").count()
        == 0
    )
    links = main.locator("a").evaluate_all("links => links.map(each => each.protocol)")
    assert set(links) <= {"http:", "https:"}
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE[0]
    for post in page.locator(".bw-why-posts .bw-post").all():
        box = post.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= TELEPHONE[0]
    marks = page.locator(".bw-post").filter(has_text="algo").first.bounding_box()
    assert marks is not None
    assert marks["height"] < 150
    assert page.title() == f"{WORDS['fr'].incident_page.title} · banwatch"
    assert errors == []
    page.close()


def test_a_click_between_an_update_and_its_message_is_answered(browser: Browser, dashboard: Dashboard) -> None:
    page = opened(browser, dashboard, [], ui="en", id=INCIDENT)
    page.evaluate(
        """() => {
            const every = window.setInterval, later = window.setTimeout, send = WebSocket.prototype.send;
            let asked = 0; // an update is asked for, at once or in a moment
            window.setTimeout = (...given) => { asked += 1; return later(...given); };
            WebSocket.prototype.send = function (data) { asked += 1; return send.call(this, data); };
            window.setInterval = (look, ...rest) => every(() => {
                const before = asked;
                look();
                const box = document.querySelector(".st-key-incident-texts input");
                if (asked > before && !box.checked) box.click();
            }, ...rest);
        }"""
    )
    expect(page.get_by_role("link", name=ENGLISH.incident_page.export_button_texts, exact=True)).to_be_visible()
    page.close()


def test_the_old_address_leads_here_and_the_download_is_whole(
    browser: Browser, dashboard: Dashboard, tmp_path: Path
) -> None:
    errors: list[str] = []
    old = {"ui": "en", "range": "incident", "topic": "ban", "incident": INCIDENT}
    page = opened(browser, dashboard, errors, path="", **old)
    page.wait_for_url("**/incident?id=*")
    said = ENGLISH.incident_page

    for with_texts in (False, True):
        if with_texts:
            page.get_by_text(said.export_texts, exact=True).click()
        label = said.export_button_texts if with_texts else said.export_button
        with page.expect_download() as download:
            page.get_by_role("link", name=label, exact=True).click()
        path = tmp_path / f"{with_texts}.zip"
        download.value.save_as(path)
        found = verify(path)
        assert found.faults == ()
        assert (found.posts > 0, found.texts > 0) == (True, with_texts)
    assert errors == []
    page.close()


@pytest.mark.parametrize(("interface", "scheme"), [("en", "light"), ("ar", "dark")], ids=["en-light", "ar-dark"])
def test_the_explanation_can_be_read_and_has_the_direction_of_the_page(
    browser: Browser, dashboard: Dashboard, interface: str, scheme: Scheme
) -> None:
    page = opened(browser, dashboard, [], size=TELEPHONE, scheme=scheme, ui=interface, id=INCIDENT)
    for written in (".bw-headline .bw-note", ".bw-back", ".bw-count, .bw-note", ".bw-table th", ".bw-post footer a"):
        assert eventually(partial(readable, page, written)), written
    expect(page.locator(".bw-drivers").first).to_have_css("direction", "rtl" if interface == "ar" else "ltr")
    expect(page.locator("[data-testid=stVegaLiteChart]")).to_have_css("direction", "ltr")
    page.locator("[data-testid=stExpander]").get_by_text(WORDS[interface].sql, exact=True).first.click()
    code = page.locator("[data-testid=stCode]").first
    expect(code).to_contain_text("SELECT")
    expect(code).to_have_css("direction", "ltr")
    page.close()
