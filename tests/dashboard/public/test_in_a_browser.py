"""The public pages as people meet them: served by the command, opened in a real Chromium without scripts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from tests.dashboard.public.conftest import INCIDENT
from tests.support.browser import PATIENCE, TELEPHONE, Scheme, serve_public
from tests.support.serving import Asked, Says, served
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.long]

WIDE = (1440, 900)


@pytest.fixture(scope="module")
def site(stocked: ClickHouseAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages, served by the command; it ends at a signal without a fault."""
    public = serve_public(stocked, tmp_path_factory.mktemp("public"))
    try:
        assert eventually(public.answers), "the public pages did not come up"
        yield public.url
    finally:
        public.process.send_signal(signal.SIGTERM)
        assert public.process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (TELEPHONE, "dark")], ids=["desk-light", "telephone-dark"]
)
def test_every_page_fits_its_screen_without_a_script(
    browser: Browser, site: str, size: tuple[int, int], scheme: Scheme
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, java_script_enabled=False
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("requestfailed", lambda request: faults.append(request.url))
    for tag in LANGUAGES:
        for path in ("", f"incident/{INCIDENT}"):
            page.goto(f"{site}/{'' if tag == LANGUAGES[0] else tag + '/'}{path}")
            chart = page.locator("figure > svg.wide" if size == WIDE else "figure > svg.narrow")
            box = chart.bounding_box()
            assert box is not None
            assert box["width"] > size[0] / 2
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size[0]
            other = page.locator("figure > svg.narrow" if size == WIDE else "figure > svg.wide")
            assert not other.is_visible()
            for table in page.locator("main table:visible").all():
                wide = table.bounding_box()
                assert wide is not None
                assert wide["x"] >= 0
                assert wide["x"] + wide["width"] <= size[0]
    assert context.cookies() == []
    assert faults == []
    context.close()


def test_another_site_shows_the_chart_and_nothing_else(browser: Browser, site: str) -> None:
    html = (
        f'<!doctype html><title>news</title><img id="svg" src="{site}/chart.svg"><img id="png" src="{site}/chart.png">'
        f'<iframe id="chart" src="{site}/ar/chart.svg"></iframe><iframe id="page" src="{site}/"></iframe>'
    )
    says = Says(html.encode(), headers={"Content-Type": "text/html"})

    def answer(_: Asked) -> Says:
        return says

    with served(answer) as news:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(news.url.replace("127.0.0.1", "localhost"))
        for name in ("svg", "png"):
            assert page.evaluate(f"document.getElementById('{name}').naturalWidth") > 500
        frame = page.frame_locator("#chart")
        assert "حظر" in (frame.locator("svg").text_content() or "")
        assert eventually(lambda: page.wait_for_timeout(50) or refused)
        page.close()
    assert len(refused) == 1
    assert "frame-ancestors 'none'" in refused[0]


def test_a_page_can_be_printed(browser: Browser, site: str, tmp_path: Path) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{site}/")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".use").is_visible()
    page.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").stat().st_size > 10_000
    page.close()
