"""A relay between a client and a server, which notes what the client sends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_WR, create_connection, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer


@contextmanager
def relayed(port: int, to: int) -> Iterator[list[bytes]]:
    """Pass every connection on to another port of this machine; what clients sent."""
    passed: list[bytes] = []

    class Relay(BaseRequestHandler):
        def handle(self) -> None:
            with create_connection(("127.0.0.1", to)) as server:
                back = threading.Thread(target=carry, args=(server, self.request), daemon=True)
                back.start()
                carry(self.request, server, passed)
            back.join()

    relay = ThreadingTCPServer(("127.0.0.1", port), Relay)
    relay.daemon_threads = True
    thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield passed
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()


def carry(origin: socket, target: socket, passed: list[bytes] | None = None) -> None:
    """Hand on what one end says until it has nothing more to say or the other one has left."""
    with suppress(OSError):
        while piece := origin.recv(65536):
            if passed is not None:
                passed.append(piece)
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(SHUT_WR)
