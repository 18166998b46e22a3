"""Clocks that are set: a store whose clock is moved, and a store as a clock that ran ahead has left it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from processing.contract import ClickHouseAddress
from processing.store.client import Parameters, Row, Store

MICROSECOND = timedelta(microseconds=1)
NOW = re.compile(r"\bnow(?:64)?\([^()]*\)")
VERSION = re.compile(r"ReplacingMergeTree\((\w+)\)")
OWN_VERSIONS = {"post_versions", "rejected_versions", "schema_migrations", "trend_versions"}
"""The version of a post, of a rejected record and of a look at a trend is its own; a migration is written once."""


class SetStore(Store):
    """The real store, asked by statements whose clock is `ahead` of the machine's."""

    def __init__(self, address: ClickHouseAddress, ahead: timedelta = timedelta()) -> None:
        super().__init__(address)
        self.ahead = ahead

    def query(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        return super().query(self._moved(sql), parameters)

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        super().command(self._moved(sql), parameters)

    def _moved(self, sql: str) -> str:
        by = self.ahead // MICROSECOND
        return NOW.sub(lambda now: f"({now[0]} + toIntervalMicrosecond({by}))", sql)


def versioned(store: Store) -> Mapping[str, tuple[str, str]]:
    """Every table that keeps versions: the column that says which row is the newest, and its type."""
    rows = store.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    found = {str(name): match[1] for name, engine in rows if (match := VERSION.search(engine))}
    types = store.query("SELECT table, name, type FROM system.columns WHERE database = currentDatabase()")
    known = {(table, column): str(kind) for table, column, kind in types}
    return {name: (column, known[name, column]) for name, column in found.items() if name not in OWN_VERSIONS}


def as_if_ahead(store: Store, by: timedelta) -> None:
    """Leave everything as a process has whose clock ran so far ahead."""
    interval = f"toIntervalMicrosecond({by // MICROSECOND})"
    for table, (column, kind) in versioned(store).items():
        moved = f"CAST({column} + {interval}, $${kind}$$)" if "Date" in kind else f"{column} + {by // MICROSECOND}"
        store.command(f"INSERT INTO {table} SELECT * REPLACE ({moved} AS {column}) FROM {table} FINAL")
