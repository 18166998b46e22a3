"""Redirects are followed, but never from a public host to a private address, under any name.

A name is resolved twice, once by the check and once by the connection, and the two results may differ. The address of
the connection itself is therefore checked too, before anything is sent over it.
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
    """Send a request and follow redirects. The body of a redirect is not read. The call may block.

    `named_by` is the host whose answer held the address, or empty if the address comes from a setting.

    Raises:
        Permanent: a public host redirects to a private address.
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
    """Return whether a host may be this machine or lie in a private network. The call may block for seconds."""
    return any(not ip_address(address).is_global for address in _addresses(host))


def is_inside(host: str) -> bool:
    """Return whether all addresses of a host are private. The call may block for seconds."""
    found = _addresses(host)
    return bool(found) and all(not ip_address(address).is_global for address in found)


def _addresses(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()


def _came_from_inside(response: httpx.Response) -> bool:
    """Return whether a private host answered, by its name and by the address of the connection.

    Behind a proxy, the address is the proxy's.
    """
    try:
        return _is_private_connection(response.extensions["network_stream"]) and is_inside(response.url.host)
    except OSError:
        return False


def _is_private_connection(connection: Any) -> bool:
    """Return whether the connection leads to a private address.

    Raises:
        OSError: the connection is broken.
    """
    return not ip_address(connection.get_extra_info("server_addr")[0]).is_global


def _guard(request: httpx.Request, here: str, *, inside: bool) -> None:
    """Check a request that `here` causes. From inside it may go anywhere, from outside only to public hosts."""
    request.extensions.pop("trace", None)
    if inside:
        return
    there = request.url.host
    if here != there and is_private(there):
        raise Permanent(_refusal(here, there))
    request.extensions["trace"] = _Guard(here, there)


@dataclass
class _Guard:
    """Checks the address of each new connection that httpcore reports. A connection to a proxy is not checked."""

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
