"""What is said behind a crash that left files of the data cut off, and that nothing is said where nothing is lost."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from pydantic import SecretStr

from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreDamaged, StoreRefused
from tests.integration.test_warehouse.conftest import WRITER, Run, Warehouse, stop

pytestmark = pytest.mark.long

TABLE = "CREATE TABLE kept (at DateTime, n UInt32) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(at) ORDER BY n"
OTHER = "CREATE TABLE other (n UInt32) ENGINE = MergeTree ORDER BY n"


def fill(running: Warehouse) -> None:
    """Three parts in each of two months of one table, of 100 rows each, and two of another table without months."""
    running.post(TABLE).raise_for_status()
    running.post(OTHER).raise_for_status()
    running.post("SYSTEM STOP MERGES kept").raise_for_status()
    for month in ("2020-06", "2020-07"):
        for part in range(3):
            insert(running, f"INSERT INTO kept SELECT '{month}-05 00:00:00', number + {part * 100} FROM numbers(100)")
    for _ in range(2):
        insert(running, "INSERT INTO other SELECT number FROM numbers(50)")


def insert(running: Warehouse, statement: str) -> None:
    running.post(statement).raise_for_status()


def crashed(running: Warehouse) -> None:
    running.process.send_signal(signal.SIGKILL)
    running.process.wait(10)


def parts(folder: Path, *names: str) -> list[Path]:
    """The parts whose names begin so, in the order of their numbers."""
    found = [path for name in names for path in folder.glob(f"store/*/*/{name}*") if path.is_dir()]
    return sorted(found, key=lambda path: path.name)


def said_at_next_start(run_warehouse: Run, folder: Path) -> str:
    return stop(run_warehouse(folder))[1]


def cut_off(part: Path) -> None:
    os.truncate(part / "data.bin", (part / "data.bin").stat().st_size // 2)


def empty(part: Path) -> None:
    """As a file system leaves files whose names had reached the disk and whose contents had not."""
    for file in part.iterdir():
        os.truncate(file, 0)


@pytest.mark.parametrize(
    ("damage", "kept", "other"),
    [(cut_off, "200 rows (2 parts, ", "50 rows (1 part, "), (empty, "its rows (2 parts, 0", "its rows (1 part, 0")],
    ids=["cut off", "empty"],
)
def test_what_a_crash_of_the_machine_took_is_said_by_table_and_month(
    run_warehouse: Run, tmp_path: Path, damage: Callable[[Path], None], kept: str, other: str
) -> None:
    running = run_warehouse(tmp_path)
    fill(running)
    crashed(running)
    for part in (*parts(tmp_path, "202007_")[:2], *parts(tmp_path, "all_")[:1]):
        damage(part)
    said = said_at_next_start(run_warehouse, tmp_path)
    assert said.startswith("The store cannot read a part of its data, as after a crash of the machine: ")
    assert f"kept of 2020-07 lost {kept}" in said
    assert f"other lost {other}" in said
    assert "2020-06" not in said
    assert "`banwatch restore PATH --replace`" in said
    assert len(said.splitlines()) == 1


def test_it_is_said_until_somebody_has_taken_the_parts_away(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path)
    fill(running)
    crashed(running)
    cut_off(parts(tmp_path, "202007_")[0])
    assert "lost 100 rows" in said_at_next_start(run_warehouse, tmp_path)
    again = run_warehouse(tmp_path)
    again.post("ALTER TABLE kept DROP DETACHED PARTITION ALL SETTINGS allow_drop_detached = 1").raise_for_status()
    assert "lost 100 rows" in stop(again)[1]
    assert said_at_next_start(run_warehouse, tmp_path) == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_where_nothing_is_lost_nothing_is_said(run_warehouse: Run, tmp_path: Path, number: signal.Signals) -> None:
    running = run_warehouse(tmp_path)
    fill(running)
    running.process.send_signal(number)
    running.process.wait(20)
    assert said_at_next_start(run_warehouse, tmp_path) == ""


@pytest.mark.parametrize("damage", [cut_off, empty])
def test_a_merged_part_whose_sources_are_still_there_is_no_loss(
    run_warehouse: Run, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    running = run_warehouse(tmp_path)
    fill(running)
    running.post("SYSTEM START MERGES kept").raise_for_status()
    running.post("OPTIMIZE TABLE kept PARTITION 202007 FINAL").raise_for_status()
    crashed(running)
    damage(next(part for part in parts(tmp_path, "202007_") if not part.name.endswith("_1")))
    survivor = run_warehouse(tmp_path)
    assert survivor.post("SELECT count() FROM kept FINAL WHERE toYYYYMM(at) = 202007").text == "300\n"
    assert survivor.post("SELECT count() FROM system.detached_parts").text == "1\n"
    assert stop(survivor)[1] == ""


def test_what_an_operator_puts_aside_is_no_loss(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path)
    fill(running)
    running.post("ALTER TABLE kept DETACH PARTITION 202007").raise_for_status()
    [ignored, *_] = parts(tmp_path, "202006_")
    copy = ignored.parent / "detached" / f"ignored_{ignored.name}"
    copy.mkdir()
    (copy / "count.txt").write_text("100")
    assert stop(running)[0] == 0
    assert said_at_next_start(run_warehouse, tmp_path) == ""


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


@pytest.mark.parametrize(
    "damage",
    [flip, cut, lambda file: os.truncate(file, 0), Path.unlink],
    ids=["flipped", "cut off", "empty", "missing"],
)
def test_a_file_that_is_damaged_while_it_is_in_use_is_one_sentence(
    run_warehouse: Run, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    running = run_warehouse(tmp_path)
    running.post(
        "CREATE TABLE kept (n UInt32, s String) ENGINE = MergeTree ORDER BY n SETTINGS min_bytes_for_wide_part = 0"
    ).raise_for_status()
    insert(running, "INSERT INTO kept SELECT number, toString(sipHash64(number)) FROM numbers(3000)")
    [part] = parts(tmp_path, "all_")
    damage(part / "s.bin")
    address = ClickHouseAddress(running.url, "writer", SecretStr(WRITER), "default")
    with Store(address) as store, pytest.raises(StoreDamaged) as refused:
        store.query("SELECT max(s) FROM kept")
    assert refused.value.sentence == (
        f"ClickHouse at {running.url} cannot read the table default.kept, because a file of it is damaged: restore "
        "a backup with `banwatch restore PATH --replace`, or see docs/operations.md."
    )
    with Store(address) as store, pytest.raises(StoreDamaged, match=r"the table default\.kept"):
        store.command("OPTIMIZE TABLE kept FINAL")
    with Store(address) as store, store.stream("SELECT count() FROM kept", format="CSV") as counted:
        assert counted.rows == 1


def test_what_a_client_sends_cut_off_is_not_called_damage(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path)
    running.post(OTHER).raise_for_status()
    address = ClickHouseAddress(running.url, "writer", SecretStr(WRITER), "default")
    with Store(address) as store, pytest.raises(StoreRefused):
        store.insert_file("other", io.BytesIO(zstandard.compress(b"\x01\x05\x01n\x06UInt32")))
