"""The evidence of an incident: the link on its page, and the zip that the server makes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from dashboard import addresses, server
from dashboard.i18n import WORDS
from dashboard.markup import element
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.views.incident import report
from processing.export import Versions, verify
from processing.i18n import LANGUAGES
from tests.dashboard.pages import NAMES, html, run
from tests.support import stock
from tests.support.exported import MADE
from tests.support.waiting import free_port

pytestmark = pytest.mark.long

NAME = stock.incident().id
ENGLISH = WORDS["en"]
PAGE = ENGLISH.incident_page
NO_HEADERS: Mapping[str, str] = {}


def exporting(versions: Callable[[], Versions] | None = lambda: MADE) -> Services:
    return Services(topics=lambda: NAMES, versions=versions)


def fetched(
    settings: DashboardSettings, address: str, services: Services, headers: Mapping[str, str] = NO_HEADERS
) -> httpx.Response:
    async def fetch() -> httpx.Response:
        pages = httpx.ASGITransport(Starlette(routes=[server.evidence_route(settings, services)]))
        async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1", headers=headers) as client:
            return await client.get(f"/{address}")

    return asyncio.run(fetch())


@pytest.mark.parametrize("with_texts", [False, True])
def test_the_zip_is_made_when_asked_for_and_is_whole(
    told: DashboardSettings, tmp_path: Path, *, with_texts: bool
) -> None:
    asked: list[int] = []

    def versions() -> Versions:
        asked.append(1)
        return MADE

    shown = run(told, exporting(versions), "incident", ui="en", id=NAME)
    if with_texts:
        shown.checkbox(key="incident-texts").check().run()
    address = addresses.of_evidence(NAME, ENGLISH, with_texts=with_texts)
    label = PAGE.export_button_texts if with_texts else PAGE.export_button
    assert element("a", label, href=address, target="_blank", css="bw-download") in html(shown)
    assert asked == []
    answer = fetched(told, address, exporting(versions))
    assert asked == [1]
    assert answer.headers["content-disposition"] == f'attachment; filename="{NAME.replace(":", "-")}.zip"'
    assert answer.headers["cache-control"] == "no-store"
    (tmp_path / "it.zip").write_bytes(answer.content)
    found = verify(tmp_path / "it.zip")
    assert (found.faults, found.posts > 0, found.texts > 0) == ((), True, with_texts)


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_zip_that_cannot_be_made_is_one_sentence(told: DashboardSettings, interface: str) -> None:
    words = WORDS[interface]

    def refused(settings: DashboardSettings, name: str, services: Services) -> tuple[int, str]:
        answer = fetched(settings, addresses.of_evidence(name, words, with_texts=True), services)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        return answer.status_code, answer.text

    hostile = "<b>gone</b>\r\n" + "x" * 500
    assert refused(told, hostile, exporting()) == (404, report.unknown(hostile, words))
    assert refused(told, NAME, exporting(None)) == (404, words.incident_page.export_missing)
    nowhere = DashboardSettings(clickhouse_url=f"http://127.0.0.1:{free_port()}")
    assert refused(nowhere, NAME, exporting()) == (503, words.store_away)


def test_a_link_on_another_site_leads_to_the_page_and_has_no_zip_made(told: DashboardSettings) -> None:
    def versions() -> Versions:
        raise AssertionError("a zip is made")

    address = addresses.of_evidence(NAME, ENGLISH, with_texts=True)
    for foreign in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
    ):
        answer = fetched(told, address, exporting(versions), foreign)
        assert (answer.status_code, answer.headers["location"]) == (303, f"./incident?{urlsplit(address).query}")


def test_a_zip_that_nobody_waits_for_any_more_is_not_made(told: DashboardSettings) -> None:
    def versions() -> Versions:
        raise AssertionError("a zip is made")

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.append(message)

    said: list[Message] = []
    address = urlsplit(addresses.of_evidence(NAME, ENGLISH, with_texts=True))
    scope = {"type": "http", "method": "GET", "path": f"/{address.path}", "headers": [(b"host", b"127.0.0.1")]}
    scope |= {"query_string": address.query.encode()}
    asyncio.run(Starlette(routes=[server.evidence_route(told, exporting(versions))])(scope, gone, send))
    assert said[0]["status"] == 408


def test_without_versions_nothing_is_offered(told: DashboardSettings) -> None:
    shown = run(told, exporting(None), "incident", ui="en", id=NAME)
    assert "bw-download" not in html(shown)
    assert PAGE.export_missing in [each.value for each in shown.caption]
