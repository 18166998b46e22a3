"""The connection for reading the store, and the interface that a query needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from processing.contract import (
    ClickHouseAddress,
)
from processing.store.client import Parameters, Row, Store

TIMEOUT_EXCEEDED = 159
"""ClickHouse's error code for a query that takes too long."""


class Reader(Protocol):
    """The interface of a store that a query needs."""

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        """Return all rows of a query whose values are bound as `{name:Type}`.

        The store ends the query when `patience` is over.
        """
        ...


def connect(address: ClickHouseAddress) -> Store:
    """Open the store for reading.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses the user or the database.
    """
    return Store(address)
