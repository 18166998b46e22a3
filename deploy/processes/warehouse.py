"""The process of the embedded ClickHouse."""

from __future__ import annotations

import os

from deploy.embedded.chdb_http.errors import WarehouseUnavailable
from deploy.embedded.chdb_http.policy.grants import USERS, granted_to_reader
from deploy.embedded.chdb_http.settings import WarehouseSettings
from deploy.errors import PortTaken
from deploy.metrics.health import Health, turned
from deploy.metrics.http import HttpMetrics
from deploy.metrics.server import exposed
from deploy.settings import load
from deploy.supervisor.endpoints import clickhouse_endpoint
from deploy.writer import kept_password


def warehouse() -> None:
    """Serve the embedded ClickHouse."""
    from deploy.embedded.chdb_http.metrics import Monitoring  # noqa: PLC0415 - an optional part
    from deploy.embedded.chdb_http.server import serve  # noqa: PLC0415

    settings = load(os.environ)
    endpoint = clickhouse_endpoint(settings.processing.clickhouse_url)
    given = settings.processing.clickhouse_password
    made_up = not given.get_secret_value()
    own = WarehouseSettings(
        directory=settings.store_dir,
        host=endpoint.host,
        port=endpoint.port,
        writer_password=kept_password(settings.data_dir) if made_up else given,
        proves=made_up,
        reader_password=settings.dashboard.clickhouse_reader_password,
        readable=granted_to_reader(USERS.read_text("utf-8")),
        database=settings.processing.clickhouse_database,
    )
    health, http = Health(), HttpMetrics("warehouse")
    shown = Monitoring(engine=health.loop("engine"), turned=turned(health.loop("server")), around=http.around)
    try:
        with exposed(settings.process, "warehouse", health, http, shown.metrics):
            serve(own, shown)
    except WarehouseUnavailable as error:
        raise PortTaken(str(error)) from error
