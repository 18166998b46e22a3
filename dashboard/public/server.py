"""Serves the public pages until a signal ends it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import uvicorn
from starlette.types import ASGIApp

from dashboard.connections import HttpConnection
from dashboard.public.app import application
from dashboard.public.editions import Editions
from dashboard.public.editor import Editor
from dashboard.services import Topics
from dashboard.settings import PublicSettings
from processing import queries
from processing.contract import Corrects

_REQUESTS_END_SECONDS = 3
_MOST_CONNECTIONS = 5_000
_QUEUE = 2_048
"""Connections that wait to be accepted."""


class PublicUnavailable(Exception):
    """The server cannot listen on the configured address; the message is one sentence for a person."""


def run(
    settings: PublicSettings,
    topics: Topics,
    corrects: Callable[[], Sequence[Corrects]],
    around: Callable[[ASGIApp], ASGIApp] = lambda application: application,
    turned: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Call this function in the main thread of a process of its own.

    `corrects` gives the topics that correct others, as they are now. `around` wraps the application. The server calls
    `turned` every second.

    Raises:
        PublicUnavailable: the server cannot listen on the configured address.
    """
    editions = Editions(
        lambda: queries.connect(settings.clickhouse),
        settings.public_refresh,
        posts=settings.public_posts,
        corrects=corrects,
    )
    pages = application(Editor(editions, topics, settings.public_site), settings, lambda: datetime.now(UTC))
    with _bound(settings.public_host, settings.public_port) as listener:
        # uvicorn raises the signal again after it has stopped, and nothing is left to do then.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        server(around(pages), turned).run([listener])


def server(pages: ASGIApp, turned: Callable[[], Awaitable[None]] | None = None) -> uvicorn.Server:
    """Return the server of an application."""
    return uvicorn.Server(
        uvicorn.Config(
            pages,
            http=HttpConnection,
            loop="uvloop",
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            backlog=_QUEUE,
            timeout_graceful_shutdown=_REQUESTS_END_SECONDS,
            callback_notify=turned,
            timeout_notify=1,
        )
    )


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_QUEUE, dualstack_ipv6=host == "::")
    except OSError as error:
        raise PublicUnavailable(
            f"The public pages cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}. "
            "Stop what holds the port, or set BANWATCH_PUBLIC_PORT to another one."
        ) from error
