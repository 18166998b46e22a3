"""The ports on which the processes of `banwatch up` show their metrics, and the list of them for Prometheus."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from deploy.settings import ProcessSettings, SettingsError
from deploy.supervisor.endpoints import Endpoint, require_free
from deploy.supervisor.environments import METRICS_PORT
from deploy.supervisor.process import ProcessSpec

TARGETS = "/targets"
"""The path of the list."""

WITHOUT_METRICS = frozenset({"broker"})
"""Processes that are no program of banwatch's."""


def metrics_ports(settings: ProcessSettings, parts: Sequence[ProcessSpec]) -> dict[str, int]:
    """Return the port of each process, in the order in which they start: those that follow the set one, or none.

    Raises:
        PortTaken: another program uses one of them.
        SettingsError: there are not enough ports above the set one.
    """
    if settings.metrics_port is None:
        return {}
    names = ["up", *(part.name for part in parts if part.name not in WITHOUT_METRICS)]
    ports = {name: settings.metrics_port + number for number, name in enumerate(names)}
    if settings.metrics_port + len(names) - 1 > 65_535:
        raise SettingsError(f"{METRICS_PORT} is too high: {len(names)} processes need a port each.")
    for port in ports.values():
        require_free(Endpoint(settings.metrics_host, port), METRICS_PORT)
    return ports


def with_ports(parts: Sequence[ProcessSpec], ports: Mapping[str, int]) -> list[ProcessSpec]:
    """Return the processes, each told of its port."""
    return [
        replace(part, environment={**part.environment, METRICS_PORT: str(ports[part.name])})
        if part.name in ports
        else part
        for part in parts
    ]


def targets(ports: Mapping[str, int], finished: Callable[[], Collection[str]], host: str) -> str:
    """Return the list that Prometheus reads by HTTP, without the processes whose work is done.

    `host` is the name by which Prometheus has asked for the list.
    """
    over = finished()
    return json.dumps([{"targets": [f"{host}:{port}" for name, port in ports.items() if name not in over]}])
