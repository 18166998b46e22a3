"""The time limit of a whole request: the connection is shut when it is over, however slowly the answer drips in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


@dataclass
class Deadline:
    """Shuts the connection of one request when the time is over.

    httpx limits each read, not all of them together: a channel that sends a byte every second would hold its thread
    for ever. An instance is the `trace` extension of the request, by which httpcore reports each connection.
    """

    passed: threading.Event = field(default_factory=threading.Event)
    _connection: socket.socket | None = None

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event in CONNECTED:
            self._connection = info["return_value"].get_extra_info("socket")
            if self.passed.is_set():
                self._shut()

    def pass_(self) -> None:
        """Shut the connection, from another thread."""
        self.passed.set()
        self._shut()

    def _shut(self) -> None:
        if self._connection is not None:
            with suppress(OSError):  # it is closed already
                self._connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def deadline(within: timedelta) -> Iterator[Deadline]:
    """Return a deadline that passes unless the block ends before it."""
    it = Deadline()
    timer = threading.Timer(within.total_seconds(), it.pass_)
    timer.daemon = True
    timer.start()
    try:
        yield it
    finally:
        timer.cancel()
