"""The page in a real Chromium: it is served by the command, and opened by a visit that notes what goes wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from processing.contract import ClickHouseAddress
from tests.conftest import ROOT
from tests.prepare import CHROMIUM
from tests.support.mortal import mortal
from tests.support.waiting import eventually, free_port

PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)  # a machine may be busy
ARTEFACTS = ROOT / "artefacts"
DESK, TELEPHONE = (1280, 900), (390, 844)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Dashboard:
    """A server of pages that runs: the dashboard, or the public pages."""

    process: subprocess.Popen[bytes]
    port: int
    health: str = "_stcore/health"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/{self.health}", timeout=20, verify=False).is_success
        except httpx.TransportError:
            return False


def serve(store: ClickHouseAddress, folder: Path, port: int = 0, **settings: str) -> Dashboard:
    port = port or free_port()
    own = {"BANWATCH_DASHBOARD_PORT": str(port), "BANWATCH_DASHBOARD_REFRESH": "PT1S"}
    return Dashboard(_started("dashboard", store, folder, own | settings), port)


@contextmanager
def up(server: Dashboard) -> Iterator[Dashboard]:
    """Wait until a server that was started answers, and end it afterwards."""
    try:
        assert eventually(server.answers), f"{server.url} did not come up"
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=120)


def serve_public(store: ClickHouseAddress, folder: Path, **settings: str) -> Dashboard:
    port = free_port()
    return Dashboard(_started("public", store, folder, {"BANWATCH_PUBLIC_PORT": str(port)} | settings), port, "healthz")


def _started(
    command: str, store: ClickHouseAddress, folder: Path, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    environment = mortal() | {
        "BANWATCH_CLICKHOUSE_URL": store.url,
        "BANWATCH_CLICKHOUSE_DATABASE": store.database,
        "BANWATCH_DATA_DIR": str(folder),
        **settings,
    }
    return subprocess.Popen([sys.executable, "-m", "deploy.cli", command], cwd=ROOT, env=environment)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    installed = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if installed is None:
        pytest.skip("there is no Chromium: `python -m tests.prepare` installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=installed, args=FLAGS, timeout=2 * PATIENCE)
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """One open page, and what went wrong or went elsewhere in it."""

    page: Page
    errors: list[str]
    hosts: set[str]

    def screenshot(self, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")


def visit(
    browser: Browser,
    dashboard: Dashboard,
    *,
    size: tuple[int, int] = DESK,
    scheme: Scheme = "light",
    timezone: str = "UTC",
    **address: str,
) -> Visit:
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=viewport, color_scheme=scheme, timezone_id=timezone)
    opened = Visit(page, [], set())
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    # What the page holds itself (`data:`, `blob:`) has no host.
    page.on("request", lambda request: opened.hosts.update(filter(None, [urlsplit(request.url).netloc])))
    page.on("console", lambda said: "Content Security Policy" in said.text and opened.errors.append(said.text))
    page.set_default_timeout(PATIENCE)
    page.goto(f"{dashboard.url}/?{urlencode(address)}")
    page.locator(".bw-headline").wait_for()
    page.locator(".bw-reached").wait_for()
    return opened
