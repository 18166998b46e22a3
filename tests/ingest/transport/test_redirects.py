from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from ingest.errors import Permanent
from ingest.transport.http import open_client
from ingest.transport.redirects import is_inside, is_private, send
from tests.support.serving import Asked, Says, served

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORLD = "9.9.9.9"
HERE = "127.0.0.1"


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, Iterator[tuple[str, ...]]]:
    """What each name stands for, each time it is asked for: a name server in the hands of somebody hostile."""
    names: dict[str, Iterator[tuple[str, ...]]] = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: object, *args: object, **options: object) -> list[object]:
        addresses = next(names[host]) if host in names else (host,)
        return [entry for address in addresses for entry in real(address, port, *args, **options)]  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def ask(url: str, **options: str) -> bytes:
    with open_client() as client:
        response = send(client, client.build_request("GET", url), **options)
        try:
            return response.read()
        finally:
            response.close()


def moved(asked: Asked) -> Says:
    where = asked.parameters.get("to")
    return Says(b"moved") if where is None else Says(status=302, headers={"Location": where})


def test_a_name_that_is_private_only_for_the_connection_is_not_connected_to(
    resolver: dict[str, Iterator[tuple[str, ...]]],
) -> None:
    with served(moved) as server:
        port = httpx.URL(server.url).port
        resolver["world.example"] = iter([(HERE,), (WORLD,)])
        resolver["rebound.example"] = iter([(WORLD,), (HERE,)])
        with pytest.raises(Permanent, match="private address"):
            ask(f"http://world.example:{port}/?to=http://rebound.example:{port}/admin")
    assert server.paths() == ["/"]


def test_a_host_that_moves_inside_between_two_requests_is_not_connected_to(
    resolver: dict[str, Iterator[tuple[str, ...]]],
) -> None:
    with served(moved) as server, served(moved) as inner:
        resolver["world.example"] = iter([(HERE,), (WORLD,), (HERE,)])
        here, there = httpx.URL(server.url).port, httpx.URL(inner.url).port
        with pytest.raises(Permanent, match="private address"):
            ask(f"http://world.example:{here}/?to=http://world.example:{there}/admin")
    assert inner.paths() == []


def test_a_host_with_a_public_and_a_private_address_is_of_the_world(
    resolver: dict[str, Iterator[tuple[str, ...]]],
) -> None:
    resolver["both.example"] = iter([(HERE, WORLD)] * 4)
    assert is_private("both.example")
    assert not is_inside("both.example")
    with served(moved) as server, pytest.raises(Permanent, match="private address"):
        ask(f"http://both.example:{httpx.URL(server.url).port}/?to=http://127.0.0.1/admin")
    assert server.paths() == ["/"]


def test_a_private_network_may_redirect_within_itself() -> None:
    with served(moved) as server:
        assert ask(f"{server.url}/?to=http://localhost:{httpx.URL(server.url).port}/new") == b"moved"


def test_an_address_that_an_answer_of_the_world_names_is_no_private_one() -> None:
    with served(moved) as server:
        assert ask(server.url, named_by=HERE) == b"moved"
        with pytest.raises(Permanent, match="private address"):
            ask(server.url, named_by=WORLD)
    assert len(server.asked) == 1


def test_a_token_does_not_follow_a_redirect_to_another_host() -> None:
    with served(moved) as server, served(moved) as other, open_client() as client:
        request = client.build_request("GET", f"{server.url}/?to={other.url}/", headers={"Authorization": "Bearer x"})
        send(client, request).close()
    assert server.asked[0].headers["authorization"] == "Bearer x"
    assert "authorization" not in other.asked[0].headers


def test_what_resolves_to_nothing_is_neither() -> None:
    assert not is_private("nowhere.invalid")
    assert not is_inside("nowhere.invalid")
