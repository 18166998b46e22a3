"""Redirects: followed, but none from the world to a private address, whatever name stands for it.

A name is resolved twice, by the check and by the connection, and whoever answers for it may answer differently. So the
address of the connection itself is checked too, before anything is sent over it.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx

from ingest.errors import Permanent

MOST_REDIRECTS = 5

CONNECTING = "connection.connect_tcp.started"
CONNECTED = "connection.connect_tcp.complete"


def send(client: httpx.Client, request: httpx.Request, *, named_by: str = "") -> httpx.Response:
    """Ask, and follow redirects; what stands beside one is not read. It may block.

    `named_by` is the host whose answer held the address, where that is not a setting.

    Raises:
        Permanent: a host of the world sends whoever asks on to a private address.
        httpx.HTTPError: nothing answers, or there are more than `MOST_REDIRECTS` redirects.
    """
    if named_by:
        _guard(request, named_by, inside=is_inside(named_by))
    for _ in range(MOST_REDIRECTS + 1):
        response = client.send(request, stream=True, follow_redirects=False)
        if response.next_request is None:
            return response
        with closing(response):
            inside = _came_from_inside(response)
        _guard(response.next_request, response.url.host, inside=inside)
        request = response.next_request
    raise httpx.TooManyRedirects(f"it sends whoever asks on more than {MOST_REDIRECTS} times", request=request)


def is_private(host: str) -> bool:
    """Whether a host may be this machine or one in a network that the world cannot reach. It may block for seconds."""
    return any(not ip_address(address).is_global for address in _addresses(host))


def is_inside(host: str) -> bool:
    """Whether a host can be nothing else than such a one. It may block for seconds."""
    found = _addresses(host)
    return bool(found) and all(not ip_address(address).is_global for address in found)


def _addresses(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()


def _came_from_inside(response: httpx.Response) -> bool:
    """Whether a private host answered: by its name, and by the address of the connection (a proxy's, where one is)."""
    try:
        return _is_private_connection(response.extensions["network_stream"]) and is_inside(response.url.host)
    except OSError:
        return False


def _is_private_connection(connection: Any) -> bool:
    """Raises: OSError, where it is broken."""
    return not ip_address(connection.get_extra_info("server_addr")[0]).is_global


def _guard(request: httpx.Request, here: str, *, inside: bool) -> None:
    """Let a request that `here` asks for go anywhere from inside, and from outside to the world only."""
    request.extensions.pop("trace", None)
    if inside:
        return
    there = request.url.host
    if here != there and is_private(there):
        raise Permanent(_refusal(here, there))
    request.extensions["trace"] = _Guard(here, there)


@dataclass
class _Guard:
    """Looks at the address of a new connection, when httpcore tells of it; one to a proxy is none to the host."""

    here: str
    there: str
    connecting_to: str = ""

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event == CONNECTING:
            self.connecting_to = info["host"]
        elif event == CONNECTED and self.connecting_to == self.there:
            self._look(info["return_value"])

    def _look(self, connection: Any) -> None:
        try:
            if not _is_private_connection(connection):
                return
        except OSError as error:
            connection.close()
            raise httpx.ConnectError(str(error)) from error
        connection.close()
        raise Permanent(_refusal(self.here, self.there))


def _refusal(here: str, there: str) -> str:
    return f"{here} sends whoever asks on to {there[:100]}, a private address."
