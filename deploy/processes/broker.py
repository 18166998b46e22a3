"""The process of the embedded broker."""

from __future__ import annotations

import os

from deploy.embedded.broker import command
from deploy.settings import load
from deploy.supervisor.endpoints import kafka_endpoint


def broker() -> None:
    """Replace this process by the embedded broker."""
    endpoint = kafka_endpoint(load(os.environ).ingest.kafka)
    arguments = command(endpoint.host, endpoint.port)
    os.execv(arguments[0], arguments)  # noqa: S606 - this process becomes the broker, with our own arguments
