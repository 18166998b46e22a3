"""The process of the embedded ClickHouse."""

from __future__ import annotations

import os

from deploy.embedded.chdb_http.errors import WarehouseUnavailable
from deploy.embedded.chdb_http.policy.grants import USERS, granted_to_reader
from deploy.embedded.chdb_http.settings import WarehouseSettings
from deploy.settings import load
from deploy.supervisor.endpoints import PortTaken, clickhouse_endpoint
from deploy.writer import kept_password


def warehouse() -> None:
    """Serve the embedded ClickHouse."""
    from deploy.embedded.chdb_http.server import serve  # noqa: PLC0415 - an optional part

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
    try:
        serve(own)
    except WarehouseUnavailable as error:
        raise PortTaken(str(error)) from error
