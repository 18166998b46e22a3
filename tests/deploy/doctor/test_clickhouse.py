"""Faults of ClickHouse, planted in the embedded one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deploy.doctor import clickhouse
from deploy.doctor.clickhouse import FORBIDDEN, WRITES, check_clickhouse
from deploy.doctor.finding import Status
from deploy.settings import load
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.migrate import shipped
from tests.conftest import WRITER_PASSWORD
from tests.deploy.doctor.conftest import Environment, doctor

NEWEST = shipped()[-1]


def test_a_store_that_is_well_has_no_error_and_nothing_is_left_in_it(with_store: Environment, store: Store) -> None:
    before = contents(store)
    found = doctor(with_store)
    assert not found.errors("clickhouse"), found.printed
    assert not [told for told in found.warnings("clickhouse") if not told.startswith("disk")], found.printed
    assert any(told.startswith("reader: ") for told in found.said("clickhouse", Status.OK))
    assert contents(store) == before


def contents(store: Store) -> list[tuple[object, ...]]:
    """All tables with their definitions and rows, and what was changed in them."""
    return [
        *store.query(
            "SELECT name, create_table_query, total_rows FROM system.tables WHERE database = currentDatabase()"
            " ORDER BY name"
        ),
        *store.query("SELECT database, mutation_id FROM system.mutations ORDER BY ALL"),
        *store.query("SELECT name FROM system.databases ORDER BY name"),
    ]


def test_a_wrong_password_of_the_writer_is_told_without_it(with_store: Environment) -> None:
    found = doctor(with_store | {"BANWATCH_CLICKHOUSE_PASSWORD": "of yesterday"})
    [told] = found.errors("clickhouse")
    assert "does not accept user 'writer'" in told
    assert "BANWATCH_CLICKHOUSE_PASSWORD" in told
    assert "of yesterday" not in found.printed


def test_a_missing_migration_is_told(with_store: Environment, store: Store) -> None:
    store.command(f"ALTER TABLE schema_migrations DELETE WHERE number = {NEWEST.number} SETTINGS mutations_sync = 2")
    [told] = doctor(with_store).errors("clickhouse")
    assert NEWEST.name in told
    assert "Run `banwatch migrate`." in told


@pytest.mark.parametrize(
    ("number", "said"), [(NEWEST.number, "has changed since the database saw it"), (9_999, "does not know: upgrade it")]
)
def test_a_migration_that_is_not_as_shipped_is_told(
    with_store: Environment, store: Store, number: int, said: str
) -> None:
    store.insert("schema_migrations", ["number", "name", "checksum"], [[number], [NEWEST.name], ["another"]])
    [told] = doctor(with_store).errors("clickhouse")
    assert said in told


def test_a_database_without_tables_is_no_error(with_store: Environment) -> None:
    found = doctor(with_store | {"BANWATCH_CLICKHOUSE_DATABASE": "nothing_here"})
    assert not found.errors("clickhouse")
    assert any("`banwatch migrate` makes them" in told for told in found.said("clickhouse", Status.OK))


def test_a_reader_that_is_the_writer_can_do_all_that_it_must_not(
    with_store: Environment, address: ClickHouseAddress, store: Store
) -> None:
    before = contents(store)
    as_writer = {
        "BANWATCH_CLICKHOUSE_READER_USER": address.user,
        "BANWATCH_CLICKHOUSE_READER_PASSWORD": WRITER_PASSWORD,
    }
    found = doctor(with_store | as_writer)
    can, reads = found.errors("clickhouse")
    assert all(what in can for what, _ in FORBIDDEN if what != "raise its limits"), can
    assert "post_versions" in reads
    assert contents(store) == before, "what was tried left nothing"


def test_a_writer_that_is_the_reader_is_told_what_it_lacks(
    with_store: Environment, store: Store, address: ClickHouseAddress
) -> None:
    as_reader = {"BANWATCH_CLICKHOUSE_USER": "reader", "BANWATCH_CLICKHOUSE_PASSWORD": ""}
    told = " ".join(doctor(with_store | as_reader).errors("clickhouse"))
    assert WRITES[0][0] in told


def test_a_writer_that_may_read_on_another_replica_is_told(
    with_store: Environment, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clickhouse, "ANY_REPLICA", clickhouse.ANY_REPLICA.replace("'Shared'", "'Replacing'"))
    for name, value in with_store.items():
        monkeypatch.setenv(name, value)
    [told] = [each for each in check_clickhouse(load(with_store), lambda: datetime.now(UTC)) if each.what == "replicas"]
    assert told.status is Status.ERROR
    assert "select_sequential_consistency" in told.remedy


def test_a_clock_that_is_off_is_told(with_store: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in with_store.items():
        monkeypatch.setenv(name, value)
    late = check_clickhouse(load(with_store), lambda: datetime.now(UTC) - timedelta(minutes=5))
    [told] = [each for each in late if each.status is Status.ERROR]
    assert "ahead of this one" in told.said
    assert "NTP" in told.remedy
