from __future__ import annotations

import gzip
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ingest.errors import Misconfigured, Permanent, Transient
from ingest.source import Pause
from ingest.transport.http import (
    HttpResponse,
    Refused,
    TooLarge,
    failure,
    get,
    open_client,
)
from tests.support.serving import Asked, Says, served
from tests.support.waiting import free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def finish(asking: Generator[Pause, None, HttpResponse]) -> HttpResponse:
    while True:
        try:
            next(asking)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def ask(says: Says, url: str = "/x", **options: object) -> HttpResponse:
    with served(lambda asked: says) as server, open_client(server.url) as client:
        return finish(get(client, url, clock=clock, **options))  # type: ignore[arg-type]


def test_an_answer_comes_whole_and_the_client_names_itself() -> None:
    with (
        served(lambda asked: Says(b"hello", headers={"ETag": '"1"'})) as server,
        open_client(server.url, contact="mailto:desk@example.org") as client,
    ):
        answer = finish(get(client, "/a", clock=clock, params={"q": "tik tok"}, headers={"If-None-Match": '"0"'}))
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"hello", '"1"')
    assert server.asked[0].parameters == {"q": "tik tok"}
    assert server.asked[0].headers["if-none-match"] == '"0"'
    assert server.asked[0].headers["user-agent"].startswith("banwatch/")
    assert server.asked[0].headers["user-agent"].endswith("(mailto:desk@example.org)")


def test_a_slow_network_lets_its_reader_turn_to_other_things() -> None:
    release = threading.Event()

    def slow(asked: Asked) -> Says:
        release.wait(30)
        return Says(b"late")

    with served(slow) as server, open_client(server.url) as client:
        asking = get(client, "/", clock=clock)
        assert isinstance(next(asking), Pause)
        release.set()
        assert finish(asking).body == b"late"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_network_passes(status: int) -> None:
    with pytest.raises(Transient, match=f"answered {status}") as caught:
        ask(Says(status=status, headers={"Retry-After": "3"}))
    assert caught.value.retry_after == timedelta(seconds=3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_stays(status: int) -> None:
    with pytest.raises(Refused, match=f"answered {status}") as caught:
        ask(Says(status=status))
    assert caught.value.status == status


def test_success_and_not_modified_are_no_failure() -> None:
    assert [failure(status, {}, "http://x", NOW) for status in (200, 204, 304)] == [None] * 3


def test_nobody_there_passes() -> None:
    with open_client(f"http://127.0.0.1:{free_port()}") as client, pytest.raises(Transient, match="does not answer"):
        finish(get(client, "/", clock=clock))


def test_an_answer_cut_off_passes() -> None:
    with pytest.raises(Transient):
        ask(Says(b"half", declared=8))
    whole = gzip.compress(b"x" * 10_000, mtime=0)
    with pytest.raises(Transient, match="breaks off"):
        ask(Says(whole[:-9], headers={"Content-Encoding": "gzip"}))


def test_a_body_is_bounded_as_sent_and_as_unpacked() -> None:
    assert ask(Says(b"x" * 1000), most_bytes=1000).body == b"x" * 1000
    with pytest.raises(TooLarge):
        ask(Says(b"x" * 1001), most_bytes=1000)
    packed = gzip.compress(b"x" * 50_000_000)
    assert len(packed) < 100_000
    with pytest.raises(TooLarge):
        ask(Says(packed, headers={"Content-Encoding": "gzip"}), most_bytes=1_000_000)
    small = Says(gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    assert ask(small, most_bytes=5).body == b"hello"


def test_an_answer_that_drips_is_given_up() -> None:
    moments = iter([NOW, NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=3)])
    with (
        served(lambda asked: Says(b"x" * 1_000_000)) as server,
        open_client(server.url) as client,
        pytest.raises(Transient, match="not finished"),
    ):
        finish(get(client, "/", clock=lambda: next(moments)))


def test_packing_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(Permanent, match="unasked"):
        ask(Says(b"x", headers={"Content-Encoding": "zstd"}))


def test_redirects_are_followed_and_bounded() -> None:
    def answer(asked: Asked) -> Says:
        return Says(b"here") if asked.path == "/new" else Says(status=301, headers={"Location": "/new"})

    with served(answer) as server, open_client(server.url) as client:
        assert finish(get(client, "/old", clock=clock)).url == f"{server.url}/new"
    endless = Says(b"some of it", 301, {"Location": "/new"}, declared=10**9)
    with (
        served(lambda asked: Says(b"here") if asked.path == "/new" else endless) as server,
        open_client(server.url) as client,
    ):
        assert finish(get(client, "/old", clock=clock)).body == b"here"
    with pytest.raises(Permanent, match="cannot be asked"):
        ask(Says(status=302, headers={"Location": "/x"}))
    for nowhere in ("file:///etc/passwd", "http://xn--a/", "http://a..b/"):
        with pytest.raises(Permanent, match="cannot be asked"):
            ask(Says(status=302, headers={"Location": nowhere}))


@pytest.mark.parametrize("inside", ["127.0.0.1", "localhost", "10.0.0.7", "169.254.169.254", "[::1]", "2130706433"])
def test_a_public_site_cannot_send_us_to_a_private_address(monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    """The local server is the proxy through which addresses of the world are asked."""

    def answer(asked: Asked) -> Says:
        return Says(status=302, headers={"Location": f"http://{inside}/admin"})

    with served(answer) as server:
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.setenv("no_proxy", "")
        with open_client("http://9.9.9.9") as client, pytest.raises(Permanent, match="private address"):
            finish(get(client, "/feed", clock=clock))
    assert server.paths() == ["/feed"]


@pytest.mark.parametrize(
    ("start", "target"), [("9.9.9.9", "8.8.8.8"), ("10.0.0.1", "10.0.0.2"), ("10.0.0.1", "9.9.9.9")]
)
def test_other_redirects_between_hosts_are_followed(monkeypatch: pytest.MonkeyPatch, start: str, target: str) -> None:
    def answer(asked: Asked) -> Says:
        onwards = Says(status=302, headers={"Location": f"http://{target}/moved"})
        return Says(b"moved") if asked.path == "/moved" else onwards

    with served(answer) as server:
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.setenv("no_proxy", "")
        with open_client(f"http://{start}") as client:
            assert finish(get(client, "/feed", clock=clock)).url == f"http://{target}/moved"


def test_a_message_keeps_what_may_be_a_secret() -> None:
    with pytest.raises(Refused) as caught:
        ask(Says(status=403), "/feed?token=sesame")
    assert "sesame" not in str(caught.value)
    assert "/feed" in str(caught.value)


@pytest.mark.parametrize("address", ["ftp://example.org", "example.org", "http://", "http://[", "http://a b"])
def test_an_address_that_is_none_is_a_sentence(address: str) -> None:
    with pytest.raises(Misconfigured, match="not an address"):
        open_client(address)


def test_a_contact_that_cannot_be_sent_is_a_sentence() -> None:
    with pytest.raises(Misconfigured, match="contact"):
        open_client("http://example.org", contact="desk\r\nX: y")


def test_the_client_is_httpx_and_closes() -> None:
    with open_client("http://example.org") as client:
        assert isinstance(client, httpx.Client)
    assert client.is_closed


def test_a_proxy_that_cannot_be_used_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://user:s3cret@127.0.0.1:9")
    with pytest.raises(Misconfigured, match="ALL_PROXY") as raised:
        open_client("https://example.org")
    assert "s3cret" not in str(raised.value)
