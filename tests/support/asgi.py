"""An ASGI application behind a real server, in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def serving(application: ASGIApp, listener: socket.socket | None = None, **options: Any) -> Iterator[str]:
    """Serve at a free port of 127.0.0.1, or at a socket that listens, until the block ends; yield the address."""
    config = uvicorn.Config(application, log_level="critical", **({"lifespan": "off"} | options))
    server = uvicorn.Server(config)
    with listener or socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
