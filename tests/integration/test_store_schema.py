"""The schema: built once, by one process at a time, and as it was declared; in a replicated database, replicated."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from processing import queries
from processing.alerts.channels import Unusable
from processing.alerts.compose import Composer
from processing.alerts.notification import Step
from processing.alerts.queue import Batch
from processing.alerts.rules import RuleBook
from processing.alerts.stored_queue import waiting
from processing.contract import ClickHouseAddress
from processing.store import lock
from processing.store import migrate as schema
from processing.store import schema as rendering
from processing.store.client import Store
from processing.store.lock import Lock, SchemaLocked, next_number, schema_lock
from processing.store.schema import bare_views, is_replicated, render
from processing.troubles import Trouble, TroubleName, TroubleSeverity
from tests.conftest import NOON, ROOT, a_post
from tests.support.parts import Parts
from tests.support.stored import counted, recounted, tagged, write
from tests.support.waiting import eventually

DECLARED = ROOT / "tests" / "integration" / "schema.txt"

MINUTE = timedelta(minutes=1)
SILENT_OR_FAILING = (TroubleName.SILENT, TroubleName.CHANNEL)
IF_MEANT = "if that is meant: python -m tests.integration.test_store_schema"

COLUMNS = """
SELECT table, name, type, default_expression, compression_codec
FROM system.columns
WHERE database = currentDatabase()
    AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'View')
ORDER BY table, position
"""


@pytest.fixture
def empty(address: ClickHouseAddress) -> ClickHouseAddress:
    """A database that is not there yet."""
    return replace(address, database=f"test_{uuid.uuid4().hex[:12]}")


def test_a_migration_is_applied_once(address: ClickHouseAddress) -> None:
    assert schema.migrate(address) == ()


def test_a_shipped_migration_that_changed_stops_everything(store: Store) -> None:
    [first, *_] = schema.shipped()
    changed = schema.Migration(first.number, first.name, first.text + "\n-- changed")
    with pytest.raises(schema.SchemaConflict, match="has changed"):
        schema.pending(store, (changed,))
    with pytest.raises(schema.SchemaConflict, match="does not know"):
        schema.pending(store, ())


def test_every_column_says_what_it_holds(store: Store) -> None:
    undocumented = store.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''"
        " AND table NOT IN (SELECT name FROM system.tables WHERE engine = 'View')"
    )
    assert undocumented == []


def declared(store: Store) -> str:
    """A line a column: table, name, type, default, codec."""
    return "".join(" | ".join(row).rstrip(" |") + "\n" for row in store.query(COLUMNS))


def test_built_from_zero_the_columns_are_those_declared(store: Store) -> None:
    assert declared(store) == DECLARED.read_text("utf-8"), IF_MEANT


def test_of_several_processes_at_once_one_applies(empty: ClickHouseAddress) -> None:
    program = (
        "from pydantic import SecretStr\n"
        "from processing.contract import ClickHouseAddress\n"
        "from processing.store.migrate import migrate\n"
        f"own = ClickHouseAddress({empty.url!r}, {empty.user!r}, SecretStr({empty.password.get_secret_value()!r}),"
        f" {empty.database!r})\n"
        "print(len(migrate(own)))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT) for _ in range(3)]
    applied = sorted(int(process.communicate(timeout=120)[0]) for process in running)
    assert applied == [0, 0, len(schema.shipped())]
    with Store(empty) as store:
        assert store.query("SELECT count() FROM schema_migrations") == [(len(schema.shipped()),)]
        assert (
            store.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%lock%'")
            == []
        )


def test_a_migration_that_was_cut_off_is_finished(empty: ClickHouseAddress) -> None:
    with schema.connect_for_setup(empty) as store:
        schema._run(store, schema.LEDGER, replicated=False)
        for migration in schema.shipped():
            for statement in list(migration.statements())[:3]:
                schema._run(store, statement, replicated=False)
            schema._apply(store, migration, lambda: None, replicated=False)
        assert schema.migrate(empty) == ()
        assert declared(store) == DECLARED.read_text("utf-8")
        post = tagged(a_post())
        write(store, [post])
        assert counted(store) == recounted([post])


def _built_before(store: Store, number: int) -> None:
    """Build the schema as it was before a migration."""
    schema._run(store, schema.LEDGER, replicated=False)
    for migration in schema.shipped():
        if migration.number < number:
            schema._apply(store, migration, lambda: None, replicated=False)


def test_a_silent_source_and_a_failing_channel_that_were_not_told_yet_are_told_as_troubles(
    empty: ClickHouseAddress,
) -> None:
    decided = [('source:a"b:c', "no_data"), ("source:rss", "data_back"), ("channel:slack", "channel_failed")]
    with schema.connect_for_setup(empty) as store:
        _built_before(store, 21)
        names = [about for about, _ in decided]
        row = {
            "key": [f"{about}/ops/1" for about in names],
            "conversation": names,
            "step": [step for _, step in decided],
        }
        same = {
            "channel": "ops",
            "number": 1,
            "state": "firing",
            "reason": "x",
            "due": NOON,
            "bundle": "night",
            "at": NOON,
        }
        columns = row | {name: [value] * len(decided) for name, value in same.items()}
        store.insert("notification_versions", list(columns), list(columns.values()))
        schema.migrate(empty)
        found = [waiting(each) for each in queries.undelivered(store)]
        told = {each.conversation: (each.step, msgspec.json.decode(each.trouble, type=Trouble)) for each in found}
        composer = Composer(
            store, lambda: RuleBook("1", ZoneInfo("UTC"), {}, ()), lambda _: {}, lambda: NOON, 5 * MINUTE
        )
        unreadable = replace(found[0], key="other", conversation="disk:x", trouble="")
        message = composer(Batch("digest", (*found, unreadable)), Unusable("ops", "")).message
    silent, channel = (Trouble(name=name, severity=TroubleSeverity.WARNING, since=NOON) for name in SILENT_OR_FAILING)
    assert told == {
        'source:a"b:c': (Step.OPENED, msgspec.structs.replace(silent, subject='a"b:c')),
        "source:rss": (Step.RESOLVED, msgspec.structs.replace(silent, subject="rss")),
        "channel:slack": (Step.OPENED, msgspec.structs.replace(channel, subject="slack")),
    }
    assert message.title == "DIGEST, messages: 3"
    assert all(part.title.startswith("banwatch itself: ") for part in message.parts)


def test_what_live_sources_called_complete_before_is_idle(empty: ClickHouseAddress) -> None:
    with schema.connect_for_setup(empty) as store:
        _built_before(store, 12)
        for source, complete in (("rss", True), ("bluesky", False), ("archive-1", True)):
            row = {"source": source, "since": NOON, "until": NOON + MINUTE, "partitions": 1, "complete": complete}
            store.insert("source_health_versions", list(row), [[value] for value in row.values()])
        schema.migrate(empty)
        found = {each.source: each for each in queries.coverage(store)}
    assert {source: (each.complete, each.idle) for source, each in found.items()} == {
        "rss": (False, True),
        "bluesky": (False, False),
        "archive-1": (True, False),
    }
    assert {each.silent_after for each in found.values()} == {2 * MINUTE}


def test_a_migration_is_given_an_hour_and_no_less_than_anything_else(address: ClickHouseAddress) -> None:
    assert schema.patient(address).timeout == timedelta(hours=1)
    assert schema.patient(replace(address, timeout=timedelta(hours=2))).timeout == timedelta(hours=2)


def test_status_tells_what_was_applied_and_a_dry_run_applies_nothing(empty: ClickHouseAddress) -> None:
    assert schema.migrate(empty, dry_run=True) == schema.shipped()
    assert [each.applied_at for each in schema.status(empty)] == [None] * len(schema.shipped())
    schema.migrate(empty)
    assert all(each.applied_at and each.applied_at > NOON for each in schema.status(empty))


class TestLock:
    def test_one_holds_it_at_a_time(self, address: ClickHouseAddress) -> None:
        inside: list[int] = []
        most = 0

        def hold(number: int) -> None:
            nonlocal most
            with Store(address) as store:
                for _ in range(3):
                    with schema_lock(store) as renew:
                        inside.append(number)
                        most = max(most, len(inside))
                        renew()
                        inside.remove(number)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(hold, range(4)))
        assert most == 1

    def test_one_whose_holder_died_is_superseded_and_cleared_away(self, store: Store) -> None:
        store.command("CREATE TABLE schema_lock_3 (nothing UInt8) ENGINE = MergeTree ORDER BY () COMMENT '1000'")
        with schema_lock(store):
            assert names(store) == ["schema_lock_3", "schema_lock_4"]
        assert names(store) == []

    def test_a_holder_that_stood_still_notices_that_another_took_over(self, store: Store) -> None:
        with schema_lock(store) as renew:
            renew()
            store.command("CREATE TABLE schema_lock_2 (nothing UInt8) ENGINE = MergeTree ORDER BY () COMMENT '1'")
            with pytest.raises(SchemaLocked, match="took over"):
                lock._renew(store, Lock(1, 0.0))
        assert names(store) == ["schema_lock_2"]

    def test_it_is_renewed_while_a_statement_runs(self, store: Store) -> None:
        with schema_lock(store, renewed_every=timedelta(milliseconds=50)):
            taken = alive_at(store)
            eventually(lambda: alive_at(store) > taken)
        assert names(store) == []

    def test_one_that_is_held_on_and_on_is_an_error(self, store: Store) -> None:
        with schema_lock(store), pytest.raises(SchemaLocked), schema_lock(store, patience=timedelta(0)):
            raise AssertionError

    def test_none_is_taken_while_another_is_alive(self) -> None:
        assert next_number([], 1_000.0) == 1
        assert next_number([Lock(1, 0.0)], 1_000.0) == 2
        assert next_number([Lock(1, 0.0), Lock(2, 950.0)], 1_000.0) is None


def alive_at(store: Store) -> float:
    [(comment,)] = store.query(
        "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = 'schema_lock_1'"
    )
    return float(comment)


def names(store: Store) -> list[str]:
    rows = store.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'schema_lock%' ORDER BY name"
    )
    return [name for (name,) in rows]


def rendered(*, replicated: bool) -> list[str]:
    """Everything that is run to build the schema."""
    statements = [schema.LEDGER, *(each for migration in schema.shipped() for each in migration.statements())]
    return [each for statement in statements for each in render(statement, replicated=replicated)]


def test_the_database_of_one_server_is_not_replicated(store: Store) -> None:
    assert not is_replicated(store)


def test_in_a_replicated_database_tables_are_replicated_and_nothing_else_is_different(store: Store) -> None:
    def others(statements: list[str]) -> list[str]:
        return [each for each in statements if not each.startswith("ALTER")]

    alone, shared = others(rendered(replicated=False)), others(rendered(replicated=True))
    assert sum(statement.startswith("CREATE TABLE") for statement in shared) > 20
    for one, other in zip(alone, shared, strict=True):
        made = one.startswith("CREATE TABLE")
        assert other == (one.replace("\nENGINE = ", "\nENGINE = Replicated") if made else one)
        [(read,)] = store.query("SELECT formatQuery({statement:String})", {"statement": other})
        assert ("ENGINE = Replicated" in read) == made


def test_a_replicated_database_is_told_of_columns_and_of_comments_apart(store: Store) -> None:
    """It refuses both in one ALTER, and both together come to what one server is told in one."""

    def commands(*, replicated: bool) -> list[list[str]]:
        alters = [each for each in rendered(replicated=replicated) if each.startswith("ALTER")]
        asked = "SELECT formatQuery({statement:String})"
        read = [str(store.query(asked, {"statement": each})[0][0]) for each in alters]
        return [re.findall(r"^ *\((.*?)\),?$", each, re.MULTILINE) for each in read]

    shared = commands(replicated=True)
    assert list(chain(*shared)) == list(chain(*commands(replicated=False)))
    assert not [each for each in shared if 0 < sum(one.startswith("COMMENT") for one in each) < len(each)]


def test_views_run_with_the_rights_of_the_writer_where_its_profile_asks_for_it(
    store: Store, address: ClickHouseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ClickHouse passes over the profile's setting. So does the embedded engine, which has no such profile."""

    def of_whom() -> set[str]:
        made = "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
        return {"writer's" if " SQL SECURITY DEFINER " in sql else "reader's" for (sql,) in store.query(made)}

    assert (bare_views(store), of_whom()) == ([], {"reader's"})
    asking = rendering._BARE_VIEWS.replace("getSetting('default_normal_view_sql_security')", "'DEFINER'")
    monkeypatch.setattr(rendering, "_BARE_VIEWS", asking)
    assert schema.migrate(address) == ()
    assert (bare_views(store), of_whom()) == ([], {"writer's"})
    assert store.query("SELECT * FROM claims(incident = '')") == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, Parts(Path(folder)) as parts:
        schema.migrate(parts.store)
        with Store(parts.store) as built:
            DECLARED.write_text(declared(built), "utf-8")
