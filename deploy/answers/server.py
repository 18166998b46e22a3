"""Serves the answers' pages until a signal ends it.

Whoever can reach the server may open connections. So it bounds their number and the time of a request's head, as the
embedded store does.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from deploy.embedded.chdb_http.sockets import HttpConnection, Room

_REQUESTS_END_SECONDS = 3
_MOST_CONNECTIONS = 256
_HEAD_SECONDS = 10.0


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
        room = Room(_MOST_CONNECTIONS, _HEAD_SECONDS)
        config = uvicorn.Config(
            application,
            lifespan="off",
            http=cast("type[asyncio.Protocol]", partial(HttpConnection, room=room)),  # it is called and nothing else
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
