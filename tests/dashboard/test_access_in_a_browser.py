"""Logging in and out as people do it, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import WORDS
from processing.contract import ClickHouseAddress
from tests.support.browser import ARTEFACTS, DESK, PATIENCE, TELEPHONE, serve, up
from tests.support.oidc_provider import CLIENT, SECRET, oidc_provider
from tests.support.waiting import free_port

pytestmark = [pytest.mark.browser, pytest.mark.long]

WORD = "the operators' word"
SAID = WORDS["en"].access


@contextmanager
def opened(browser: Browser, size: tuple[int, int] = DESK, **options: str) -> Iterator[tuple[Page, list[str]]]:
    """A page with cookies of its own, and what its content policy or a script of it complained of."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)  # type: ignore[arg-type]
    page, faults = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: "Content Security Policy" in said.text and faults.append(said.text))
    try:
        yield page, faults
    finally:
        context.close()


def screenshot(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"access-{name}.png")


def test_a_team_logs_in_by_its_password_and_out(browser: Browser, stocked: ClickHouseAddress, tmp_path: Path) -> None:
    with up(serve(stocked, tmp_path, BANWATCH_DASHBOARD_OPERATOR_PASSWORD=WORD)) as dashboard:
        with opened(browser) as (page, faults):
            page.goto(f"{dashboard.url}/?ui=en&range=day")
            expect(page).to_have_title("Log in · banwatch")
            page.get_by_label(SAID.your_name).fill("Nora")
            page.get_by_label(SAID.shared).fill("no password of ours")
            page.get_by_role("button", name=SAID.log_in).click()
            expect(page.get_by_role("alert")).to_have_text(SAID.wrong)
            screenshot(page, "wrong")
            expect(page.get_by_label(SAID.your_name)).to_have_value("Nora")
            page.get_by_label(SAID.shared).fill(WORD)
            page.keyboard.press("Enter")
            line = page.locator(".bw-viewer")
            expect(line).to_contain_text("Nora")
            expect(line).to_contain_text(SAID.role_operator)
            expect(page.locator("[data-testid=stVegaLiteChart] svg").first).to_be_visible()
            assert "range=day" in page.url
            screenshot(page, "operator")
            other = page.context.new_page()
            other.set_default_timeout(PATIENCE)
            other.goto(dashboard.url)
            expect(other.locator(".bw-viewer")).to_contain_text("Nora")
            line.get_by_role("link", name=SAID.log_out).click()
            expect(page.get_by_text(SAID.logged_out)).to_be_visible()
            assert page.context.pages == [page, other], "logging out opens no other page"
            page.goto(dashboard.url)
            expect(page).to_have_title("Log in · banwatch")
            expect(other.get_by_text("failed with status 401")).to_be_visible()
            assert faults == []
        for tag, size in (("ar", TELEPHONE), ("fr", DESK)):
            with opened(browser, size, locale=tag, color_scheme="dark") as (page, faults):
                page.goto(dashboard.url)
                expect(page.get_by_label(WORDS[tag].access.your_name)).to_be_visible()
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
                screenshot(page, tag)
                assert faults == []


def test_an_organisation_logs_in_by_its_provider(browser: Browser, stocked: ClickHouseAddress, tmp_path: Path) -> None:
    port = free_port()
    with oidc_provider() as provider:
        settings = {
            "BANWATCH_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BANWATCH_OIDC_METADATA_URL": f"{provider.url}/.well-known/openid-configuration",
            "BANWATCH_OIDC_CLIENT_ID": CLIENT,
            "BANWATCH_OIDC_CLIENT_SECRET": SECRET,
            "BANWATCH_OIDC_VIEWERS": "@example.org",
        }
        with up(serve(stocked, tmp_path, port, **settings)) as dashboard, opened(browser) as (page, faults):
            provider.claims = {"email": "omar@elsewhere.example", "email_verified": True}
            page.goto(f"{dashboard.url}/?ui=en&range=day")
            page.get_by_role("link", name=SAID.log_in_by_provider).click()
            page.get_by_role("button", name="Agree").click()
            expect(page.get_by_text("omar@elsewhere.example")).to_be_visible()
            screenshot(page, "nobody")
            provider.claims = {"email": "Nora@Example.org", "email_verified": True}
            page.get_by_role("link", name=SAID.log_in).click()
            page.get_by_role("link", name=SAID.log_in_by_provider).click()
            page.get_by_role("button", name="Agree").click()
            line = page.locator(".bw-viewer")
            expect(line).to_contain_text("nora@example.org")
            expect(line).to_contain_text(SAID.role_viewer)
            expect(page.locator("[data-testid=stVegaLiteChart] svg").first).to_be_visible()
            screenshot(page, "viewer")
            assert faults == []


def test_the_operator_of_this_machine_has_a_name_without_a_login(
    browser: Browser, stocked: ClickHouseAddress, tmp_path: Path
) -> None:
    with up(serve(stocked, tmp_path, LOGNAME="desk")) as dashboard, opened(browser) as (page, faults):
        page.goto(f"{dashboard.url}/?ui=en")
        page.get_by_role("button", name="desk").click()
        field = page.get_by_label(SAID.your_name, exact=True)
        field.fill("Nora")
        field.press("Enter")
        expect(page.get_by_role("button", name="Nora")).to_be_visible()
        screenshot(page, "local")
        page.get_by_role("link", name=WORDS["en"].posts_page.title).first.click()
        expect(page.get_by_role("button", name="Nora")).to_be_visible()
        assert faults == []


def test_everybody_reads_where_that_is_said(browser: Browser, stocked: ClickHouseAddress, tmp_path: Path) -> None:
    settings = {"BANWATCH_DASHBOARD_ANONYMOUS": "1", "BANWATCH_DASHBOARD_OPERATOR_PASSWORD": WORD}
    with up(serve(stocked, tmp_path, **settings)) as dashboard, opened(browser, TELEPHONE) as (page, faults):
        page.goto(f"{dashboard.url}/?ui=en")
        expect(page.locator(".bw-viewer")).to_contain_text(SAID.anonymous)
        expect(page.locator("[data-testid=stVegaLiteChart] svg").first).to_be_visible()
        screenshot(page, "anonymous")
        page.locator(".bw-viewer").get_by_role("link", name=SAID.log_in).click()
        expect(page.get_by_label(SAID.shared)).to_be_visible()
        assert faults == []
