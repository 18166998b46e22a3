"""This module runs Streamlit's server for the page, inside the calling process, until a signal ends it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import streamlit as st
import uvicorn
from altair.utils import schemapi
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from streamlit.web import bootstrap

from dashboard import handover
from dashboard.access.gate import SESSION_HEADER, Gate
from dashboard.access.login import login_of
from dashboard.access.policy import is_https, policy_of
from dashboard.connections import HttpConnection
from dashboard.door import Door, headers
from dashboard.host_names import HostNames, foreign_page
from dashboard.services import Services
from dashboard.settings import DashboardSettings

SCRIPT = Path(__file__).with_name("app.py")

_PAGES_END_SECONDS = 3
_MOST_EXPORTS = 2
"""The zips that are made at once. Each takes a thread, and all of its bytes are in memory."""
_LONGEST_MESSAGE = 1024 * 1024
"""The largest message of a browser, in bytes. A message holds the values of the filters."""


class PageUnavailable(Exception):
    """The server cannot listen on the configured address; the message is one sentence for a person."""


def options(settings: DashboardSettings) -> dict[str, object]:
    """Return Streamlit's own options.

    They override every configuration file and environment variable of the machine.
    """
    return {
        "server.address": settings.dashboard_host,
        "server.port": settings.dashboard_port,
        "server.headless": True,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.enableStaticServing": False,
        "server.trustedUserHeaders": json.dumps({SESSION_HEADER: "session"}),
        "secrets.files": [],  # secrets come from the environment, never from a file in the working directory
        "browser.gatherUsageStats": False,
        "logger.hideWelcomeMessage": True,  # the message would look up the machine's public address
        "logger.level": "warning",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "global.developmentMode": False,
        "runner.magicEnabled": False,
        # Streamlit would go through all objects of the process behind each update of a part. That takes longer than the
        # update, and Python does it by itself when there is garbage.
        "runner.postScriptGC": False,
        # Both themes are set and neither is the base, so the page follows the reader's system: light or dark.
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
    }


def run(
    settings: DashboardSettings,
    services: Services,
    around: Callable[[ASGIApp], ASGIApp] = lambda application: application,
    turned: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve the page until SIGTERM or SIGINT. Call this function in the main thread of a process of its own.

    `around` wraps the application. The server calls `turned` every second.

    Raises:
        PageUnavailable: the server cannot listen on the configured address.
        AccessMisconfigured: the settings leave the page open.
    """
    with _bound(settings.dashboard_host, settings.dashboard_port) as listener:
        bootstrap.load_config_options(options(settings))
        # uvicorn raises the signal again after it has stopped, and nothing is left to do then.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _nothing)
        schemapi.disable_debug_mode()  # Altair would check each part of each chart against its schema
        _server(settings, around(application(settings, services)), turned).run([listener])


def application(settings: DashboardSettings, services: Services) -> ASGIApp:
    """Return the page behind its door and its gate.

    Raises:
        AccessMisconfigured: the settings leave the page open.
    """
    policy = policy_of(settings)
    login = None if policy.local else login_of(settings, policy)
    handover.leave(settings, services, login)
    page = st.App(SCRIPT, routes=[Route("/now", _first_page), evidence_route(settings, services)])
    gated = page if login is None else Gate(page, login)
    return Door(gated, HostNames(settings.dashboard_host, settings.names), local=policy.local)


def evidence_route(settings: DashboardSettings, services: Services) -> Route:
    """Return the route of the zip with an incident's evidence. Whoever may see the page may have the zip.

    A page of another site cannot have a zip made: its link leads to the page of the incident. Zips wait for each other
    without a thread, and one that nobody waits for any more is not made.
    """
    names, turns = HostNames(settings.dashboard_host, settings.names), asyncio.Semaphore(_MOST_EXPORTS)

    async def answer(request: Request) -> Response:
        if foreign_page(request.headers, names) is not None:
            return RedirectResponse(f"./incident?{request.url.query}", HTTPStatus.SEE_OTHER)
        async with turns:
            if await request.is_disconnected():
                return Response(status_code=HTTPStatus.REQUEST_TIMEOUT)
            return await run_in_threadpool(_evidence, settings, services, request)

    return Route("/evidence", answer)


def _evidence(settings: DashboardSettings, services: Services, request: Request) -> Response:
    # The modules of the pages register Streamlit's components, and do so with the server that runs at that time.
    from dashboard.views.incident import evidence  # noqa: PLC0415

    return evidence.answer(settings, services, request.query_params)


def _server(
    settings: DashboardSettings, application: ASGIApp, turned: Callable[[], Awaitable[None]] | None
) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            application,
            lifespan="on",
            http=HttpConnection,
            ws="websockets-sansio",
            ws_max_size=_LONGEST_MESSAGE,
            access_log=False,
            log_level="warning",
            server_header=False,
            headers=list(headers(https=is_https(settings))),
            forwarded_allow_ips=settings.dashboard_proxies,
            timeout_graceful_shutdown=_PAGES_END_SECONDS,
            callback_notify=turned,
            timeout_notify=1,
        )
    )


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, dualstack_ipv6=host == "::")
    except OSError as error:
        raise PageUnavailable(
            f"The page cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}. "
            "Stop what holds the port, or set BANWATCH_DASHBOARD_PORT to another one."
        ) from error
    # Accepted sockets inherit TCP_NODELAY. Without it, a response in pieces waits for the client's delayed
    # acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _first_page(request: Request) -> RedirectResponse:
    """Lead to the first page, which Streamlit serves at the root of the site only."""
    query = request.url.query
    return RedirectResponse(f"./?{query}" if query else "./")


def _nothing(*_: object) -> None: ...
