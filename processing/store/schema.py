"""Rendering of schema statements: each becomes repeatable, and runs on a cluster if there is one.

The migrations are written for one server and never change. On a cluster, the table `x` becomes `x_local`, replicated on
every shard, and `x` becomes a Distributed table over them. Rows are distributed by their identity, so all versions of a
row lie on one shard. FINAL, which each shard applies on its own, is therefore correct.
"""

from __future__ import annotations

import re

TABLE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+)")
ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)", re.MULTILINE)
ORDER_BY = re.compile(r"^ORDER BY (.+?)$", re.MULTILINE)
COMMENT = re.compile(r"^COMMENT '.*'$", re.MULTILINE)

SHARDED_BY = {"post_versions": "source, id"}
"""Table -> the distribution key, if it is not the whole sorting key. A delete knows a post's id but not its minute."""

REPEATABLE = (
    (re.compile(r"^CREATE TABLE (?!IF )"), "CREATE TABLE IF NOT EXISTS "),
    (re.compile(r"^CREATE VIEW "), "CREATE OR REPLACE VIEW "),
    (re.compile(r"^DROP (TABLE|VIEW) (?!IF )"), r"DROP \1 IF EXISTS "),
    (re.compile(r"\bADD (COLUMN|INDEX) (?!IF )"), r"ADD \1 IF NOT EXISTS "),
)

ON_ONE = re.compile(r"^(CREATE OR REPLACE VIEW \w+|DROP VIEW IF EXISTS \w+|CREATE DATABASE IF NOT EXISTS \S+)")
DROPPED = re.compile(r"^DROP TABLE IF EXISTS \w+")
ON_LOCAL = re.compile(r"^(ALTER|OPTIMIZE) TABLE (\w+)")


def render(statement: str, cluster: str = "") -> tuple[str, ...]:
    """Return the statements to run for one statement of a migration. `cluster` is the cluster's name, or empty.

    An interrupted migration starts again from its beginning, so each statement leaves existing objects unchanged.
    """
    for pattern, repeatable in REPEATABLE:
        statement = pattern.sub(repeatable, statement)
    return _on_cluster(statement, cluster) if cluster else (statement,)


def _on_cluster(statement: str, cluster: str) -> tuple[str, ...]:
    where = f"ON CLUSTER '{cluster}'"
    if table := TABLE.match(statement):
        return _replicated(statement, table[1], where), _distributed(statement, table[1], cluster)
    if ON_LOCAL.match(statement):
        local = ON_LOCAL.sub(rf"\1 TABLE \2_local {where}", statement)
        # A Distributed table has only columns of its own; indexes, settings and mutations belong to the shards.
        return (local, ON_LOCAL.sub(rf"\1 TABLE \2 {where}", statement)) if _changes_columns(statement) else (local,)
    if table := DROPPED.match(statement):
        return f"{table[0]} {where}", f"{table[0]}_local {where}"
    if ON_ONE.match(statement):
        return (ON_ONE.sub(rf"\1 {where}", statement),)
    return (statement,)


def _replicated(statement: str, name: str, where: str) -> str:
    local = TABLE.sub(f"CREATE TABLE IF NOT EXISTS {name}_local {where}", statement)
    return ENGINE.sub(r"ENGINE = Replicated\1", local)


def _distributed(statement: str, name: str, cluster: str) -> str:
    order = ORDER_BY.search(statement)
    comment = COMMENT.search(statement)
    if order is None:
        raise ValueError(f"Table {name} has no ORDER BY on a line of its own, so its rows cannot be dealt out.")
    key = SHARDED_BY.get(name, order[1].removeprefix("(").removesuffix(")"))
    return (
        f"CREATE TABLE IF NOT EXISTS {name} ON CLUSTER '{cluster}' AS {name}_local\n"
        f"ENGINE = Distributed('{cluster}', currentDatabase(), {name}_local, cityHash64({key}))\n"
        f"{comment[0] if comment else ''}"
    ).rstrip()


def _changes_columns(statement: str) -> bool:
    of_storage_alone = re.search(r"\b(TTL|CODEC)\b", statement)
    return not of_storage_alone and bool(re.search(r"\b(ADD|DROP|RENAME|COMMENT|MODIFY) COLUMN\b", statement))
