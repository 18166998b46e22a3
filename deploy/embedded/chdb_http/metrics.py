"""The metrics of the warehouse, and what else shows it to its operator."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.settings import Role
from ingest.liveness import Liveness
from ingest.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from deploy.embedded.chdb_http.places import Places

USERS = tuple(Role)


class WarehouseMetrics(Metrics):
    """How full the warehouse is. `places` and `directory` are known once it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.places: Mapping[Role, Places] = {}
        self.directory: Path | None = None
        self.reads(
            "gauge",
            "banwatch_warehouse_open_requests",
            "Requests of each user that are under way. Those above the number of places wait.",
            lambda: {role: each.under_way for role, each in self.places.items()},
            user=USERS,
        )
        self.reads(
            "gauge",
            "banwatch_warehouse_places",
            "Queries of each user that the engine works on side by side.",
            lambda: {role: each.size for role, each in self.places.items()},
            user=USERS,
        )
        self.reads(
            "gauge",
            "banwatch_warehouse_stuck_queries",
            "Queries of each user that were given up and that the engine does not end.",
            lambda: {role: len(each.stuck) for role, each in self.places.items()},
            user=USERS,
        )
        self.reads(
            "gauge", "banwatch_warehouse_disk_free_bytes", "Room on the disk of the data.", lambda: self._disk("free")
        )
        self.reads(
            "gauge", "banwatch_warehouse_disk_size_bytes", "Size of the disk of the data.", lambda: self._disk("total")
        )

    def _disk(self, what: str) -> float | None:
        if self.directory is None:
            return None
        try:
            return float(getattr(shutil.disk_usage(self.directory), what))
        except OSError:  # one disk that cannot be asked takes no other metric away
            return None


@dataclass
class Monitoring:
    """What shows the process to its operator.

    `around` wraps the application. The server calls `turned` every second; `engine` shows the engine's heartbeat.
    """

    metrics: WarehouseMetrics = field(default_factory=WarehouseMetrics)
    engine: Liveness = field(default_factory=Liveness)
    turned: Callable[[], Awaitable[None]] | None = None
    around: Callable[[ASGIApp], ASGIApp] = lambda application: application
