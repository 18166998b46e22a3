"""Two networks of this machine alone: on one, clients reach the brokers; on the other, brokers reach each other.

Each broker lives in a network namespace of its own, so that it can be cut off from the others while clients still reach
it. The addresses are of the block for benchmarks (RFC 2544), which no network routes.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

CLIENTS, PEERS = "c", "p"
BLOCKS = {CLIENTS: 18, PEERS: 19}


def missing() -> str | None:
    """Why no such networks can be made here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    return None if shutil.which("ip") else "network namespaces need the command `ip`"


@dataclass(frozen=True)
class Network:
    """The networks of one cluster; `number` tells them from those of another."""

    number: int

    def address(self, kind: str, node: int) -> str:
        """The address of a node on one of the networks."""
        return f"198.{BLOCKS[kind]}.{self.number}.{node}"

    def within(self, node: int) -> list[str]:
        """The words before a command that is to run in the namespace of a node."""
        return ["ip", "netns", "exec", self._namespace(node)]

    def cut_off(self, node: int) -> None:
        """Let no packet pass between a node and the other brokers. Clients still reach it."""
        _ip("link", "set", self._port(PEERS, node), "down")

    def join_again(self, node: int) -> None:
        """Let packets pass again."""
        _ip("link", "set", self._port(PEERS, node), "up")

    def build(self, nodes: int, parts: ExitStack) -> None:
        """Make the bridges and the namespaces; `parts` takes what removes them."""
        for kind in BLOCKS:
            _ip("link", "add", self._bridge(kind), "type", "bridge")
            parts.callback(_ip, "link", "del", self._bridge(kind))
            _ip("link", "set", self._bridge(kind), "up")
        _ip("address", "add", f"{self.address(CLIENTS, 254)}/24", "dev", self._bridge(CLIENTS))
        for node in range(1, nodes + 1):
            inside = self._namespace(node)
            _ip("netns", "add", inside)
            parts.callback(_ip, "netns", "del", inside)
            for kind in BLOCKS:
                _ip("link", "add", self._port(kind, node), "type", "veth", "peer", "name", kind, "netns", inside)
                _ip("link", "set", self._port(kind, node), "master", self._bridge(kind), "up")
                _ip("-n", inside, "address", "add", f"{self.address(kind, node)}/24", "dev", kind)
                _ip("-n", inside, "link", "set", kind, "up")
            _ip("-n", inside, "link", "set", "lo", "up")

    def _namespace(self, node: int) -> str:
        return f"bw{self.number}n{node}"

    def _bridge(self, kind: str) -> str:
        return f"bw{self.number}{kind}"

    def _port(self, kind: str, node: int) -> str:
        return f"bw{self.number}{kind}{node}"


@contextmanager
def network(nodes: int) -> Iterator[Network]:
    """The networks of a cluster, for as long as the block runs."""
    made = Network(random.randrange(256))
    with ExitStack() as parts:
        made.build(nodes, parts)
        yield made


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)
