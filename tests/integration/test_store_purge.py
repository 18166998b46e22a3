"""Deleted text leaves the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lz4.block
import pytest
import zstandard
from structlog.testing import capture_logs

from deploy.embedded.chdb_http.settings import OWN_FOLDER
from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreRefused
from processing.store.deletions import delete_posts
from processing.store.purge import Purged, purge
from processing.store.writer import recount
from tests.conftest import NOON, Template, a_post, new_database
from tests.support.stored import tagged, write
from tests.support.waiting import eventually

MARKER = b"xylophone-marmalade-quagmire"
HEADER = 25  # of a block: 16 bytes of checksum, the method, the sizes with and without compression


@pytest.fixture
def address(template: Template) -> Iterator[ClickHouseAddress]:
    """Files of a test before would be found too."""
    yield from new_database(template)


def on_disk(store: Store, data: Path) -> Iterator[Path]:
    """Every file of column data that the table has, in parts in use or not.

    `os.walk` passes over a part that the engine removes meanwhile; `rglob` would raise.
    """
    [(folders,)] = store.query(
        "SELECT data_paths FROM system.tables WHERE database = currentDatabase() AND name = 'post_versions'"
    )
    for folder in folders:
        for here, _, files in os.walk(data / "warehouse" / Path(folder).relative_to(OWN_FOLDER)):
            yield from (Path(here) / file for file in files if file.endswith(".bin"))


def contents(path: Path) -> bytes:
    """A column file without its compression."""
    packed = path.read_bytes()
    plain = b""
    while packed:
        method, size, whole = (
            packed[16],
            int.from_bytes(packed[17:21], "little"),
            int.from_bytes(packed[21:25], "little"),
        )
        block, packed = packed[HEADER : 16 + size], packed[16 + size :]
        match method:
            case 0x82:
                plain += lz4.block.decompress(block, uncompressed_size=whole)
            case 0x90:
                plain += zstandard.ZstdDecompressor().decompress(block, max_output_size=whole)
            case _:
                plain += block  # as it is, or by a codec for numbers
    return plain


def found_on_disk(store: Store, data: Path) -> bool:
    found = False
    for path in on_disk(store, data):
        try:
            found = MARKER in contents(path) or found
        except FileNotFoundError:
            continue  # a part that was unlinked while we looked
    return found


def unlink_at_once(store: Store) -> None:
    """Make the engine unlink unused parts each second; attaching the table anew wakes its cleaner to that."""
    quickly = (
        "old_parts_lifetime",
        "cleanup_delay_period",
        "cleanup_delay_period_random_add",
        "max_cleanup_delay_period",
    )
    store.command(f"ALTER TABLE post_versions MODIFY SETTING {', '.join(f'{name} = 1' for name in quickly)}")
    store.command("DETACH TABLE post_versions SYNC")
    store.command("ATTACH TABLE post_versions")


def test_the_text_of_a_deleted_post_is_in_no_file_any_more(store: Store, warehouse_folder: Path) -> None:
    unlink_at_once(store)
    post = a_post(text=MARKER.decode(), author="someone")
    write(store, [tagged(post), tagged(a_post(id="2"))])
    assert found_on_disk(store, warehouse_folder)
    recount(store, delete_posts(store, [a_post(op="delete", text="")]))
    store.command("SYSTEM STOP MERGES post_versions")
    write(store, [tagged(post)])
    assert found_on_disk(store, warehouse_folder), "gone before the purge: the test shows nothing"
    store.command("SYSTEM START MERGES post_versions")
    assert purge(store) == (Purged(202007, 2),)
    eventually(lambda: not found_on_disk(store, warehouse_folder))
    assert store.query("SELECT id, text FROM posts ORDER BY id") == [("1", ""), ("2", "TikTok banned")]


def test_a_month_that_is_not_merged_is_told_and_stays_due(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a disk that has no room for the whole month, which a test cannot have."""

    def refused(sql: str) -> None:
        assert sql.endswith(" SETTINGS optimize_throw_if_noop = 1")
        raise StoreRefused("Code: 388. DB::Exception: Cannot select parts: not enough free space", 388)

    write(store, [tagged(a_post())])
    recount(store, delete_posts(store, [a_post(op="delete", text="")]))
    with monkeypatch.context() as patched, capture_logs() as said:
        patched.setattr(store, "command", refused)
        assert purge(store) == ()
    assert [each["event"] for each in said] == ["deleted texts stay on the disk"]
    assert purge(store) == (Purged(202007, 1),)


def test_what_was_purged_is_written_down_and_not_done_again(store: Store) -> None:
    write(store, [tagged(a_post())])
    assert purge(store) == ()
    recount(store, delete_posts(store, [a_post(op="delete", text="")]))
    assert purge(store) == (Purged(202007, 1),)
    assert purge(store) == ()
    [(month, began_at)] = store.query("SELECT month, began_at FROM purges")
    assert month == 202007
    assert began_at > datetime.now(UTC) - timedelta(hours=1)


def test_only_months_with_a_deletion_are_merged(store: Store) -> None:
    write(store, [tagged(a_post()), tagged(a_post(id="2", created_at=NOON + timedelta(days=40)))])
    recount(store, delete_posts(store, [a_post(id="2", op="delete", text="")]))
    assert purge(store) == (Purged(202008, 1),)


def test_a_replay_of_a_deleted_post_is_purged_too(store: Store) -> None:
    recount(store, delete_posts(store, [a_post(op="delete", text="")]))
    write(store, [tagged(a_post())])
    purge(store)
    write(store, [tagged(a_post())])
    assert purge(store) == (Purged(202007, 1),)
    assert store.query("SELECT count() FROM post_versions") == [(1,)]
