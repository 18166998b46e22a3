"""The host names under which a server accepts requests.

A foreign web page can point a host name of its own at this machine. The server refuses such a request, because its
`Host` header holds a foreign name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""The names of this machine, as a `Host` header holds them."""


@dataclass(frozen=True)
class HostNames:
    """The host names that the settings give, together with the address that the server listens on."""

    host: str
    given: frozenset[str] = frozenset()

    @property
    def loopback(self) -> bool:
        """Whether the server listens on a loopback address, which only this machine can reach."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def includes(self, host: str) -> bool:
        """Return whether a `Host` header holds an accepted name.

        A server that other machines can reach accepts every name while the settings give none.
        """
        if not self.given and not self.loopback:
            return True
        return _without_port(host) in LOCAL_NAMES | self.given | {self.host, f"[{self.host}]"}


def foreign_page(headers: Mapping[str, str], names: HostNames) -> str | None:
    """Return how a request shows that a browser sends it for a foreign web page, or None.

    A page can reach loopback with a form, with a fetch, or under a host name of its own that resolves to 127.0.0.1. The
    page cannot change `Origin`, `Sec-Fetch-Site` or `Host`. The names of `headers` are in lower case.
    """
    host = headers.get("host", "")
    origin = headers.get("origin")
    if origin is not None and origin not in {f"http://{host}", f"https://{host}"}:
        return "Requests of web pages are refused: this one has a foreign Origin"
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return "Requests of web pages are refused: Sec-Fetch-Site is foreign"
    if not names.includes(host):
        return "The Host header is not a name of this machine: use 127.0.0.1"
    return None


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()
