"""All tables of two databases change places, or none does.

Tables are exchanged one by one. An error between two of them is undone; a process that is killed there leaves its mark,
and what it leaves is not dropped: it may be the only copy.
"""

from __future__ import annotations

from collections.abc import Sequence

from processing.store.client import Store

SWAPPING = "swap_is_not_finished"
"""A table in the database beside, for as long as some tables may have changed places and others not."""


def swap(store: Store, here: str, there: str, tables: Sequence[str]) -> None:
    """Exchange the tables of `here` with their namesakes `there`."""
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
        # By what each table is, not by what was answered: an exchange may have happened whose answer was lost.
        for table, identity in _identities(store, here).items():
            if table in tables and before.get(table) != identity:
                _exchange(store, here, there, table)
        _unmark(store, there)
        raise
    _unmark(store, there)


def drop_unless_swapping(store: Store, database: str) -> bool:
    """Drop a database where restores are built; False, and nothing is dropped, where a swap was not finished."""
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
