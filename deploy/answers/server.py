"""Serves the answers' pages until a signal ends it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.types import ASGIApp

_REQUESTS_END_SECONDS = 3


def serve(application: ASGIApp, host: str, port: int, turned: Callable[[], Awaitable[None]]) -> None:
    """Serve until SIGTERM or SIGINT, and call `turned` every second. Call this function in the main thread.

    Raises:
        OSError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        # uvicorn raises the signal again after it has stopped, and nothing is left to do then.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        config = uvicorn.Config(
            application,
            lifespan="off",
            ws="none",
            access_log=False,  # its lines would hold signatures
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_REQUESTS_END_SECONDS,
            callback_notify=turned,
            timeout_notify=1,
        )
        uvicorn.Server(config).run([listener])
