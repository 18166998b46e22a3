"""Bring a database to the newest schema: numbered SQL files, each applied once, in order.

A file that was applied and has changed since stops everything: the database and the code no longer agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

import stamina

from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreUnavailable

LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt32 COMMENT 'of the migration',
    name String COMMENT 'of its file',
    checksum String COMMENT 'SHA-256 of its text when it was applied',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY number
COMMENT 'which migrations this database has seen'
"""


class SchemaConflict(Exception):
    """The database was built by other migrations than the ones shipped here."""


@dataclass(frozen=True)
class Migration:
    """One numbered SQL file. Its statements end with a semicolon at the end of a line."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """The statements, without comments and semicolons."""
        code = "\n".join(line for line in self.text.splitlines() if not line.startswith("--"))
        for statement in code.split(";\n"):
            if text := statement.strip().removesuffix(";"):
                yield text


def shipped() -> tuple[Migration, ...]:
    """The migrations of this version, in order."""
    files = resources.files("processing.store").joinpath("migrations").iterdir()
    named = sorted((file for file in files if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(Migration(int(file.name.split("_", 1)[0]), file.name, file.read_text("utf-8")) for file in named)


def pending(store: Store, migrations: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """Those that the database has not seen.

    Raises:
        SchemaConflict: it has seen one that differs from ours, or one that we do not know.
    """
    rows = store.query("SELECT number, name, checksum FROM schema_migrations FINAL")
    seen = {number: (name, checksum) for number, name, checksum in rows}
    known = {migration.number: migration for migration in migrations}
    for number, (name, checksum) in sorted(seen.items()):
        if number not in known:
            raise SchemaConflict(
                f"The database has seen migration {name}, which this banwatch does not know: upgrade it."
            )
        if known[number].checksum != checksum:
            raise SchemaConflict(f"Migration {name} has changed since the database saw it: restore the shipped file.")
    return tuple(migration for migration in migrations if migration.number not in seen)


@stamina.retry(on=StoreUnavailable, attempts=None, timeout=60)
def connect_for_setup(address: ClickHouseAddress) -> Store:
    """A store that is known to have our database, created where it is missing."""
    with Store(address, database="default") as server:
        server.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", {"name": address.database})
    return Store(address)


def migrate(address: ClickHouseAddress, *, dry_run: bool = False) -> tuple[Migration, ...]:
    """Apply what is pending and return it. A dry run only returns it."""
    with connect_for_setup(address) as store:
        store.command(LEDGER)
        todo = pending(store, shipped())
        for migration in () if dry_run else todo:
            for statement in migration.statements():
                store.command(statement)
            store.insert(
                "schema_migrations",
                ["number", "name", "checksum"],
                [[migration.number], [migration.name], [migration.checksum]],
            )
        return todo
