"""A surge as a newsroom meets it: from the first look at the page to a zip that proves what was seen."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from dashboard.i18n import ENGLISH, WORDS, Words
from processing.i18n import language
from tests.support.browser import PATIENCE
from tests.support.stacks import Installation, Running
from tests.support.waiting import eventually

ARABIC = WORDS["ar"]
FRIDAY = "ban-20200710T1606Z"
ACKNOWLEDGED = "We have called the company"
NOTED = "The company says that it was sent in error"
QUESTION = "SELECT id, start, ratio FROM incidents"


def live_through(browser: Browser, installation: Installation, running: Running, folder: Path) -> None:
    """Follow one surge in Chromium, from the replay to evidence that `banwatch verify` accepts.

    `running` is a demo that has just been started with its pages.
    """
    page = browser.new_page(timezone_id="UTC")
    page.set_default_timeout(PATIENCE)
    assert running.says("public "), running.said
    eventually(lambda: answers(f"{installation.dashboard_url}/_stcore/health"))

    # The page is open while the posts of July 2020 are played. The incident appears by itself.
    page.goto(f"{installation.dashboard_url}/?ui=en")
    friday = page.locator(".bw-incident").filter(has_text="10 Jul 2020")
    expect(friday).to_be_visible(timeout=8 * PATIENCE)
    assert running.says("3 incidents", timedelta(seconds=400)), running.said
    expect(page.locator(".bw-incident")).to_have_count(3)
    expect(page.get_by_text(ENGLISH.synthetic)).to_be_visible()

    # It is opened, and says why it is one.
    friday.get_by_role("link").click()
    page.wait_for_url(f"**/incident?id={FRIDAY}&ui=en")
    expect(page.locator(".bw-drivers").first).to_contain_text("Amazon")
    handle(page)
    with page.expect_download() as download:
        page.get_by_role("link", name=ENGLISH.incident_page.export_button, exact=True).click()
    evidence = folder / download.value.suggested_filename
    download.value.save_as(evidence)

    # The same page in Arabic holds what was written.
    choose_language(page, ENGLISH, ARABIC)
    expect(page.get_by_role("heading", name=ARABIC.incident_page.title, exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".bw-headline")).to_have_css("direction", "rtl")
    expect(page.locator(".bw-notes")).to_contain_text(NOTED)
    choose_language(page, ARABIC, ENGLISH)

    ask(page)
    page.close()

    # Anybody may read the public page. It has what was counted, and nothing that was written at the desk.
    eventually(lambda: FRIDAY in published(installation), timedelta(seconds=180))
    public = browser.new_page(java_script_enabled=False)
    public.goto(f"{installation.public_url}/incident/{FRIDAY}")
    expect(public.locator("main")).to_contain_text("118×")
    for private in (ACKNOWLEDGED, NOTED):
        assert private not in public.content()
    public.close()

    verified = installation.run("verify", str(evidence))
    assert verified.returncode == 0, verified.stderr.decode()


def handle(page: Page) -> None:
    """Acknowledge the incident, silence such ones for a while and leave a note; the page shows each."""
    said = ENGLISH.incident_page
    fill(page, said.acknowledge, ACKNOWLEDGED)
    expect(page.get_by_text(re.compile(rf"has it in hand.*{ACKNOWLEDGED}"))).to_be_visible()
    fill(page, said.silence, "")
    expect(page.get_by_text(re.compile(r"^Silenced until .*TikTok bans")).first).to_be_visible()
    fill(page, said.annotate, NOTED)
    expect(page.locator(".bw-notes").get_by_text(NOTED)).to_have_count(1)


def fill(page: Page, tab: str, text: str) -> None:
    """Open a tab of the operators' controls, write what the others should know, and press its button twice in haste."""
    page.get_by_role("tab", name=tab, exact=True).click()
    panel = page.get_by_role("tabpanel", name=tab, exact=True)
    panel.get_by_label(ENGLISH.incident_page.note).fill(text)
    panel.get_by_role("button", name=tab, exact=True).dblclick()
    expect(panel.get_by_label(ENGLISH.incident_page.note)).to_have_value("")


def ask(page: Page) -> None:
    """Ask a question on the page SQL by keyboard, and read the answer."""
    page.get_by_role("link", name=ENGLISH.sql_page.title, exact=True).click()
    page.get_by_role("textbox", name=ENGLISH.sql_page.editor).click()
    page.keyboard.insert_text(QUESTION)
    page.keyboard.press("Control+Enter")
    found = ENGLISH.sql_page.rows.format(count=3, seconds="")
    expect(page.get_by_text(found.partition(",")[0])).to_be_visible()
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()


def choose_language(page: Page, present: Words, wanted: Words) -> None:
    page.get_by_role("button", name=language(present.tag).native_name).click()
    page.get_by_text(language(wanted.tag).native_name, exact=True).click()
    page.keyboard.press("Escape")


def published(installation: Installation) -> str:
    return httpx.get(f"{installation.public_url}/api/incidents.json", timeout=120, verify=False).text


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=20, verify=False).is_success
    except httpx.TransportError:
        return False
