"""The process that writes what people answer: by links in alerts, and on the dashboard."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deploy.desk import keys_of_server, names_of_server
from deploy.errors import PortTaken
from deploy.metrics.health import Health, turned
from deploy.metrics.http import HttpMetrics
from deploy.metrics.server import exposed
from deploy.processes.alerting import utc_now
from deploy.settings import Settings, SettingsError, load
from deploy.writer import writer
from processing.store.client import Store

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def answers() -> None:
    """Write what people answer by links in alerts, and what operators enter on the dashboard."""
    from deploy.answers.server import serve  # noqa: PLC0415 - an optional part

    settings = load(os.environ)
    host, port = settings.alerts.answers_host, settings.alerts.answers_port
    application = _application(settings)
    health, metrics = Health(), HttpMetrics("answers")
    try:
        with exposed(settings.process, "answers", health, metrics):
            serve(metrics.around(application), host, port, turned(health.loop("server")))
    except OSError as error:
        raise PortTaken(
            f"The answers' server cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}. "
            "Stop what holds the port, or set BANWATCH_ANSWERS_PORT to another one."
        ) from error


def _application(settings: Settings) -> ASGIApp:
    from deploy.answers.app import AnswersDoor, application  # noqa: PLC0415 - an optional part
    from deploy.answers.desk import DeskDoor, Replays  # noqa: PLC0415

    def store() -> Store:
        return Store(writer(settings))

    links, keys = settings.alerts.links, keys_of_server(settings)
    if links is None and not keys:
        raise SettingsError(
            "The answers' server has nothing to do: set BANWATCH_ANSWERS_URL and BANWATCH_ANSWERS_KEY for the links "
            "in alerts, or BANWATCH_DESK_KEY for what operators enter on the dashboard."
        )
    desk = DeskDoor(keys, names_of_server(settings), store, utc_now, Replays(utc_now())) if keys else None
    return application(None if links is None else AnswersDoor(links, store, utc_now), desk)
