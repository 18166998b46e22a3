"""The process that takes answers to alerts."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from deploy.settings import SettingsError, load
from deploy.supervisor.endpoints import PortTaken
from deploy.writer import writer
from processing.store.client import Store


def answers() -> None:
    """Serve the pages behind the links in alerts."""
    from deploy.answers.app import AnswersDoor, application  # noqa: PLC0415 - an optional part
    from deploy.answers.server import serve  # noqa: PLC0415

    settings = load(os.environ)
    links = settings.alerts.links
    if links is None:
        raise SettingsError(
            "The links in alerts are not set up: set BANWATCH_ANSWERS_URL to the address at which people reach this "
            "server, and BANWATCH_ANSWERS_KEY to a long random text."
        )
    door = AnswersDoor(links, lambda: Store(writer(settings)), lambda: datetime.now(UTC))
    try:
        serve(application(door), settings.alerts.answers_host, settings.alerts.answers_port)
    except OSError as error:
        where = f"{settings.alerts.answers_host}:{settings.alerts.answers_port}"
        raise PortTaken(
            f"The answers' server cannot listen on {where}: {os.strerror(error.errno or 0)}. "
            "Stop what holds the port, or set BANWATCH_ANSWERS_PORT to another one."
        ) from error
