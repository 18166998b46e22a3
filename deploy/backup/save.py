"""`banwatch backup`: every table of the database as files, read over HTTP from whatever ClickHouse holds it.

The engine's own BACKUP is not used: chDB has no place that it may write one to (`backups.allowed_path` is a server's
setting), and on a server its files lie where the server is. What is read here is the same on both.

A worker may go on meanwhile. Tables are read one after another, so the order makes the whole consistent: what says how
far something has come (progress, health, spikes) is read before the posts, which are then at least that far; the
counts are read behind the posts, and a restore counts again every minute that was counted since the backup began. So
are the tombstones, and a restore blanks whatever they name.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from deploy.backup import manifest
from deploy.backup.manifest import Applied, BackupUnusable, File, Manifest, refuse_cluster
from processing.contract import ClickHouseAddress
from processing.store.client import Store, StreamedRows
from processing.store.versions import take_version

COPY_TIMEOUT = timedelta(hours=1)
POSTS, COUNTS, TOMBSTONES = "post_versions", "count", "tombstone"
LEDGER = "schema_migrations"
MARKS = "version_marks"
_TABLES = """
SELECT name, engine LIKE '%Replacing%' OR engine LIKE '%Aggregating%' OR engine LIKE '%Summing%'
FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
"""
_PARTITIONS = """
SELECT DISTINCT partition_id FROM system.parts
WHERE database = currentDatabase() AND table = {table:String} AND active ORDER BY partition_id
"""


def save(address: ClickHouseAddress, target: Path, say: Callable[[str], None]) -> Manifest:
    """Write a backup to a directory that does not exist yet. It gets its name when it is whole.

    Raises:
        BackupUnusable: something is there already, nothing can be written there, or the store is on a cluster.
    """
    refuse_cluster(address)
    if target.exists():
        raise BackupUnusable(f"There is something at {target} already: name another place for the backup.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(parents=True, mode=0o700)
        with Store(replace(address, timeout=COPY_TIMEOUT)) as store:
            made = _save(store, unfinished, say)
        unfinished.rename(target)
    except OSError as error:
        raise BackupUnusable(f"The backup cannot be written to {target}: {error.strerror}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return made


def _save(store: Store, folder: Path, say: Callable[[str], None]) -> Manifest:
    [(clock, engine, database)] = store.query("SELECT toUnixTimestamp64Micro(now64(6)), version(), currentDatabase()")
    tables: dict[str, int] = {str(name): int(versioned) for name, versioned in store.query(_TABLES)}
    if LEDGER not in tables:
        raise BackupUnusable(f"The database {database} holds no tables of banwatch: there is nothing to back up.")
    # A database that an older banwatch made, and that is to be saved before it is migrated, has no marks.
    began = take_version(store) if MARKS in tables else int(clock)
    files: list[File] = []
    for table in sorted(tables, key=order):
        files += _save_table(store, table, versioned=bool(tables[table]), folder=folder)
        say(f"{table}: {sum(file.rows for file in files if file.table == table):,} rows")
    ledger = store.query("SELECT number, name, checksum FROM schema_migrations FINAL ORDER BY number")
    made = Manifest(
        layout=manifest.LAYOUT,
        database=str(database),
        engine=str(engine),
        made_at=datetime.now(UTC),
        began=began,
        migrations=tuple(Applied(*row) for row in ledger),
        files=tuple(files),
    )
    manifest.write(folder, made)
    return made


def order(table: str) -> tuple[int, str]:
    """Posts behind all that says how far they are; behind the posts, their counts and the word of what is gone."""
    return (2 if table.startswith((COUNTS, TOMBSTONES)) else table == POSTS, table)


def _save_table(store: Store, table: str, *, versioned: bool, folder: Path) -> Iterator[File]:
    if table in {LEDGER, MARKS}:
        return  # the migrations make the one, the first version taken behind a restore the other
    for (partition,) in store.query(_PARTITIONS, {"table": table}):
        # The newest versions only: what was deleted or edited away is not in a backup.
        rows = f"SELECT * FROM `{table}` {'FINAL' if versioned else ''} WHERE _partition_id = {{partition:String}}"  # noqa: S608 - a name that the server gave
        with store.stream(rows, {"partition": partition}, format="Native") as result:
            yield _write(folder, table, f"{table}.{partition}.native.zst", result)


def _write(folder: Path, table: str, name: str, result: StreamedRows) -> File:
    path = folder / name
    with path.open("wb") as raw, zstandard.ZstdCompressor(level=3).stream_writer(raw) as compressed:
        for piece in result.pieces:
            compressed.write(piece)
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return File(table, name, result.rows, path.stat().st_size, digest)
