"""Which requests are answered, and with which headers."""

from __future__ import annotations

import re
import socket
from contextlib import suppress

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboard import connections
from dashboard.public.drawing import Theme
from dashboard.public.svg import style_hash
from processing.contract import ClickHouseAddress
from tests.dashboard.public.conftest import INCIDENT, Served, listening, serving

PAGES = (
    "/", "/ar/", f"/incident/{INCIDENT}", "/feed.atom", "/api/incidents.json", "/api/counts.csv", "/healthz",
    "/robots.txt", "/icon.svg", "/nothing", "/ar/nothing", "/api/counts.csv?range=never",
)  # fmt: skip
PICTURES = ("/chart.svg", "/ar/chart.svg?size=narrow", "/chart.png?theme=dark", f"/chart.svg?incident={INCIDENT}")
HOSTILE = (
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/incident/..%2f..%2fx", "/incident/%00", "/incident/%ff%fe",
    "/incident/" + "a" * 5_000, "/incident/'%20OR%201=1--", "/incident/{{7*7}}", "/%F0%9F%92%A9", "/en/", "/xx/",
    "/ar/ar/", "/AR/", "/incident/", "/api/", "/ar//evil.example", "/style-x.css/y",
)  # fmt: skip
BAD = (
    "topic=%3Cscript%3E", "topic=", "topic=" + "a" * 65, "language=en%00", "language=klingon", "range=never",
    "range=incident", "width=0", "width=-5", "width=7", "width=99999", "width=1e3", "width=%D9%A5", "topic=%2A&width=1",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_no_other_site_can_show_a_page_inside_of_its_own(standing: Served, path: str) -> None:
    headers = standing.get(path).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize("path", PICTURES)
def test_every_site_can_show_a_chart(standing: Served, path: str) -> None:
    answer = standing.get(path, origin="https://news.example")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers
    if "svg" in path:
        policy = answer.headers["content-security-policy"]
        assert policy == f"default-src 'none'; style-src {style_hash(Theme.AUTO)}; frame-ancestors *"
    else:
        assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("path", HOSTILE)
def test_an_address_that_leads_nowhere_is_not_found(standing: Served, path: str) -> None:
    standing.get("/")
    asked = len(standing.connection.asked)
    answer = standing.get(path)
    assert answer.status_code == 404, answer.text
    assert "location" not in answer.headers
    assert len(standing.connection.asked) == asked
    assert "7*7" not in answer.text
    assert "49" not in re.sub(r"<[^>]*>", "", answer.text)


@pytest.mark.parametrize("query", BAD)
def test_a_parameter_that_cannot_be_is_refused_in_a_sentence_without_it(standing: Served, query: str) -> None:
    answer = standing.get(f"/api/counts.csv?{query}")
    assert answer.status_code in {400, 404}, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(r"[\x20-\x7e]+\.\n", answer.text)
    assert "script" not in answer.text


def test_parameters_are_bounded(standing: Served) -> None:
    assert standing.get("/chart.svg?x=" + "a" * 2_000).status_code == 414
    assert standing.get("/chart.svg?" + "&".join(f"a{n}=1" for n in range(60))).status_code == 400
    assert standing.get("/chart.svg?topic=employer-ban&topic=ban").content == standing.get("/chart.svg").content


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(standing: Served, method: str) -> None:
    answer = standing.client.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/feed.atom", "/chart.png", "/api/counts.csv", "/nothing"])
def test_head_says_what_get_would(standing: Served, path: str) -> None:
    whole, head = standing.get(path), standing.client.head(path)
    assert head.status_code == whole.status_code
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}
    assert head.content == b""


def test_the_short_address_of_a_language_leads_to_its_pages(standing: Served) -> None:
    answer = standing.get("/ar")
    assert (answer.status_code, answer.headers["location"]) == (308, "/ar/")


def test_only_names_of_the_server_are_let_in(stocked: ClickHouseAddress) -> None:
    with serving(stocked, public_names="other.example") as served:
        for host in ("127.0.0.1:8503", "localhost", "trends.example.org", "OTHER.example:443"):
            assert served.get("/robots.txt", host=host).status_code == 200, host
        for host in ("evil.example", "127.0.0.1.evil.example", "", "trends.example.org.evil.example"):
            assert served.get("/", host=host).status_code == 421, host
            assert served.get("/healthz", host=host).status_code == 200


def test_robots_are_told_what_to_leave_alone(standing: Served) -> None:
    assert "Disallow: /api/" in standing.get("/robots.txt").text
    assert '<meta name="robots" content="noindex">' in standing.get("/").text, "generated posts are nothing to find"


def test_a_page_that_a_cache_holds_finds_a_style_sheet(standing: Served) -> None:
    [path] = re.findall(r'href="(/style-\w+\.css)"', standing.get("/").text)
    assert "immutable" in standing.get(path).headers["cache-control"]
    older = standing.get("/style-0123456789.css")
    assert older.text == standing.get(path).text
    assert "immutable" not in older.headers["cache-control"]


WHOLE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", WHOLE[:-2], WHOLE + b"\r\n"])
def test_a_connection_that_asks_nothing_is_closed(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    page = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    with listening(page) as base:
        with monkeypatch.context() as soon:
            soon.setattr(connections, "HEAD_SECONDS", 0.2)
            with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=60) as connection:
                connection.sendall(sent)
                with suppress(ConnectionResetError):
                    while connection.recv(1_000):
                        pass
        assert httpx.get(base, trust_env=False, timeout=60).text == "here"
