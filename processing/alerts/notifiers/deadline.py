"""The time limit of a whole request: the connection is shut when it is over, however slowly the answer drips in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

CONNECTED = ".connect_tcp.complete"
"""The end of the event by which httpcore reports a connection to a server or to a proxy."""


class Handle:
    """A second handle of a connection, by which another thread can shut it at any time.

    TLS takes the socket over before it shakes hands, so that the first handle leads nowhere while that lasts. The
    `shutdown` of TLS itself changes what the thread that sends is using.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._own: socket.socket | None = None
        self.is_shut = False

    def hold(self, connected: socket.socket) -> None:
        """Hold a connection, which is shut at once if the time is over. It has no TLS yet."""
        with self._lock:
            self._drop()
            self._own = connected.dup()
            if self.is_shut:
                self._shut()

    def shut(self) -> None:
        """Shut the connection that is held, and every later one."""
        with self._lock:
            self.is_shut = True
            self._shut()

    def close(self) -> None:
        """Let the connection go. It stays as it is."""
        with self._lock:
            self._drop()

    def _shut(self) -> None:
        if self._own is not None:
            with suppress(OSError):  # the other side was first
                self._own.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None


class Limit:
    """The time of one connection, which is shut when the time is over, from another thread."""

    def __init__(self) -> None:
        self.handle = Handle()
        self._timer: threading.Timer | None = None

    def begin(self, seconds: float) -> None:
        """Let the time begin anew."""
        self._stop()
        self._timer = threading.Timer(seconds, self.handle.shut)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Forget the time, and let the connection go."""
        self._stop()
        self.handle.close()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


@dataclass(frozen=True)
class Deadline:
    """Shuts the connection of one request when the time is over.

    httpx limits each read, not all of them together: a channel that sends a byte every second would hold its thread
    for ever. An instance is the `trace` extension of the request, by which httpcore reports each connection.
    """

    handle: Handle

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self.handle.is_shut

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(CONNECTED):
            self.handle.hold(info["return_value"].get_extra_info("socket"))


@contextmanager
def deadline(within: timedelta) -> Iterator[Deadline]:
    """Return a deadline that passes unless the block ends before it."""
    limit = Limit()
    limit.begin(within.total_seconds())
    try:
        yield Deadline(limit.handle)
    finally:
        limit.end()
