"""The ending of a store's requests from another thread."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from urllib3 import PoolManager


class Interruption:
    """Ends the present and every later request of one pool of connections.

    ClickHouse ends a reader's query when its client closes the connection. Only the closing reaches a request that
    waits for its answer in another thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self.over = False

    def attach(self, manager: PoolManager) -> PoolManager:
        """Make the connections of a pool manager end when `end` is called, and return the manager."""
        manager.pool_classes_by_scheme = {
            scheme: self._pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
        }
        return manager

    def end(self) -> None:
        """End the requests. Their threads receive an error of the network."""
        with self._lock:
            self.over = True
            for each in self._sockets:
                with suppress(OSError):  # the other side was first
                    # The method of a plain socket, because that of TLS changes the state that the other thread uses.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)

    def _pool(self, pool: Any) -> Any:
        note = self._note

        class Connection(pool.ConnectionCls):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                note(self.sock)

        return type("InterruptiblePool", (pool,), {"ConnectionCls": Connection})

    def _note(self, connected: socket.socket) -> None:
        with self._lock:
            if self.over:
                raise ConnectionAbortedError("the request was ended")
            self._sockets.add(connected)
