"""Start Streamlit's server for the page, in this process, and end with it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st
import uvicorn
from streamlit.web import bootstrap

from dashboard.door import HEADERS, Door
from dashboard.host_names import HostNames
from dashboard.settings import DashboardSettings

TopicNames = Callable[[], Mapping[str, Mapping[str, str]]]
"""What the taxonomy calls each topic now: id, language (`en` and `ar` at least), name."""

SCRIPT = Path(__file__).with_name("app.py")

_PAGES_END_SECONDS = 3
_LONGEST_MESSAGE = 1024 * 1024
"""Bytes of what a browser says at once: which filters are chosen."""


class PageUnavailable(Exception):
    """The page cannot be served there; the message is one sentence for a person."""


# Streamlit runs the script by path, again for every visitor, and hands it no arguments. It does so in this process,
# where modules are shared: the launcher leaves the settings and the topics here, and the script picks them up. Both
# are thus made once, by deploy.
_given: list[tuple[DashboardSettings, TopicNames]] = []


def leave(settings: DashboardSettings, topics: TopicNames) -> None:
    """Leave the settings and the names of topics for the script."""
    _given[:] = [(settings, topics)]


def given() -> tuple[DashboardSettings, TopicNames]:
    """The settings that the server was started with, and the names of the topics.

    Raises:
        RuntimeError: nobody has started it.
    """
    if not _given:
        raise RuntimeError("The dashboard has no settings: start it with `banwatch dashboard`.")
    return _given[0]


def options(settings: DashboardSettings) -> dict[str, object]:
    """Streamlit's own options. They win over any configuration file and variable of the machine."""
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
        "browser.gatherUsageStats": False,
        "logger.hideWelcomeMessage": True,  # it looks up the machine's public address
        "logger.level": "warning",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "global.developmentMode": False,
        "runner.magicEnabled": False,
        # A theme of each kind and no base: the page is as light or dark as the reader's system.
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
    }


def run(settings: DashboardSettings, topics: TopicNames) -> None:
    """Serve the page until SIGTERM or SIGINT. Call it in the main thread of a process of its own.

    Raises:
        PageUnavailable
    """
    leave(settings, topics)
    with _bound(settings.dashboard_host, settings.dashboard_port) as listener:
        bootstrap.load_config_options(options(settings))
        door = Door(st.App(SCRIPT), HostNames(settings.dashboard_host, settings.names))
        # uvicorn raises a signal once more when it has stopped; that is the end of it.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _nothing)
        _server(door).run([listener])


def _server(door: Door) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            door,
            lifespan="on",
            ws="websockets-sansio",
            ws_max_size=_LONGEST_MESSAGE,
            access_log=False,
            log_level="warning",
            server_header=False,
            headers=list(HEADERS),
            timeout_graceful_shutdown=_PAGES_END_SECONDS,
        )
    )


def _bound(host: str, port: int) -> socket.socket:
    """Take the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, dualstack_ipv6=host == "::")
    except OSError as error:
        raise PageUnavailable(
            f"The page cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}. "
            "Stop what holds the port, or set BANWATCH_DASHBOARD_PORT to another one."
        ) from error
    # Accepted sockets inherit it; without it an answer in pieces waits for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _nothing(*_: object) -> None: ...
