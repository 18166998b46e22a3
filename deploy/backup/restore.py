"""`banwatch restore`: this module loads a backup into a database, as a whole or not at all.

A restore loads, counts and compares all tables in a second database beside the real one. Then each table of the second
database changes places with the table of the same name, which takes no time. An error before the exchange leaves the
real database unchanged. A post that either database records as deleted loses its text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from deploy.backup import manifest
from deploy.backup.manifest import BackupUnusable, Manifest
from deploy.backup.save import COPY_TIMEOUT, LEDGER, MARKS, POSTS
from deploy.backup.swap import drop_unless_swapping, swap
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.deletions import blank_everything_gone
from processing.store.migrate import migrate, shipped
from processing.store.retention import enforce_what_is_applied
from processing.store.schema import is_replicated
from processing.store.writer import recount

FORMER = frozenset({"deliveries", "watch_state_versions"})
"""Tables of an older banwatch that a migration has dropped: a restore leaves them out, as an upgrade does."""

EXPIRING = frozenset({"erasures", "rejected_versions"})
"""Tables whose rows expire, also during a restore, which may then hold fewer of them than the backup."""

_TABLES = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"
# A post that was deleted after the backup stays deleted.
_KEEP_TOMBSTONES = "INSERT INTO tombstone_versions SELECT * FROM {here:Identifier}.tombstone_versions"
# A minute counted since the backup began may include posts that the backup does not hold. A minute with more posts than
# its count was written, but not yet counted, when the backup read the counts.
_TO_RECOUNT = """
SELECT minute FROM count_versions WHERE version >= {began:UInt64}
UNION DISTINCT
SELECT minute FROM
(
    SELECT toStartOfMinute(created_at) AS minute, source, count() AS found, countIf(deleted) AS gone
    FROM post_versions FINAL GROUP BY minute, source
) AS written
LEFT JOIN
(
    SELECT minute, source, sum(posts) AS posts, sum(deleted) AS deleted
    FROM count_versions FINAL WHERE topic = '*' GROUP BY minute, source
) AS counted USING (minute, source)
WHERE found > counted.posts OR gone > counted.deleted
ORDER BY minute
"""


def restore(
    address: ClickHouseAddress, folder: Path, say: Callable[[str], None], *, replacing: bool = False
) -> Manifest:
    """Load a backup into the database of the address, and return the backup's manifest.

    `replacing` drops the old contents.

    Raises:
        BackupUnusable: the backup is incomplete or comes from a newer banwatch; the database is not empty or is
            replicated; or a kill stopped an earlier restore in its exchange.
    """
    found = manifest.read(folder)
    _check_migrations(found)
    beside = replace(address, database=f"{address.database}_restoring", timeout=COPY_TIMEOUT)
    migrate(address)
    with Store(address) as store:
        if is_replicated(store):
            raise BackupUnusable(
                f"The database {address.database} is replicated, and its tables cannot change places with restored"
                " ones: use ClickHouse's own BACKUP and RESTORE, see docs/production.md."
            )
        if not replacing and (full := _not_empty(store)):
            raise BackupUnusable(
                f"The database {address.database} is not empty ({full} has rows): say --replace to drop what it holds."
            )
        if not drop_unless_swapping(store, beside.database):
            raise BackupUnusable(
                f"A restore was cut off while it swapped: {beside.database} may hold what {address.database} held, so"
                f" look at both and drop {beside.database} yourself."
            )
        try:
            migrate(beside)
            with Store(beside) as staged:
                _load(staged, folder, found, say)
                enforce_what_is_applied(staged)
                staged.command(_KEEP_TOMBSTONES, {"here": address.database})
                say(f"{_recount(staged, found, blank_everything_gone(staged)):,} minutes counted again")
                tables = [str(name) for (name,) in staged.query(_TABLES) if name != LEDGER]
            swap(store, address.database, beside.database, tables)
        finally:
            drop_unless_swapping(store, beside.database)
    return found


def _check_migrations(found: Manifest) -> None:
    ours = {migration.number: migration.checksum for migration in shipped()}
    for applied in found.migrations:
        if ours.get(applied.number) != applied.checksum:
            raise BackupUnusable(
                f"The backup was made with migration {applied.name}, which this banwatch does not have: upgrade it."
            )


def _not_empty(store: Store) -> str:
    for (table,) in store.query(_TABLES):
        if table not in {LEDGER, MARKS} and store.query("SELECT 1 FROM {table:Identifier} LIMIT 1", {"table": table}):
            return str(table)
    return ""


def _load(store: Store, folder: Path, found: Manifest, say: Callable[[str], None]) -> None:
    known = {table for (table,) in store.query(_TABLES)}
    for file in found.files:
        if file.table in FORMER:
            continue
        if file.table not in known:
            raise BackupUnusable(f"The backup holds the table {file.table}, which this banwatch does not have.")
        with (folder / file.name).open("rb") as data:
            written = store.insert_file(file.table, data)
        if written != file.rows:
            raise BackupUnusable(f"{file.name} says {file.rows:,} rows and {written:,} were restored: it is not whole.")
    for table, rows in sorted(found.rows().items()):
        if table in FORMER:
            continue
        [(stored,)] = store.query("SELECT count() FROM {table:Identifier}", {"table": table})
        if stored > rows or (stored < rows and table not in EXPIRING):
            raise BackupUnusable(f"{table} has {stored:,} rows after the restore instead of {rows:,}.")
        say(f"{table}: {rows:,} rows")


def _recount(store: Store, found: Manifest, blanked: set[datetime]) -> int:
    minutes = blanked | {minute for (minute,) in store.query(_TO_RECOUNT, {"began": found.began})}
    recount(store, minutes)
    if left := len(_uncounted(store)):
        raise BackupUnusable(f"{left:,} minutes of {POSTS} do not agree with their counts after the restore.")
    return len(minutes)


def _uncounted(store: Store) -> list[object]:
    return [minute for (minute,) in store.query(_TO_RECOUNT, {"began": 2**63})]
