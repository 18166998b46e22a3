"""The threads that the engine's blocking calls run in, and whose connection a request works on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from deploy.embedded.warehouse.errors import Code, EngineError
from deploy.embedded.warehouse.sessions import Sessions
from deploy.embedded.warehouse.settings import Role

if TYPE_CHECKING:
    from deploy.embedded.warehouse.connection import Connection
    from deploy.embedded.warehouse.engine import Engine
    from deploy.embedded.warehouse.request import Call
    from deploy.embedded.warehouse.sessions import SessionKey
    from deploy.embedded.warehouse.settings import WarehouseSettings

T = TypeVar("T")
_KILL_AGAIN_SECONDS = 0.5
_GRACE_SECONDS = 3


class Workers:
    """Threads for each user, and two more that end and close what those leave behind.

    The engine looks at its limits and at KILL between two blocks; a function that takes an hour over one block is
    not stopped by either. The request of such a reader is ended all the same, and its place given to the next; its
    thread is left to the engine until that lets go.
    """

    def __init__(self, engine: Engine, settings: WarehouseSettings) -> None:
        self._engine = engine
        self._most = settings.queries
        self._under_way = 0
        self._sessions = Sessions(lambda role: engine.open(role, kept=True))
        self._control = ThreadPoolExecutor(2, "control")
        self._patience = {Role.READER: settings.limits.seconds + _GRACE_SECONDS, Role.WRITER: None}
        self._places = {
            Role.READER: asyncio.Semaphore(settings.readers),
            Role.WRITER: asyncio.Semaphore(settings.writers),
        }
        # A thread that a query does not give back must not be one that the next reader, or the writer, needs.
        self._pools = {
            Role.READER: ThreadPoolExecutor(settings.queries + settings.readers, "reader"),
            Role.WRITER: ThreadPoolExecutor(settings.writers, "writer"),
        }
        self._stuck: set[Connection] = set()

    async def run(self, role: Role, work: Callable[..., T], *arguments: Any) -> T:
        """Run a blocking call in a thread of this user."""
        async with self._places[role]:
            return await asyncio.get_running_loop().run_in_executor(self._pools[role], work, *arguments)

    async def watched(
        self, connection: Connection, gone: asyncio.Future[None], work: Callable[..., T], *arguments: Any
    ) -> T:
        """Run a blocking call, and end the query that it waits for when the client has left.

        A query that writes is left to finish: half a statement is worse than an unread answer.
        """
        loop = asyncio.get_running_loop()
        patience = self._patience[connection.role]
        async with self._places[connection.role]:
            running = loop.run_in_executor(self._pools[connection.role], work, *arguments)
            either: set[asyncio.Future[Any]] = {running, gone}
            await asyncio.wait(either, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            given_up = loop.time() + _GRACE_SECONDS
            while not running.done() and connection.interruptible:
                connection.cancelled = True
                await loop.run_in_executor(self._control, self._engine.kill, connection.token)
                await asyncio.wait({running}, timeout=_KILL_AGAIN_SECONDS)
                if patience is not None and not running.done() and loop.time() > given_up:
                    raise self._left(connection, running)
            return await running

    def _left(self, connection: Connection, running: asyncio.Future[Any]) -> EngineError:
        """Leave a query to the engine, which does not let go of it."""
        self._stuck.add(connection)

        def over(done: asyncio.Future[Any]) -> None:
            done.exception()  # seen: it has nobody to go to
            self._stuck.discard(connection)
            self._control.submit(connection.close)

        running.add_done_callback(over)
        return EngineError(Code.TIMEOUT_EXCEEDED, "Timeout exceeded: the query was given up at its limit")

    @asynccontextmanager
    async def lease(self, call: Call) -> AsyncIterator[Connection]:
        """The connection for one request: a fresh one, or the session's.

        Raises:
            EngineError: when the session cannot be had, or when too many requests are under way.
        """
        if self._under_way >= self._most or (call.role is Role.READER and len(self._stuck) >= self._most):
            raise EngineError(Code.TOO_MANY_SIMULTANEOUS_QUERIES, "Too many simultaneous queries: try again")
        self._under_way += 1
        try:
            if call.session is None:
                async with self._fresh(call.role) as connection:
                    yield connection
            else:
                async with self._session(call.session, call) as connection:
                    yield connection
        finally:
            self._under_way -= 1

    @asynccontextmanager
    async def _fresh(self, role: Role) -> AsyncIterator[Connection]:
        connection = self._engine.open(role)
        try:
            yield connection
        finally:
            if connection not in self._stuck:
                self._control.submit(connection.close)

    @asynccontextmanager
    async def _session(self, key: SessionKey, call: Call) -> AsyncIterator[Connection]:
        for over in self._sessions.expired(time.monotonic()):
            self._control.submit(over.close)
        connection = self._sessions.take(key, call.session_seconds, check=call.session_check, now=time.monotonic())
        try:
            yield connection
            await asyncio.get_running_loop().run_in_executor(self._control, connection.rest)
        finally:
            if connection in self._stuck:
                self._sessions.forget(key)
            else:
                self._sessions.give_back(key, time.monotonic())

    def close(self) -> bool:
        """End everything: what runs is killed, what waits never begins. False when a query did not let go."""
        self._engine.kill_all()
        if self._stuck:
            return False
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)
        for connection in self._sessions.all():
            connection.close()
        self._control.shutdown()
        return True
