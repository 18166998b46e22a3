"""The executor gives a request its connection and its thread for the engine's blocking calls, and ends such calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import wait
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from deploy.embedded.chdb_http.connection import Connection
from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.places import Places
from deploy.embedded.chdb_http.settings import Role

if TYPE_CHECKING:
    from deploy.embedded.chdb_http.engine import Engine
    from deploy.embedded.chdb_http.request import Call
    from deploy.embedded.chdb_http.settings import WarehouseSettings

T = TypeVar("T")
_KILL_AGAIN_SECONDS = 0.5
_KILL_SECONDS = 3
"""The time that the engine has to end a killed query, in seconds."""


class Executor:
    """The places of both users.

    The engine checks its limits and KILL between two blocks. A function that takes an hour over one block is stopped by
    neither. The executor ends the reader's request all the same and gives its place to the next request. The thread
    stays with the engine until the function returns.
    """

    def __init__(self, engine: Engine, settings: WarehouseSettings) -> None:
        self._engine = engine
        self.places = {role: Places(role, engine, settings) for role in Role}

    async def run(self, role: Role, work: Callable[..., T], *arguments: Any) -> T:
        """Run a blocking call of the engine in a thread of this user, and return its result."""
        places = self.places[role]
        async with places.engine:
            return await places.start(work, *arguments)

    async def watched(
        self, connection: Connection, gone: asyncio.Future[None], work: Callable[..., T], *arguments: Any
    ) -> T:
        """Run a blocking call and return its result. End its query when the client has left.

        A query that writes is not ended, because half a statement is worse than an unread answer.
        """
        loop = asyncio.get_running_loop()
        places = self.places[connection.role]
        async with places.engine:
            running = places.start(work, *arguments)
            either: set[asyncio.Future[Any]] = {running, gone}
            await asyncio.wait(either, timeout=places.patience, return_when=asyncio.FIRST_COMPLETED)
            given_up = loop.time() + _KILL_SECONDS
            while not running.done() and connection.interruptible:
                connection.cancelled = True
                await loop.run_in_executor(places.control, self._engine.kill, connection.token)
                await asyncio.wait({running}, timeout=_KILL_AGAIN_SECONDS)
                if places.patience is not None and not running.done() and loop.time() > given_up:
                    raise self._left(connection, running)
            return await running

    def _left(self, connection: Connection, running: asyncio.Future[Any]) -> EngineError:
        """Leave a query to the engine, which does not end it, and return the error for its request."""
        places = self.places[connection.role]
        places.stuck.add(connection)

        def over(done: asyncio.Future[Any]) -> None:
            done.exception()  # fetched, so that asyncio does not log it: its request has ended
            places.stuck.discard(connection)
            places.control.submit(connection.close)

        running.add_done_callback(over)
        return EngineError(Code.TIMEOUT_EXCEEDED, "Timeout exceeded: the query was given up at its limit")

    @asynccontextmanager
    async def lease(self, call: Call) -> AsyncIterator[Connection]:
        """Lend the connection for one request: a fresh connection, or the session's.

        Raises:
            EngineError: the session is unavailable, or this user has too many open requests.
        """
        places = self.places[call.role]
        with places.request():
            async with self._fresh(places, call) if call.session is None else self._session(places, call) as connection:
                yield connection

    @asynccontextmanager
    async def _fresh(self, places: Places, call: Call) -> AsyncIterator[Connection]:
        connection = Connection(self._engine, call.role)
        try:
            yield connection
        finally:
            if connection not in places.stuck:
                places.control.submit(connection.close)

    @asynccontextmanager
    async def _session(self, places: Places, call: Call) -> AsyncIterator[Connection]:
        key = call.session or ""
        for over in places.sessions.expired(time.monotonic()):
            places.control.submit(over.close)
        connection = places.sessions.take(key, call.session_seconds, check=call.session_check, now=time.monotonic())
        try:
            yield connection
            await asyncio.get_running_loop().run_in_executor(places.control, connection.rest)
        finally:
            if connection in places.stuck:
                places.sessions.forget(key)
            else:
                places.sessions.give_back(key, time.monotonic())

    def close(self) -> bool:
        """End everything: kill running queries and discard waiting ones. Return False if a query did not end."""
        self._engine.kill_all()
        running = [each for places in self.places.values() for each in places.stop()]
        if any(places.stuck for places in self.places.values()) or wait(running, _KILL_SECONDS).not_done:
            return False
        for places in self.places.values():
            places.close()
        return True
