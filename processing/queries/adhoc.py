"""Queries in SQL that people write: run as the reader, bounded, and cancelled at any moment."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from processing.contract import ClickHouseAddress
from processing.queries.reader import Reader
from processing.queries.table import FORMAT, Table, read_table
from processing.store.client import Store, StoreFailure, StoreRefused
from processing.store.interruption import Interruption

_SLACK = timedelta(seconds=10)
"""The time that a client waits beyond the engine's own limit."""
_PLACE = re.compile(r"failed at position (\d+)(?: \((.*?)\))? ?(?:\(line (\d+), col (\d+)\))?", re.DOTALL)
_NAME = re.compile(r"[`']([^`']{1,200})[`']|(?:table function|function|table) (\w[\w.]{0,199}\w)", re.IGNORECASE)


class Cancelled(Exception):
    """The query was cancelled while it ran."""


@dataclass(frozen=True)
class Place:
    """A place in a query, in characters, from `start` to `end`. `line` and `column` begin at 1."""

    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True)
class ReaderLimits:
    """The limits of a reader's query. Zero means that there is none."""

    seconds: int
    memory: int
    rows: int
    """The rows that a query may read."""


class AdHocQuery:
    """One query of one person. It runs once, in any thread, and may be cancelled from another."""

    def __init__(self, address: ClickHouseAddress, sql: str, *, most_rows: int, most_bytes: int) -> None:
        self._address = address
        self._sql = sql.rstrip("; \r\n\t")
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._interruption = Interruption()

    def run(self) -> Table:
        """Return the result, at most `most_rows` rows and about `most_bytes` bytes of it.

        Raises:
            Cancelled: `cancel` was called.
            StoreUnavailable, StoreRefused, StoreDamaged: there is no result.
        """
        try:
            with (
                Store(self._address, interruption=self._interruption) as store,
                # One row more than is returned shows that the result goes on. The engine stops at this row.
                store.stream(self._sql, format=FORMAT, settings={"limit": str(self._most_rows + 1)}) as answer,
            ):
                if answer.format != FORMAT:
                    raise StoreRefused("Leave the FORMAT clause out: the page shows the result in its own form.")
                return read_table(answer.pieces, most_rows=self._most_rows, most_bytes=self._most_bytes)
        except StoreFailure as error:
            if self._interruption.over:
                raise Cancelled from error
            raise

    def cancel(self) -> None:
        """End the query: the engine stops working on it."""
        self._interruption.end()


def adhoc_address(address: ClickHouseAddress, limits: ReaderLimits) -> ClickHouseAddress:
    """Return the address with a timeout that leaves it to the engine to end a query at its limit."""
    return replace(address, timeout=timedelta(seconds=limits.seconds) + _SLACK)


def reader_limits(reader: Reader) -> ReaderLimits:
    """Return the limits that the store sets for this user."""
    [(seconds, memory, rows)] = reader.query(
        """
        SELECT
            toUInt64(getSetting('max_execution_time')),
            toUInt64(getSetting('max_memory_usage')),
            toUInt64(getSetting('max_rows_to_read'))
        """
    )
    return ReaderLimits(seconds, memory, rows)


@dataclass(frozen=True)
class Vocabulary:
    """The names of the engine's SQL."""

    functions: tuple[str, ...]
    keywords: tuple[str, ...]
    types: tuple[str, ...]


def vocabulary(reader: Reader) -> Vocabulary:
    """Return the names that a query may use."""
    functions = reader.query(
        "SELECT name FROM system.functions WHERE alias_to = '' AND name NOT LIKE '\\_%' ORDER BY name"
    )
    keywords = reader.query(
        "SELECT DISTINCT arrayJoin(splitByChar(' ', keyword)) AS word FROM system.keywords ORDER BY word"
    )
    types = reader.query("SELECT name FROM system.data_type_families WHERE alias_to = '' ORDER BY name")
    return Vocabulary(*(tuple(str(name) for (name,) in rows) for rows in (functions, keywords, types)))


def place_of(message: str, sql: str) -> Place | None:
    """Return the place in a query that an error names: by its position, or by a name that occurs in the query."""
    if found := _PLACE.search(message):
        # The engine counts bytes, from 1, and stands at the first character that it cannot read.
        start = len(sql.encode()[: int(found[1]) - 1].decode("utf-8", "ignore"))
        word = re.compile(r"\w+|\S|$").search(sql, min(start, len(sql)))
        return _place(sql, word.start() if word else len(sql), word.end() if word else len(sql))
    for found in _NAME.finditer(message):
        name = found[1] or found[2]
        if there := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE):
            return _place(sql, there.start(), there.end())
    return None


def _place(sql: str, start: int, end: int) -> Place:
    before = sql[:start]
    return Place(start, end, before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1)
