"""The warehouse process: it opens a port and an engine, serves requests, and closes the data before it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from deploy.embedded.chdb_http.app import Gateway
from deploy.embedded.chdb_http.bounds import LONGEST_URL
from deploy.embedded.chdb_http.engine import Engine
from deploy.embedded.chdb_http.errors import WarehouseUnavailable
from deploy.embedded.chdb_http.files import BACKLOG, connections_within
from deploy.embedded.chdb_http.losses import sentence
from deploy.embedded.chdb_http.metrics import Monitoring
from deploy.embedded.chdb_http.pulse import Heartbeat
from deploy.embedded.chdb_http.sockets import HttpConnection, Room
from deploy.open_files import raise_limit

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from deploy.embedded.chdb_http.settings import WarehouseSettings

_log = logging.getLogger(__name__)
_REQUESTS_END_SECONDS = 3
_SILENT_SECONDS = 60
# A request takes Python's lock about twenty times. Each time, it waits this long if another thread runs Python code.
# The default is 5 ms, so a few readers with long texts would delay the writer by 100 ms.
_SWITCH_SECONDS = 0.0005


def serve(settings: WarehouseSettings, monitoring: Monitoring | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Then end running queries, close the data and return.

    `monitoring` shows the process to its operator.

    Raises:
        WarehouseUnavailable: the port or the directory is in use, or the limit of open files is too low. The message is
            for a person.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    shown = monitoring or Monitoring()
    room = Room(connections_within(raise_limit(), settings.connections), settings.head_seconds)
    with _bound(settings.host, settings.port) as listener:
        engine = Engine(settings)
        try:
            if lost := sentence(engine.losses()):
                print(lost, file=sys.stderr, flush=True)
            gateway = Gateway(engine, settings)
            shown.metrics.places, shown.metrics.directory = gateway.places, settings.directory
            shown.engine.turned(ready=True)

            def beat() -> None:
                engine.beat()
                shown.engine.turned(ready=True)

            pulse = Heartbeat(beat, settings.pulse_seconds)
            with _signals_end_here():
                _server(shown.around(gateway), room, shown.turned).run([listener])
            pulse.stop()
            if not gateway.close():
                os._exit(0)  # a thread does not end; the engine's data survive a kill
        finally:
            engine.close()


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(LoopErrors())
        await super().startup(sockets)


class LoopErrors:
    """Logs failures on the event loop, each in one line and at most once a minute.

    asyncio itself writes a hundred stack traces a second when no file is left for a connection.
    """

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log a failure that asyncio reports."""
        failure = f"{context['message']}: {type(context.get('exception')).__name__}"
        if loop.time() >= self._said.get(failure, 0.0) + _SILENT_SECONDS:
            self._said[failure] = loop.time()
            _log.error("The warehouse goes on after a failure: %s", failure)


def _server(gateway: ASGIApp, room: Room, turned: Callable[[], Awaitable[None]] | None) -> uvicorn.Server:
    """Return a uvicorn server that logs nothing.

    Its log lines would hold passwords from URLs and report every faulty client.
    """
    return _Server(
        uvicorn.Config(
            gateway,
            lifespan="off",
            http=cast("type[asyncio.Protocol]", partial(HttpConnection, room=room)),  # it is called and nothing else
            ws="none",
            h11_max_incomplete_event_size=LONGEST_URL,
            backlog=BACKLOG,
            access_log=False,
            log_level="critical",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=_REQUESTS_END_SECONDS,
            callback_notify=turned,
            timeout_notify=1,
        )
    )


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to the port. The socket refuses connections until the engine is open."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
    except OSError as error:
        raise WarehouseUnavailable(
            f"The warehouse cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}. "
            "Stop what holds the port, or choose another one."
        ) from error
    # Accepted sockets inherit TCP_NODELAY. asyncio would set it only for a socket made with an explicit protocol.
    # Without it, each answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextlib.contextmanager
def _signals_end_here() -> Iterator[None]:
    """Ignore the signal that uvicorn raises again after it has stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _nothing(*_: object) -> None: ...
