"""The resources of one user: a limit on requests, threads for the engine, and sessions.

The two users share no resource, so any number of readers leaves the writer's resources free.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from deploy.embedded.chdb_http.connection import Connection
from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.sessions import Sessions
from deploy.embedded.chdb_http.settings import Role

if TYPE_CHECKING:
    from deploy.embedded.chdb_http.engine import Engine
    from deploy.embedded.chdb_http.settings import WarehouseSettings

T = TypeVar("T")
_BEHIND_LIMIT_SECONDS = 3


class Places:
    """The places of one user. `patience` is the seconds until a query that does not end is abandoned, or None."""

    def __init__(self, role: Role, engine: Engine, settings: WarehouseSettings) -> None:
        reader = role is Role.READER
        self.patience = settings.limits.seconds + _BEHIND_LIMIT_SECONDS if reader else None
        self.sessions = Sessions(lambda: Connection(engine, role, kept=True))
        self.stuck: set[Connection] = set()
        self.control = ThreadPoolExecutor(2, f"{role}-control")
        self.size = settings.readers if reader else settings.writers
        self.engine = asyncio.Semaphore(self.size)
        self._running: set[Future[Any]] = set()
        self._most = settings.queries
        self.under_way = 0
        # An abandoned query keeps its thread, so the next reader must have another one.
        self._threads = ThreadPoolExecutor(settings.queries + settings.readers if reader else settings.writers, role)
        # One thread, because reading a request holds Python's lock, which the writer's requests need too.
        self._reading = ThreadPoolExecutor(1, f"{role}-reading")

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count one request while the context lasts.

        Raises:
            EngineError: this user has too many open requests.
        """
        if max(self.under_way, len(self.stuck)) >= self._most:
            raise EngineError(Code.TOO_MANY_SIMULTANEOUS_QUERIES, "Too many simultaneous queries: try again")
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def start(self, work: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Start a call of the engine in a thread. The caller holds `engine`."""
        return asyncio.wrap_future(self._submit(self._threads, work, *arguments))

    async def read(self, work: Callable[..., T], /, *arguments: Any) -> T:
        """Run work that needs no engine, such as decompression, off the event loop."""
        return await asyncio.wrap_future(self._submit(self._reading, work, *arguments))

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> Future[T]:
        running = pool.submit(work, *arguments)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    def stop(self) -> list[Future[Any]]:
        """Start no more work, and return the work that still runs."""
        for pool in (self._reading, self._threads):
            pool.shutdown(wait=False, cancel_futures=True)
        return list(self._running)

    def close(self) -> None:
        """Close the kept connections. The caller has waited until nothing runs."""
        for connection in self.sessions.all():
            connection.close()
        self.control.shutdown()
