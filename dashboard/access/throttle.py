"""The brake on guessing a password."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

WINDOW = timedelta(minutes=15)
FAILURES_OF_ONE, FAILURES_OF_ALL = 10, 300
"""Wrong passwords within the window, of one address and of all together, after which nobody is heard until it ends."""

MOST_ADDRESSES = 10_000


@dataclass
class Failures:
    """Wrong passwords since a moment, in seconds of the clock."""

    since: float
    number: int = 0


@dataclass
class Throttle:
    """Counts wrong passwords by address, and of all addresses together. It remembers a bounded number of addresses.

    An address from which somebody has logged in is held to its own limit only: guessing from elsewhere does not lock
    people out. A login does not forgive what failed before it, because who knows the viewers' password could guess the
    operators'. An address is a network of 64 bits in IPv6, which one person usually has for themselves.
    """

    clock: Callable[[], float]
    """Seconds that only grow."""
    _failures: OrderedDict[str, Failures] = field(default_factory=OrderedDict)
    _trusted: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _all: Failures = field(default_factory=lambda: Failures(0.0))

    def wait(self, address: str) -> float:
        """Return the seconds until a password from this address is looked at again; 0 if it is looked at now."""
        place = network(address)
        own = self._failures.get(place, Failures(self.clock()))
        waits = [self._left(own, FAILURES_OF_ONE)]
        if place not in self._trusted:
            waits.append(self._left(self._all, FAILURES_OF_ALL))
        return max(waits)

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        place = network(address)
        self._failures[place] = self._counted(self._failures.pop(place, Failures(self.clock())))
        self._all = self._counted(self._all)
        _bound(self._failures)

    def succeeded(self, address: str) -> None:
        """Note that somebody has logged in from an address."""
        place = network(address)
        self._trusted.pop(place, None)
        self._trusted[place] = None
        _bound(self._trusted)

    def _left(self, failures: Failures, most: int) -> float:
        left = failures.since + WINDOW.total_seconds() - self.clock()
        return max(0.0, left) if failures.number >= most else 0.0

    def _counted(self, failures: Failures) -> Failures:
        now = self.clock()
        current = failures if now - failures.since < WINDOW.total_seconds() else Failures(now)
        return Failures(current.since, current.number + 1)


def network(address: str) -> str:
    """Return what is counted as one address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _bound(remembered: OrderedDict[str, Failures] | OrderedDict[str, None]) -> None:
    while len(remembered) > MOST_ADDRESSES:
        remembered.popitem(last=False)
