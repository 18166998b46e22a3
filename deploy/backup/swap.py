"""This module exchanges all tables of two databases, or none.

Tables are exchanged one by one. After an error between two exchanges, the earlier exchanges are reversed. A killed
process leaves a mark, and the marked database is not dropped, because it may hold the only copy of the data.
"""

from __future__ import annotations

from collections.abc import Sequence

from processing.store.client import Store

SWAPPING = "swap_is_not_finished"
"""The mark: a table in the second database that exists while only some of the tables may be exchanged."""


def swap(store: Store, here: str, there: str, tables: Sequence[str]) -> None:
    """Exchange each table of the database `here` with the table of the same name in `there`."""
    before = _identities(store, here)
    store.command(
        "CREATE TABLE {there:Identifier}.{mark:Identifier} (nothing UInt8) ENGINE = MergeTree ORDER BY ()"
        " COMMENT 'a restore stopped while tables changed places'",
        {"there": there, "mark": SWAPPING},
    )
    try:
        for table in tables:
            _exchange(store, here, there, table)
    except BaseException:
        # The tables' identities decide, not the answers: an exchange may have succeeded although its answer was lost.
        for table, identity in _identities(store, here).items():
            if table in tables and before.get(table) != identity:
                _exchange(store, here, there, table)
        _unmark(store, there)
        raise
    _unmark(store, there)


def drop_unless_swapping(store: Store, database: str) -> bool:
    """Drop the database in which a restore builds its tables, and return True.

    A database with the mark of an unfinished exchange is not dropped, and False is returned.
    """
    at = {"database": database, "mark": SWAPPING}
    if store.query("SELECT 1 FROM system.tables WHERE database = {database:String} AND name = {mark:String}", at):
        return False
    store.command("DROP DATABASE IF EXISTS {database:Identifier} SYNC", at)
    return True


def _identities(store: Store, database: str) -> dict[str, object]:
    rows = store.query("SELECT name, uuid FROM system.tables WHERE database = {name:String}", {"name": database})
    return {str(name): identity for name, identity in rows}


def _exchange(store: Store, here: str, there: str, table: str) -> None:
    store.command(
        "EXCHANGE TABLES {here:Identifier}.{table:Identifier} AND {there:Identifier}.{table:Identifier}",
        {"here": here, "there": there, "table": table},
    )


def _unmark(store: Store, there: str) -> None:
    store.command("DROP TABLE {there:Identifier}.{mark:Identifier} SYNC", {"there": there, "mark": SWAPPING})
