"""Rendering of schema statements: each becomes repeatable, and replicates itself where its database does.

The migrations are written for one server and never change. A database with the engine Replicated repeats every
statement on all servers by itself. The rows of a table follow only if the table's engine is replicated too.
"""

from __future__ import annotations

import re

from processing.store.client import Store

ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)", re.MULTILINE)

REPEATABLE = (
    (re.compile(r"^CREATE TABLE (?!IF )"), "CREATE TABLE IF NOT EXISTS "),
    (re.compile(r"^CREATE VIEW "), "CREATE OR REPLACE VIEW "),
    (re.compile(r"^DROP (TABLE|VIEW) (?!IF )"), r"DROP \1 IF EXISTS "),
    (re.compile(r"\bADD (COLUMN|INDEX) (?!IF )"), r"ADD \1 IF NOT EXISTS "),
)

_DATABASE_ENGINE = "SELECT engine FROM system.databases WHERE name = currentDatabase()"


def is_replicated(store: Store) -> bool:
    """Return whether the store's database has the engine Replicated, as on ClickHouse servers that share a Keeper."""
    return store.query(_DATABASE_ENGINE) == [("Replicated",)]


def render(statement: str, *, replicated: bool = False) -> str:
    """Return the statement to run for one statement of a migration. `replicated` is of the database.

    An interrupted migration starts again from its beginning, so each statement leaves existing objects unchanged.
    """
    for pattern, repeatable in REPEATABLE:
        statement = pattern.sub(repeatable, statement)
    return ENGINE.sub(r"ENGINE = Replicated\1", statement) if replicated else statement
