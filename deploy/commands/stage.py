"""Each stage as a process of its own."""

from __future__ import annotations

import os

from deploy import stages
from deploy.addresses import kafka_endpoint
from deploy.commands.options import settings
from deploy.embedded import broker


def process() -> None:
    """Tag and count posts: one worker."""
    stages.run_process(settings())


def watch() -> None:
    """Look for spikes and tell of incidents."""
    stages.run_watch(settings())


def dashboard() -> None:
    """Serve the page."""
    stages.run_dashboard(settings())


def warehouse() -> None:
    """Serve the embedded ClickHouse."""
    stages.run_warehouse(settings())


def run_broker() -> None:
    """Become the embedded broker."""
    endpoint = kafka_endpoint(settings().ingest.kafka)
    command = broker.command(endpoint.host, endpoint.port)
    os.execv(command[0], command)  # noqa: S606 - this process becomes the broker, with our own arguments
