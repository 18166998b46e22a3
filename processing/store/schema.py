"""Rendering of schema statements: each becomes repeatable, and replicates itself where its database does.

The migrations are written for one server and never change. A database with the engine Replicated repeats every
statement on all servers by itself. The rows of a table follow only if the table's engine is replicated too. Such a
database refuses an ALTER that changes columns and comments at once.
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

_NEXT_COMMAND = re.compile(r",\n    (?=(?:ADD|COMMENT) COLUMN )")
_BARE_VIEWS = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND engine = 'View' AND position(create_table_query, ' SQL SECURITY ') = 0
    AND getSetting('default_normal_view_sql_security') = 'DEFINER'
ORDER BY name
"""
_DATABASE_ENGINE = "SELECT engine FROM system.databases WHERE name = currentDatabase()"


def is_replicated(store: Store) -> bool:
    """Return whether the store's database has the engine Replicated, as on ClickHouse servers that share a Keeper."""
    return store.query(_DATABASE_ENGINE) == [("Replicated",)]


def bare_views(store: Store) -> list[str]:
    """Return the views without rights of their own, where the writer's profile asks for those of the writer.

    ClickHouse passes over `default_normal_view_sql_security` unless its configuration turns
    `ignore_empty_sql_security_in_create_view_query` off. A reader has no rights on what is behind such a view.
    """
    return [str(name) for (name,) in store.query(_BARE_VIEWS)]


def with_rights_of_writer(view: str) -> str:
    """Return the statement that lets a view run with the rights of the user who sends it."""
    return f"ALTER TABLE {view} MODIFY SQL SECURITY DEFINER"


def render(statement: str, *, replicated: bool = False) -> tuple[str, ...]:
    """Return the statements to run for one statement of a migration. `replicated` is of the database.

    An interrupted migration starts again from its beginning, so each statement leaves existing objects unchanged.
    """
    for pattern, repeatable in REPEATABLE:
        statement = pattern.sub(repeatable, statement)
    return _replicated(statement) if replicated else (statement,)


def _replicated(statement: str) -> tuple[str, ...]:
    if not statement.startswith("ALTER TABLE "):
        return (ENGINE.sub(r"ENGINE = Replicated\1", statement),)
    table, _, commands = statement.partition("\n    ")
    return tuple(f"{table}\n    {command}" for command in _NEXT_COMMAND.split(commands)) if commands else (statement,)
