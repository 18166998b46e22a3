"""The connection for reading the store, and the interface that a query needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from processing.contract import (
    ClickHouseAddress,
)
from processing.store.client import Parameters, Row, Store

TIMEOUT_EXCEEDED = 159
"""ClickHouse's error code for a query that takes too long."""

TOO_MUCH = frozenset({TIMEOUT_EXCEEDED, 241})
"""ClickHouse's error codes for a query that takes too long or too much memory. Other queries may not."""

NO_SUCH_VIEW = frozenset({46, 60, 81})
"""ClickHouse's error codes for a missing view with parameters, a missing table and a missing database."""


class Reader(Protocol):
    """The interface of a store that a query needs."""

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        """Return all rows of a query whose values are bound as `{name:Type}`.

        The store ends the query when `patience` is over.
        """
        ...


@dataclass(frozen=True)
class Briefly:
    """The store for what can be left out: it ends each query after `patience`."""

    reader: Reader
    patience: timedelta

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        """Return all rows of a query, as `Reader.query` does."""
        return self.reader.query(sql, parameters, patience=patience or self.patience)


def connect(address: ClickHouseAddress) -> Store:
    """Open the store for reading.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses the user or the database.
    """
    return Store(address)
