"""Take the pictures of docs/images: `python -m tests.screenshots`, with Chromium and as much time as the demo needs.

The demo runs in a folder of its own, which is removed. Every page of the dashboard has a picture in English.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from dashboard.app import VIEWS
from dashboard.i18n import ENGLISH
from processing.queries import claim_runs
from processing.store.client import Store
from tests.conftest import ROOT
from tests.prepare import CHROMIUM
from tests.support.browser import FLAGS, PATIENCE, Scheme
from tests.support.site import DRAWN, address_of
from tests.support.stacks import Installation
from tests.support.waiting import eventually

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT, TALL = 1280, 1020, 1340
FRIDAY = "ban-20200710T1606Z"
QUESTION = """\
SELECT language, sum(posts) AS posts
FROM counts
WHERE topic = 'ban' AND toDate(minute) = '2020-07-10'
GROUP BY language
ORDER BY posts DESC"""
ADDRESSES: Mapping[str, Mapping[str, str]] = {
    "incident": {"id": FRIDAY},
    "posts": {"words": "amazon", "order": "shared"},
    "sql": {"q": QUESTION},
}
"""What the address of a page holds, where the page alone shows less."""


@dataclass(frozen=True)
class Picture:
    """A picture by its name: a page of the dashboard, or a path of the public pages."""

    name: str
    page: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    scheme: Scheme = "light"
    height: int = HEIGHT
    public: bool = False
    heading: str = ""
    """The heading that stands at the top of the picture; the page's own without one."""


def pictures() -> Iterator[Picture]:
    for view in VIEWS:
        height = TALL if view.path == "incident" else HEIGHT
        yield Picture(view.path, address_of(view), {"ui": "en", **ADDRESSES.get(view.path, {})}, height=height)
    incident = {"ui": "en", **ADDRESSES["incident"]}
    yield Picture("incident-claims", "incident", incident, heading=ENGLISH.incident_page.claims)
    yield Picture("incident-led", "incident", incident, heading=ENGLISH.led.title)
    yield Picture("now-dark", "", {"ui": "en"}, "dark")
    yield Picture("now-ar", "", {"ui": "ar"})
    yield Picture("incident-ar", "incident", {"ui": "ar", **ADDRESSES["incident"]}, height=TALL)
    yield Picture("public", f"incident/{FRIDAY}", height=TALL, public=True)
    yield Picture("public-ar", f"ar/incident/{FRIDAY}", height=TALL, public=True)


def main() -> None:
    os.environ["LOGNAME"] = "nora"  # the page says who reads it
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        raise SystemExit("There is no Chromium: `python -m tests.prepare chromium` installs it.")
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "banwatch", settings={"BANWATCH_CLAIMS": "1"})
        with closing(installation.start("demo", "--public")) as running, sync_playwright() as playwright:
            if not running.says("banwatch explain ban-20200710T", timedelta(minutes=10)):
                raise SystemExit(running.said)
            eventually(lambda: FRIDAY in _published(installation.public_url), timedelta(minutes=3))
            eventually(lambda: _compared(installation), timedelta(minutes=15))
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            take(browser, installation.dashboard_url, installation.public_url)
            browser.close()


def take(browser: Browser, dashboard: str, public: str) -> None:
    """Write every picture, from where the dashboard and the public pages are."""
    IMAGES.mkdir(exist_ok=True)
    for picture in pictures():
        page = browser.new_page(
            viewport={"width": WIDTH, "height": picture.height}, color_scheme=picture.scheme, timezone_id="UTC"
        )
        page.set_default_timeout(PATIENCE)
        page.goto(f"{public if picture.public else dashboard}/{picture.page}?{urlencode(picture.parameters)}")
        page.wait_for_function(DRAWN)
        if picture.page == "sql":
            _run(page)
        if picture.heading:
            page.get_by_role("heading", name=picture.heading, exact=True).evaluate("each => each.scrollIntoView()")
            page.wait_for_function(DRAWN)
        path = IMAGES / f"{picture.name}.png"
        path.write_bytes(_small(page.screenshot(animations="disabled")))
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")
        page.close()


def _run(page: Page) -> None:
    page.get_by_role("button", name=ENGLISH.sql_page.run, exact=True).click()
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    page.mouse.move(0, 0)
    page.wait_for_function(DRAWN)


def _small(png: bytes) -> bytes:
    """Return the picture with a palette: a page has few colours, and a quarter of the size is enough for them."""
    target = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(target, "PNG", optimize=True)
    return target.getvalue()


def _compared(installation: Installation) -> bool:
    """Whether all texts of Friday's incident have been compared with those of other languages."""
    with Store(installation.store) as store:
        run = claim_runs(store).get(FRIDAY)
    return run is not None and not run.waiting


def _published(public: str) -> str:
    try:
        return httpx.get(f"{public}/api/incidents.json", timeout=20, verify=False).text
    except httpx.TransportError:
        return ""


if __name__ == "__main__":
    main()
