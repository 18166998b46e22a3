"""A backup, a wipe and a restore: the same rows and views; and nothing half-restored, whatever is wrong with it."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from deploy.backup import manifest
from deploy.backup.manifest import Applied, BackupUnusable, Manifest
from deploy.backup.restore import EXPIRING, FORMER, restore
from deploy.backup.save import order, save
from deploy.backup.swap import SWAPPING
from processing.contract import ClickHouseAddress, TaggedPost
from processing.store.client import Store, StoreRefused
from processing.store.deletions import delete_posts
from processing.store.migrate import shipped
from processing.store.purge import purge
from processing.store.records import write_scored_until
from processing.store.retention import Retention, apply_retention
from processing.store.writer import recount, write_posts
from tests.conftest import NOON, Template, a_post, new_database
from tests.support.clocks import as_if_ahead
from tests.support.stacks import Installation

pytestmark = pytest.mark.long

VIEWS = ("posts", "counts", "spikes", "incidents", "watch_progress")
# What a recount of everything gives, beside what `counts` says.
RECOUNTED = """
SELECT toStartOfMinute(created_at) AS minute, arrayJoin(arrayConcat(topics, ['*'])) AS topic, language, source,
    count(), uniqExact(if(author = '', concat('\\0', id), author)), countIf(backfill), countIf(deleted)
FROM posts GROUP BY minute, topic, language, source ORDER BY ALL
"""
COUNTED = "SELECT minute, topic, language, source, posts, authors, backfilled, deleted FROM counts ORDER BY ALL"


def tagged(number: int, **fields: object) -> TaggedPost:
    at = NOON + timedelta(seconds=number * 7)
    post = a_post(
        **{"id": str(number), "created_at": at, "author": f"a{number % 9}", "text": f"TikTok \0\t{number}"} | fields
    )
    return TaggedPost(post, "en" if number % 3 else "ar", 0.5, ("ban",) if number % 2 else (), "1")


def fill(store: Store, posts: list[TaggedPost]) -> None:
    recount(store, write_posts(store, posts))


def contents(address: ClickHouseAddress) -> dict[str, list[tuple[object, ...]]]:
    with Store(address) as store:
        return {view: store.query(f"SELECT * FROM {view} ORDER BY ALL") for view in VIEWS}


def quietly(_: str) -> None:
    return


@pytest.fixture
def address(template: Template) -> Iterator[ClickHouseAddress]:
    """What stands beside the database bears its name, and a test stops the merges of a table."""
    yield from new_database(template)


@pytest.fixture
def other(address: ClickHouseAddress) -> ClickHouseAddress:
    """An empty database beside the test's own."""
    return replace(address, database=f"{address.database}_other")


@pytest.fixture
def saved(store: Store, address: ClickHouseAddress, tmp_path: Path) -> Path:
    fill(store, [tagged(number) for number in range(500)])
    fill(store, [tagged(3, text="edited TikTok", seen_at=NOON + timedelta(days=40))])
    fill(store, [tagged(number, created_at=NOON + timedelta(days=60, seconds=number)) for number in range(500, 600)])
    write_scored_until(store, NOON)
    save(address, tmp_path / "backup", quietly)
    return tmp_path / "backup"


def test_backup_wipe_restore(saved: Path, address: ClickHouseAddress, store: Store) -> None:
    before = contents(address)
    assert len(before["posts"]) == 600
    with Store(address, database="default") as server:
        server.command("DROP DATABASE {name:Identifier} SYNC", {"name": address.database})
    restore(address, saved, quietly)
    assert contents(address) == before
    assert store.query(COUNTED) == store.query(RECOUNTED)
    databases = {name for (name,) in store.query("SELECT name FROM system.databases")}
    assert f"{address.database}_restoring" not in databases
    fill(store, [tagged(1000)])
    assert len(contents(address)["posts"]) == 601


def test_counts_stay_exact_behind_a_restore_of_what_a_clock_ahead_has_left(
    store: Store, address: ClickHouseAddress, other: ClickHouseAddress, tmp_path: Path
) -> None:
    """A backup holds no marks: the first version behind a restore is above all that it has brought."""
    fill(store, [tagged(number) for number in range(50)])
    as_if_ahead(store, timedelta(hours=2))
    save(address, tmp_path / "backup", quietly)
    restore(other, tmp_path / "backup", quietly)
    with Store(other) as restored:
        fill(restored, [tagged(number) for number in range(50, 100)])
        assert restored.query(COUNTED) == restored.query(RECOUNTED)


def test_texts_that_were_edited_away_are_not_in_a_backup(saved: Path, other: ClickHouseAddress) -> None:
    restore(other, saved, quietly)
    with Store(other) as store:
        assert store.query("SELECT count() FROM post_versions WHERE id = '3'") == [(1,)]


def test_a_backup_taken_while_a_worker_writes_counts_exactly(
    store: Store, address: ClickHouseAddress, other: ClickHouseAddress, tmp_path: Path
) -> None:
    done, begun = threading.Event(), threading.Event()

    def work() -> None:
        with Store(address) as own:
            for batch in range(1000):
                fill(own, [tagged(batch % 5 * 40 + number, id=f"{batch}-{number}") for number in range(40)])
                begun.set()
                if done.is_set():
                    return

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait(30)
    try:
        for attempt in range(2):
            made = save(address, tmp_path / str(attempt), quietly)
            restore(other, tmp_path / str(attempt), quietly, replacing=True)
            with Store(other) as restored:
                assert restored.query(COUNTED) == restored.query(RECOUNTED)
                assert restored.query("SELECT count() FROM posts") == [(made.rows()["post_versions"],)]
    finally:
        done.set()
        worker.join(60)


def harm(saved: Path, how: str) -> None:
    file = max(saved.glob("post_versions*"), key=lambda each: each.stat().st_size)
    content = file.read_bytes()
    described = saved / manifest.MANIFEST_FILE
    match how:
        case "cut":
            file.write_bytes(content[:-10])
        case "changed":
            file.write_bytes(content[:-10] + bytes(10))
        case "missing":
            file.unlink()
        case "no manifest":
            described.unlink()
        case "half a manifest":
            described.write_bytes(described.read_bytes()[:100])
        case _:
            described.write_text(described.read_text().replace(file.name, "../secret"))


def test_a_backup_that_is_not_whole_is_refused(
    saved: Path, other: ClickHouseAddress, template: Template, tmp_path: Path
) -> None:
    template.copied(other.database)
    before = contents(other)
    for how in ("cut", "changed", "missing", "no manifest", "half a manifest", "escape"):
        harmed = shutil.copytree(saved, tmp_path / how)
        harm(harmed, how)
        with pytest.raises(BackupUnusable) as refused:
            restore(other, harmed, quietly)
        assert str(refused.value).endswith("."), how
        assert "\n" not in str(refused.value), how
        assert contents(other) == before, how


def test_a_file_that_the_engine_cannot_read_leaves_nothing_half_restored(saved: Path, other: ClickHouseAddress) -> None:
    made = manifest.read(saved)
    wrong = [
        msgspec.structs.replace(file, rows=file.rows + (file.table == "watch_progress_versions")) for file in made.files
    ]
    manifest.write(saved, msgspec.structs.replace(made, files=tuple(wrong)))
    with pytest.raises(BackupUnusable, match="not whole"):
        restore(other, saved, quietly)
    assert contents(other)["posts"] == []
    with Store(other) as store:
        assert not store.query(
            "SELECT 1 FROM system.databases WHERE name = {n:String}", {"n": f"{other.database}_restoring"}
        )


def test_a_database_that_is_not_empty_is_kept(
    saved: Path, address: ClickHouseAddress, other: ClickHouseAddress, template: Template
) -> None:
    before = contents(address)
    with pytest.raises(BackupUnusable, match="not empty"):
        restore(address, saved, quietly)
    assert contents(address) == before
    template.copied(other.database)
    with Store(other) as store:
        fill(store, [tagged(9999)])
    restore(other, saved, quietly, replacing=True)
    assert contents(other) == before


def test_a_backup_of_a_newer_banwatch_is_refused(saved: Path, other: ClickHouseAddress) -> None:
    made: Manifest = manifest.read(saved)
    newer = (*made.migrations, Applied(9999, "9999_later.sql", "x"))
    manifest.write(saved, msgspec.structs.replace(made, migrations=newer))
    with pytest.raises(BackupUnusable, match=r"9999_later\.sql"):
        restore(other, saved, quietly)


def test_a_backup_may_hold_every_table_that_a_migration_has_dropped() -> None:
    there: set[str] = set()
    dropped: set[str] = set()
    for statement in (statement for migration in shipped() for statement in migration.statements()):
        if made := re.match(r"(CREATE|DROP) TABLE (\w+)", statement):
            (there.add if made[1] == "CREATE" else dropped.add)(made[2])
    assert dropped <= there
    assert dropped == FORMER


def test_where_something_is_no_backup_is_written(address: ClickHouseAddress, tmp_path: Path) -> None:
    with pytest.raises(BackupUnusable, match="already"):
        save(address, tmp_path, quietly)
    with pytest.raises(BackupUnusable, match="cannot be written"):
        save(address, Path("/proc/nowhere/backup"), quietly)


def test_nothing_is_restored_into_a_replicated_database(
    saved: Path, address: ClickHouseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.backup.restore.is_replicated", lambda _: True)  # it takes a Keeper, so none is at hand
    with pytest.raises(BackupUnusable, match="replicated"):
        restore(address, saved, quietly, replacing=True)


def test_posts_are_read_behind_progress_and_counts_behind_posts() -> None:
    tables = ["count_versions", "post_versions", "watch_progress_versions", "count_hours", "deliveries"]
    assert sorted(tables, key=order) == [
        *("deliveries", "watch_progress_versions", "post_versions", "count_hours", "count_versions"),
    ]


def test_deleted_posts_stay_deleted(
    store: Store, address: ClickHouseAddress, other: ClickHouseAddress, tmp_path: Path
) -> None:
    fill(store, [tagged(1), tagged(2)])
    store.command(
        "INSERT INTO post_versions SELECT * REPLACE ('' AS text, '' AS author, true AS deleted, version + 1 AS version)"
        " FROM (SELECT * FROM post_versions FINAL WHERE id = '1')"
    )
    recount(store, {NOON})
    save(address, tmp_path / "backup", quietly)
    restore(other, tmp_path / "backup", quietly)
    with Store(other) as restored:
        assert restored.query("SELECT id, text, deleted FROM posts WHERE id = '1'") == [("1", "", True)]
        assert restored.query(COUNTED) == restored.query(RECOUNTED)


def made_by(store: Store) -> str:
    [(statement,)] = store.query(
        "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'post_versions'"
    )
    return str(statement).partition("(")[2]


def test_texts_are_kept_no_longer_after_a_restore(
    store: Store, address: ClickHouseAddress, other: ClickHouseAddress, tmp_path: Path
) -> None:
    apply_retention(store, Retention(30, {"example": 7}))
    fill(store, [tagged(1)])
    save(address, tmp_path / "backup", quietly)
    restore(other, tmp_path / "backup", quietly)
    with Store(other) as restored:
        assert made_by(restored) == made_by(store)
        assert not apply_retention(restored, Retention(30, {"example": 7}))


def test_what_was_deleted_since_the_backup_stays_deleted(saved: Path, address: ClickHouseAddress, store: Store) -> None:
    gone = [a_post(id="5", op="delete", text=""), a_post(id="", op="delete_author", author="a3", text="")]
    recount(store, delete_posts(store, gone))
    left = store.query("SELECT id FROM posts WHERE text != '' AND id < '500' ORDER BY id")
    restore(address, saved, quietly, replacing=True)
    assert store.query("SELECT id FROM posts WHERE text != '' AND id < '500' ORDER BY id") == left
    assert store.query("SELECT text, author, deleted FROM posts WHERE id = '5'") == [("", "", True)]
    assert store.query(COUNTED) == store.query(RECOUNTED)
    assert purge(store)


def test_a_deletion_that_ran_during_the_backup_holds_behind_the_restore(
    store: Store, address: ClickHouseAddress, other: ClickHouseAddress, tmp_path: Path
) -> None:
    fill(store, [tagged(1), tagged(3)])

    def delete_meanwhile(said: str) -> None:
        if said.startswith("post_versions:"):
            recount(store, delete_posts(store, [a_post(id="1", op="delete", text="")]))

    save(address, tmp_path / "backup", delete_meanwhile)
    restore(other, tmp_path / "backup", quietly)
    with Store(other) as restored:
        assert restored.query("SELECT id, text != '' FROM posts ORDER BY id") == [("1", False), ("3", True)]
        assert restored.query(COUNTED) == restored.query(RECOUNTED)


def test_a_swap_that_fails_half_way_is_taken_back(saved: Path, other: ClickHouseAddress, template: Template) -> None:
    template.copied(other.database)
    with Store(other) as store:
        fill(store, [tagged(9999)])
        store.command("DROP TABLE retags")
        before = contents(other)
        with pytest.raises(StoreRefused):
            restore(other, saved, quietly, replacing=True)
        assert contents(other) == before
        assert not databases(store, f"{other.database}_restoring")


def test_what_an_unfinished_swap_left_is_not_dropped(saved: Path, other: ClickHouseAddress, template: Template) -> None:
    template.copied(other.database)
    beside = template.copied(f"{other.database}_restoring")
    with Store(beside) as left:
        fill(left, [tagged(9999)])
        left.command(f"CREATE TABLE {SWAPPING} (nothing UInt8) ENGINE = MergeTree ORDER BY ()")
        for _ in range(2):
            with pytest.raises(BackupUnusable, match="cut off"):
                restore(other, saved, quietly, replacing=True)
        assert left.query("SELECT id FROM posts") == [("9999",)]
        left.command("DROP DATABASE {name:Identifier} SYNC", {"name": beside.database})
    restore(other, saved, quietly, replacing=True)


OLD_ROWS = {
    "erasures": "(name, minute, at) VALUES (1, '2020-07-10 12:00:00', now() - INTERVAL 91 DAY)",
    "rejected_versions": "(at) VALUES (now() - INTERVAL 15 DAY)",
}


def test_the_tables_whose_rows_expire_are_known(store: Store) -> None:
    made = "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()"
    assert {name for name, sql in store.query(made) if re.search(r"\bTTL [^,]* SETTINGS", sql)} == EXPIRING


@pytest.mark.parametrize("table", OLD_ROWS)
def test_what_expires_during_a_restore_is_not_missed(
    store: Store, address: ClickHouseAddress, other: ClickHouseAddress, tmp_path: Path, table: str
) -> None:
    store.command(f"SYSTEM STOP TTL MERGES {table}")
    store.command(f"INSERT INTO {table} {OLD_ROWS[table]}")
    fill(store, [tagged(1)])
    assert save(address, tmp_path / "backup", quietly).rows()[table] == 1

    def expire(_: str) -> None:
        store.command(f"OPTIMIZE TABLE {other.database}_restoring.{table} FINAL")

    restore(other, tmp_path / "backup", expire)
    with Store(other) as restored:
        assert restored.query(f"SELECT count() FROM {table}") == [(0,)]


def databases(store: Store, name: str) -> list[tuple[object, ...]]:
    return store.query("SELECT name FROM system.databases WHERE name = {name:String}", {"name": name})


def test_the_commands_on_an_embedded_store_that_does_not_run(tmp_path: Path) -> None:
    own = Installation(tmp_path / "banwatch")
    place = str(tmp_path / "backup")
    assert own.run("backup", place).stderr.decode().startswith("banwatch: There is nothing in the store yet")
    assert own.run("migrate").returncode == 0
    assert own.run("backup", place).returncode == 0
    again = own.run("backup", place)
    assert (again.returncode, again.stderr.count(b"\n")) == (1, 1)
    restored = own.run("restore", place)
    assert restored.returncode == 0, restored.stderr
    assert b"0 rows restored" in restored.stdout
    assert b"is no backup" in own.run("restore", str(tmp_path / "nowhere")).stderr
