"""Migration of a database to the newest schema, by numbered SQL files that are each applied once, in order.

An applied file that has changed since stops the migration, because the database and the code no longer agree.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources

from ingest.errors import Failure
from ingest.retry import retry_while_unavailable
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.lock import schema_lock
from processing.store.schema import bare_views, is_replicated, render, with_rights_of_writer

LEDGER = """\
CREATE TABLE schema_migrations
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


STATEMENT_WITHIN = timedelta(hours=1)
"""The longest time for one statement of a migration. Some rewrite a column of every post and answer only then."""

ANSWERS_WITHIN = timedelta(minutes=1)
"""How long the first connection to a store that does not answer is retried."""


class SchemaConflict(Failure):
    """The database was built by other migrations than the shipped ones."""


@dataclass(frozen=True)
class Migration:
    """One numbered SQL file. Each statement ends with a semicolon at the end of a line."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """Yield the statements, without comments and semicolons."""
        code = "\n".join(line for line in self.text.splitlines() if not line.startswith("--"))
        for statement in code.split(";\n"):
            if text := statement.strip().removesuffix(";"):
                yield text


def shipped() -> tuple[Migration, ...]:
    """Return the migrations of this version, in order."""
    files = resources.files("processing.store").joinpath("migrations").iterdir()
    named = sorted((file for file in files if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(Migration(int(file.name.split("_", 1)[0]), file.name, file.read_text("utf-8")) for file in named)


def pending(store: Store, migrations: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """Return the migrations that the database has not applied.

    Raises:
        SchemaConflict: the database has applied a migration that is unknown here or has another text.
    """
    state = inspect(store, migrations)
    if state.conflicts:
        raise SchemaConflict(state.conflicts[0])
    return state.pending


@dataclass(frozen=True)
class SchemaState:
    """The migrations that a database lacks, and a sentence for each that it has applied in another form than here."""

    pending: tuple[Migration, ...]
    conflicts: tuple[str, ...]


def inspect(store: Store, migrations: tuple[Migration, ...]) -> SchemaState:
    """Compare the migrations that the database has applied with these. Nothing is changed.

    Raises:
        StoreRefused: the database or its table of migrations does not exist.
    """
    rows = store.query("SELECT number, name, checksum FROM schema_migrations FINAL")
    seen = {number: (name, checksum) for number, name, checksum in rows}
    known = {migration.number: migration for migration in migrations}
    conflicts = []
    for number, (name, checksum) in sorted(seen.items()):
        if number not in known:
            conflicts.append(f"The database has seen migration {name}, which this banwatch does not know: upgrade it.")
        elif known[number].checksum != checksum:
            conflicts.append(f"Migration {name} has changed since the database saw it: restore the shipped file.")
    missing = tuple(migration for migration in migrations if migration.number not in seen)
    return SchemaState(missing, tuple(conflicts))


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """The status of one migration. `applied_at` is None while it is pending."""

    name: str
    applied_at: datetime | None


def connect_for_setup(address: ClickHouseAddress) -> Store:
    """Return a store with banwatch's database, which is created if it is missing.

    Raises:
        StoreUnavailable: the store has not answered within a minute.
    """
    return retry_while_unavailable(lambda: _with_database(address), threading.Event(), within=ANSWERS_WITHIN)


def _with_database(address: ClickHouseAddress) -> Store:
    with Store(address, database="default") as server:
        server.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", {"name": address.database})
    return Store(address)


def migrate(address: ClickHouseAddress, *, dry_run: bool = False) -> tuple[Migration, ...]:
    """Apply the pending migrations and return them. A dry run only returns them.

    Several processes may call this at once: one applies the migrations, and the others wait. The next process finishes
    an interrupted migration.

    Raises:
        SchemaConflict: the database was built by other migrations.
        SchemaLocked: another process has held the lock for too long.
    """
    with connect_for_setup(address) as store:
        replicated = is_replicated(store)
        _make_ledger(store, replicated=replicated)
        todo = pending(store, shipped())
        if dry_run or not (todo or bare_views(store)):
            return todo
        with Store(patient(address)) as waiting, schema_lock(store) as renew:
            todo = pending(store, shipped())
            for migration in todo:
                _apply(waiting, migration, renew, replicated=replicated)
            for view in bare_views(waiting):
                waiting.command(with_rights_of_writer(view))
        return todo


def patient(address: ClickHouseAddress) -> ClickHouseAddress:
    """Return the address with a timeout that is long enough for a migration.

    The address's own timeout stays for checks of whether a store answers.
    """
    return replace(address, timeout=max(address.timeout, STATEMENT_WITHIN))


def status(address: ClickHouseAddress) -> tuple[MigrationStatus, ...]:
    """Return the status of every migration of this version, in order.

    Raises:
        SchemaConflict: the database was built by other migrations.
    """
    with connect_for_setup(address) as store:
        _make_ledger(store, replicated=is_replicated(store))
        pending(store, shipped())
        applied: dict[int, datetime] = dict(store.query("SELECT number, applied_at FROM schema_migrations FINAL"))
        return tuple(MigrationStatus(each.name, applied.get(each.number)) for each in shipped())


def _apply(store: Store, migration: Migration, renew: Callable[[], None], *, replicated: bool) -> None:
    for statement in migration.statements():
        renew()
        _run(store, statement, replicated=replicated)
    store.insert(
        "schema_migrations",
        ["number", "name", "checksum"],
        [[migration.number], [migration.name], [migration.checksum]],
    )


def _make_ledger(store: Store, *, replicated: bool) -> None:
    """Make the table of applied migrations if it is missing.

    Where servers share a database, even a statement that changes nothing waits for all of them.
    """
    if store.query("EXISTS TABLE schema_migrations") != [(1,)]:
        _run(store, LEDGER, replicated=replicated)


def _run(store: Store, statement: str, *, replicated: bool) -> None:
    for rendered in render(statement, replicated=replicated):
        store.command(rendered)
