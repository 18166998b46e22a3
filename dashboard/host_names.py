"""By which names people come to a server, so that no page of a stranger reaches it under a name of its own."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class HostNames:
    """The names that are given, and those of the address that the server listens on."""

    host: str
    given: frozenset[str] = frozenset()

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def includes(self, host: str) -> bool:
        """Whether a `Host` header holds one of them; beyond this machine any name does, where none is given."""
        if not self.given and not self.loopback:
            return True
        return _without_port(host) in _LOCAL_NAMES | self.given | {self.host, f"[{self.host}]"}


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()
