"""All pages of the dashboard, its login page and the public pages, served over posts of which some are hostile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from dashboard.app import VIEWS, View
from deploy.desk import DESK_KEY
from processing.i18n import LANGUAGES
from processing.store.client import Store
from tests.conftest import Template
from tests.support import stock, told_stock
from tests.support.browser import PATIENCE, Scheme, serve, serve_public, up

PASSWORD = "the operators' own password"
DRAWN = """
() => {
    const app = document.querySelector("[data-testid=stApp]");
    if (app === null) return document.querySelector("main, form") !== null;
    return app.dataset.testScriptState === "notRunning"
        && document.querySelector("[data-testid=stMain] h1") !== null
        && document.querySelector("[data-testid=stSkeleton], [data-testid=stSpinner]") === null
        && [...document.querySelectorAll("[data-testid=stVegaLiteChart]")].every((each) => each.querySelector("svg"));
}
"""
"""Whether a page is complete: its script has ended, and its charts are drawn."""


@dataclass(frozen=True)
class Site:
    """Where the dashboard, a dashboard that asks for a password, and the public pages are."""

    dashboard: str
    closed: str
    public: str

    def pages(self, tag: str) -> dict[str, str]:
        """Return the address of every page in a language, by the page's name."""
        incident = stock.incident().id
        own = {view.path: f"{self.dashboard}/{address_of(view)}?{urlencode({'ui': tag})}" for view in VIEWS}
        start = self.public if tag == LANGUAGES[0] else f"{self.public}/{tag}"
        return own | {
            "one incident": f"{self.dashboard}/incident?{urlencode({'ui': tag, 'id': incident})}",
            "login": f"{self.closed}/?{urlencode({'ui': tag})}",
            "public": f"{start}/",
            "public incident": f"{start}/incident/{incident}",
        }


def address_of(view: View) -> str:
    """Return the path of a page. The first page is at the root."""
    return "" if view is VIEWS[0] else view.path


@contextmanager
def told_site(template: Template, folder: Path) -> Iterator[Site]:
    """Serve all of it. Whoever opens the dashboard on this machine is an operator."""
    address = stock.filled(template.copied("told_on_every_page"))
    with Store(address) as store:
        told_stock.fill(store)
    DESK_KEY.made_up(folder)
    still = {"BANWATCH_DASHBOARD_REFRESH": "PT1H"}
    # All start at once.
    dashboard = serve(address, folder, **still)
    closed = serve(address, folder, **still, BANWATCH_DASHBOARD_OPERATOR_PASSWORD=PASSWORD)
    public = serve_public(address, folder, BANWATCH_PUBLIC_POSTS="1")
    with up(dashboard), up(closed), up(public):
        yield Site(dashboard.url, closed.url, public.url)


def blank(browser: Browser, *, size: tuple[int, int], scheme: Scheme) -> tuple[Page, list[str]]:
    """Open an empty page; with it comes what a script did or the content policy refused."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, timezone_id="UTC")
    page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda said: "Content Security Policy" in said.text and faults.append(said.text))
    return page, faults


def go(page: Page, address: str) -> None:
    """Go to an address and wait until it is drawn. A new browser page for each address costs three times as much."""
    page.goto(address)
    page.wait_for_function(DRAWN)


def resize(page: Page, size: tuple[int, int]) -> None:
    """Change the size of the screen and wait until the page is drawn for it."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function(DRAWN)
