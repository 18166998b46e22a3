"""The embedded warehouse: the ClickHouse engine of chDB behind ClickHouse's own HTTP interface."""

from deploy.embedded.warehouse.errors import WarehouseUnavailable
from deploy.embedded.warehouse.server import serve
from deploy.embedded.warehouse.settings import ReaderLimits, Role, WarehouseSettings

__all__ = ["ReaderLimits", "Role", "WarehouseSettings", "WarehouseUnavailable", "serve"]
