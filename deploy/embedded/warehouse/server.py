"""The warehouse as a process: a port, an engine, and a clean end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import uvicorn

from deploy.embedded.warehouse.engine import Engine
from deploy.embedded.warehouse.errors import WarehouseUnavailable
from deploy.embedded.warehouse.http import Gateway
from deploy.embedded.warehouse.losses import sentence

if TYPE_CHECKING:
    from deploy.embedded.warehouse.settings import WarehouseSettings

_GRACE_SECONDS = 3
_LONGEST_URL = 1024 * 1024


def serve(settings: WarehouseSettings) -> None:
    """Serve until SIGTERM or SIGINT, then end what runs, close the data and return.

    Raises:
        WarehouseUnavailable: when the port or the directory is taken; the message is for a person.
    """
    with _bound(settings.host, settings.port) as listener:
        engine = Engine(settings)
        try:
            if lost := sentence(engine.losses()):
                print(lost, file=sys.stderr, flush=True)
            gateway = Gateway(engine, settings)
            with _signals_end_here():
                _server(gateway).run([listener])
            if not gateway.close():
                os._exit(0)  # the engine does not end, and its data outlive a kill
        finally:
            engine.close()


def _server(gateway: Gateway) -> uvicorn.Server:
    """No access log: its lines would hold queries, and the passwords that some clients put into the URL."""
    return uvicorn.Server(
        uvicorn.Config(
            gateway,
            lifespan="off",
            http="h11",
            ws="none",
            h11_max_incomplete_event_size=_LONGEST_URL,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


def _bound(host: str, port: int) -> socket.socket:
    """Take the port. It accepts nobody before the engine is there: who asks early is refused, and not kept waiting."""
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
    # Accepted sockets inherit it. asyncio would set it only for a socket made with an explicit protocol, and
    # without it each answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextlib.contextmanager
def _signals_end_here() -> Iterator[None]:
    """uvicorn raises a signal once more when it has stopped; let that be the end of it."""
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
