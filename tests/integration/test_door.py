"""Who gets into the page: asked over plain HTTP and by websockets, as other sites' pages would, and as our own does."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.conftest import ROOT
from tests.support.commands import banwatch
from tests.support.mortal import mortal
from tests.support.waiting import eventually, free_port

PATHS = [
    "/",
    "/index.html",
    "/_stcore/health",
    "/_stcore/host-config",
    "/media/none.png",
    "/static/none.js",
    "/favicon.png",
]
CLOSED = [
    "/_stcore/metrics",
    "/_stcore/metrics?families=cache_memory_bytes",
    "/_stcore/%6detrics",
    "/_stcore/metrics/",
    "/_stcore/agent/openapi.json",
    "/_stcore/script-health-check",
    "/_stcore/bidi-components/another.editor/editor.js",
    "/_stcore/upload_file/session/file",
]
LOCAL = ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "localhost", "[::1]:{port}", "127.0.0.1:1"]
FOREIGN = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example",
    "evil.example@127.0.0.1:{port}",
    "192.168.0.1:{port}",
    "localhost.",
    "",
]


@contextmanager
def page(folder: Path, **settings: str) -> Iterator[int]:
    """A page that is served by the command; its port. It needs no store to be asked for."""
    port = free_port()
    environment = mortal() | {"BANWATCH_DASHBOARD_PORT": str(port), "BANWATCH_DATA_DIR": str(folder)} | settings
    process = subprocess.Popen([sys.executable, "-m", "deploy.cli", "dashboard"], cwd=ROOT, env=environment)
    try:
        eventually(lambda: status(port, "/_stcore/health", headers={"Host": "localhost"}) == 200)
        yield port
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The page as it is where nothing is set: on loopback."""
    with page(tmp_path_factory.mktemp("page")) as port:
        yield port


def answer(
    port: int, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    """The status, the headers by their lower-case names, and the body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": f"127.0.0.1:{port}"} | dict(headers or {})).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def status(port: int, path: str, headers: Mapping[str, str]) -> int:
    try:
        return answer(port, path, headers=headers)[0]
    except OSError:
        return 0


def shakes_hands(port: int, host: str, origin: str | None = None) -> bool:
    """Whether a websocket with this Host and Origin is taken."""
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        try:
            with connect(f"ws://{host}/_stcore/stream", sock=plain, origin=origin, open_timeout=20):  # type: ignore[arg-type]
                return True
        except InvalidStatus as refused:
            return refused.response.status_code != 403


@pytest.mark.parametrize("path", [*PATHS, *CLOSED, "/_stcore/stream"])
@pytest.mark.parametrize("host", [None, "evil.example"])
def test_every_answer_carries_the_headers(port: int, path: str, host: str | None) -> None:
    _, headers, _ = answer(port, path, headers={} if host is None else {"Host": host})
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'self'"} <= set(policy)
    [scripts] = [each for each in policy if each.startswith("script-src ")]
    assert all(source in {"'self'", "blob:"} or source.startswith("'sha256-") for source in scripts.split()[1:])
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_the_name_of_the_first_page_leads_to_it(port: int) -> None:
    found, headers, _ = answer(port, "/now?range=day")
    assert (found, headers["location"]) == (307, "./?range=day")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", CLOSED)
def test_what_the_page_does_not_use_is_not_there(port: int, path: str, method: str) -> None:
    found, _, body = answer(port, path, method)
    assert found == 404
    assert b"cache_memory" not in body


@pytest.mark.parametrize("host", LOCAL)
def test_a_name_of_this_machine_is_answered(port: int, host: str) -> None:
    named = host.format(port=port)
    assert {path: answer(port, path, headers={"Host": named})[0] for path in PATHS[:4]} == dict.fromkeys(PATHS[:4], 200)
    assert shakes_hands(port, named)
    for scheme in ("http", "https"):
        assert shakes_hands(port, named.lower(), f"{scheme}://{named.lower()}")


@pytest.mark.parametrize("host", FOREIGN)
def test_another_name_is_refused(port: int, host: str) -> None:
    named = host.format(port=port)
    refusals = {answer(port, path, headers={"Host": named})[0] for path in [*PATHS, *CLOSED, "/_stcore/stream"]}
    assert refusals == {403}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "localhost.evil.example"])
def test_a_websocket_under_another_name_is_refused_though_its_origin_agrees(port: int, host: str) -> None:
    assert not shakes_hands(port, host, f"http://{host}")
    assert not shakes_hands(port, host)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "http://127.0.0.1"])
def test_a_websocket_of_another_sites_page_is_refused(port: int, origin: str) -> None:
    assert not shakes_hands(port, f"127.0.0.1:{port}", origin)
    assert answer(port, "/_stcore/host-config", headers={"Origin": origin})[0] == 403


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via"])
def test_a_proxy_before_a_page_that_asks_nobody_to_log_in_is_refused(port: int, name: str) -> None:
    """Whoever comes is the operator of this machine, and through a proxy everybody would be."""
    found, _, body = answer(port, "/", headers={name: "192.0.2.1"})
    assert found == 403
    assert b"BANWATCH_PUBLIC_URL" in body


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"BANWATCH_DASHBOARD_HOST": "0.0.0.0"}, "BANWATCH_DASHBOARD_HOST is 0.0.0.0, so others than this machine"),
        ({"BANWATCH_DASHBOARD_HOST": "::"}, "BANWATCH_DASHBOARD_HOST is ::, so others than this machine"),
        ({"BANWATCH_DASHBOARD_NAMES": "watch.example.org"}, "BANWATCH_DASHBOARD_NAMES or BANWATCH_PUBLIC_URL names"),
        ({"BANWATCH_PUBLIC_URL": "https://watch.example.org"}, "BANWATCH_DASHBOARD_NAMES or BANWATCH_PUBLIC_URL names"),
        ({"BANWATCH_DASHBOARD_OPERATOR_PASSWORD": "short"}, "has fewer than 12 characters"),
    ],
)
@pytest.mark.parametrize("command", ["dashboard", "up"])
def test_a_page_that_would_be_open_does_not_start(
    tmp_path: Path, settings: Mapping[str, str], said: str, command: str
) -> None:
    ports = {name: str(free_port()) for name in ("BANWATCH_DASHBOARD_PORT", "BANWATCH_ANSWERS_PORT")}
    store, kafka = (f"127.0.0.1:{free_port()}" for _ in range(2))
    own = {"BANWATCH_CLICKHOUSE_URL": f"http://{store}", "BANWATCH_KAFKA_BOOTSTRAP": kafka}
    ended = banwatch(command, environment=os.environ | ports | own | {"BANWATCH_DATA_DIR": str(tmp_path)} | settings)
    assert ended.returncode == 1
    told = ended.stderr.decode()
    assert said in told
    assert "short" not in told
    assert len(told.splitlines()) == 1


def test_two_hosts_are_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        assert plain.recv(12) in {b"HTTP/1.1 403", b"HTTP/1.1 400"}


def test_a_link_from_elsewhere_opens_the_page(port: int) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Referer": "https://mail.example/"}
    assert answer(port, "/?incident=x", headers=headers)[0] == 200


def test_behind_a_proxy_its_name_is_answered_and_no_other(tmp_path: Path) -> None:
    names = "watch.example.org, Other.Example"
    with page(tmp_path, BANWATCH_DASHBOARD_NAMES=names, BANWATCH_DASHBOARD_ANONYMOUS="1") as port:
        for name in ("watch.example.org", "watch.example.org:8443", "other.example", f"127.0.0.1:{port}"):
            assert status(port, "/", {"Host": name}) == 200
            assert shakes_hands(port, name, f"https://{name}")
        assert status(port, "/", {"Host": "evil.example"}) == 403
        assert not shakes_hands(port, "evil.example", "https://evil.example")


def test_beyond_this_machine_any_name_is_answered_unless_names_are_set(tmp_path: Path) -> None:
    everybody = {"BANWATCH_DASHBOARD_HOST": "0.0.0.0", "BANWATCH_DASHBOARD_ANONYMOUS": "1"}
    with page(tmp_path, **everybody) as port:
        assert status(port, "/", {"Host": "monitor.lan:8501"}) == 200
        assert shakes_hands(port, "monitor.lan", "http://monitor.lan")
        assert not shakes_hands(port, "monitor.lan", "http://evil.example")
    with page(tmp_path, **everybody, BANWATCH_DASHBOARD_NAMES="monitor.lan") as port:
        assert status(port, "/", {"Host": "monitor.lan:8501"}) == 200
        assert status(port, "/", {"Host": "evil.example"}) == 403


def test_a_held_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = str(held.getsockname()[1])
        environment = os.environ | {"BANWATCH_DASHBOARD_PORT": port, "BANWATCH_DATA_DIR": str(tmp_path)}
        ended = banwatch("dashboard", environment=environment)
    assert ended.returncode == 1
    assert ended.stderr.decode() == (
        f"banwatch: The page cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Stop what holds the port, or set BANWATCH_DASHBOARD_PORT to another one.\n"
    )
