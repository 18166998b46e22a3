"""`banwatch backup`: this module writes every table of the database to files, over ClickHouse's HTTP interface.

The engine's own BACKUP is not used. chDB may write a backup nowhere (`backups.allowed_path` is a server's setting), and
a server writes the files on its own machine. Reading over HTTP works the same on both.

Workers may go on during a backup. Tables are read one after another, and their order keeps the backup consistent.
Progress, health and spikes are read before the posts, so the posts reach at least as far as the progress says. Counts
and tombstones are read after the posts. A restore recounts every minute that was counted since the backup began, and
blanks every post that a tombstone names.
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
from deploy.backup.manifest import Applied, BackupUnusable, File, Manifest
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
    """Write a backup to a directory that does not exist yet, and return its manifest.

    The directory gets its name after all files are written.

    Raises:
        BackupUnusable: the target exists, or is not writable.
    """
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
    # A database of an older banwatch has no marks if it is saved before its migration.
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
    """Return the sort key of a table: progress, health and spikes first, then posts, then counts and tombstones."""
    return (2 if table.startswith((COUNTS, TOMBSTONES)) else table == POSTS, table)


def _save_table(store: Store, table: str, *, versioned: bool, folder: Path) -> Iterator[File]:
    if table in {LEDGER, MARKS}:
        return  # the migrations create the ledger; the first version taken after a restore creates the marks
    for (partition,) in store.query(_PARTITIONS, {"table": table}):
        # A backup holds the newest versions only, so that no deleted or replaced text is in it.
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
