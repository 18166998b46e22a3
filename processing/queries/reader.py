"""How the store is read: a connection, and what a query needs of one."""

from __future__ import annotations

from typing import Protocol

from processing.contract import (
    ClickHouseAddress,
)
from processing.store.client import Parameters, Row, Store


class Reader(Protocol):
    """What a query needs of a store."""

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """All rows of a query whose values are bound as `{name:Type}`."""
        ...


def connect(address: ClickHouseAddress) -> Store:
    """Open the store for reading.

    Raises:
        StoreUnavailable: nothing answers there, or not now.
        StoreRefused: it answers and does not let us in.
    """
    return Store(address)
