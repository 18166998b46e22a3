"""ClickHouse: where it answers, its version, schema, clock and disks, and what its two users may do.

A right is tried by a statement that leaves no trace, even where it is wrongly allowed: an insert of no rows, a creation
of what exists, a removal of what does not, an explanation of a query that would leave the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploy.doctor.attempt import PATIENCE, attempt, findings
from deploy.doctor.clocks import Clock, judged
from deploy.doctor.finding import Finding, error, ok, warning
from deploy.doctor.machine import room
from deploy.embedded.chdb_http.policy.grants import USERS, granted_to_reader
from deploy.optional_dependencies import require_engine
from deploy.settings import Settings
from deploy.supervisor.endpoints import clickhouse_answers
from deploy.writer import writer
from processing.contract import ClickHouseAddress
from processing.store.client import UNKNOWN_DATABASE, Store, StoreRefused
from processing.store.migrate import LEDGER, inspect, shipped
from processing.store.schema import is_replicated, render

ADDRESS, SCHEMA, WRITER, READER = "address", "schema", "writer", "reader"

NEEDED_VERSION = (24, 8)
"""The oldest long-term version that knows every setting and every grant of `deploy/clickhouse/users.sql`."""

# ClickHouse Cloud leads each request to any replica. A row says whether a read waits for what was written elsewhere.
ANY_REPLICA = """
SELECT getSetting('select_sequential_consistency') FROM system.tables
WHERE database = currentDatabase() AND name = 'post_versions' AND startsWith(engine, 'Shared')
"""
UNKNOWN_TABLE = 60
DENIED = frozenset({164, 452, 497})
"""Error codes of a refused right: a read-only user, a limit that may not be raised, a missing grant."""

WRITES = (
    ("create tables", "{ledger}"),
    ("insert", "INSERT INTO post_versions SELECT * FROM post_versions WHERE 0"),
    ("see the parts of tables", "SELECT count() FROM system.parts WHERE database = currentDatabase()"),
)

FORBIDDEN = (
    ("insert", "INSERT INTO count_versions SELECT * FROM count_versions WHERE 0"),
    ("create tables", "CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32) ENGINE = Null"),
    ("drop tables", "DROP TABLE IF EXISTS banwatch_doctor_has_made_no_such_table"),
    ("read files of the server", "EXPLAIN QUERY TREE SELECT * FROM file('banwatch-doctor', 'CSV', 'line String')"),
    ("ask other web servers", "EXPLAIN QUERY TREE SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'line String')"),
    ("ask other databases", "EXPLAIN QUERY TREE SELECT * FROM remote('127.0.0.1:1', 'system', 'one')"),
    ("raise its limits", "SELECT 1 SETTINGS max_memory_usage = 0"),
)
"""What a reader must be refused, with a statement that tries it."""

USERS_SQL = "deploy/clickhouse/users.sql"


def check_clickhouse(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Yield the state of ClickHouse."""
    url = settings.processing.clickhouse_url
    answers = attempt(ADDRESS, lambda: clickhouse_answers(url))
    if isinstance(answers, Finding):
        yield answers
        return
    if not answers:
        yield from findings(ADDRESS, lambda: _nobody(settings))
        return
    address = attempt(WRITER, lambda: writer(settings))
    if isinstance(address, Finding):
        yield address
        return
    login = attempt(WRITER, lambda: Store(address, database="default"))
    if isinstance(login, Finding):
        yield login if address.proves else _of(login, "BANWATCH_CLICKHOUSE_USER and BANWATCH_CLICKHOUSE_PASSWORD")
        return
    with login as server:
        yield from findings(ADDRESS, lambda: _version(server, url))
        yield from findings("ClickHouse's clock", lambda: _clock(server, clock))
        yield from findings("disks", lambda: _disks(server))
    schema = findings(SCHEMA, lambda: _schema(address))
    yield from schema
    if not any(each.what == "database" for each in schema):
        yield from findings(WRITER, lambda: _writer(address))
        yield from _reader(address, settings.reader)


def _of(login: Finding, variables: str) -> Finding:
    """Return a failed login with what to set."""
    return error(login.what, login.said, f"Set {variables} to those of a user of this ClickHouse.")


def _nobody(settings: Settings) -> Iterator[Finding]:
    """Yield what `up` would do where nothing answers on this machine."""
    url = settings.processing.clickhouse_url
    require_engine()
    if "clickhouse_url" in settings.processing.model_fields_set:
        said = f"No ClickHouse answers at {url}, which BANWATCH_CLICKHOUSE_URL names."
        remedy = (
            "`banwatch up` would start the embedded one there. If a ClickHouse runs elsewhere, correct the setting."
        )
        yield warning(ADDRESS, said, remedy)
    else:
        yield ok(ADDRESS, f"No ClickHouse answers at {url}: `banwatch up` starts the embedded one there.")


def _version(server: Store, url: str) -> Iterator[Finding]:
    [(version,)] = server.query("SELECT version()")
    said = f"ClickHouse {version} answers at {url}."
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < NEEDED_VERSION:
        needed = ".".join(map(str, NEEDED_VERSION))
        yield error(ADDRESS, said, f"banwatch needs {needed} or newer: upgrade it.")
    else:
        yield ok(ADDRESS, said)


def _clock(server: Store, clock: Clock) -> Iterator[Finding]:
    before = clock()
    [(there,)] = server.query("SELECT now64(6, 'UTC')")
    yield judged("ClickHouse's clock", "ClickHouse", before, there, clock())


def _disks(server: Store) -> Iterator[Finding]:
    try:
        disks = server.query("SELECT name, free_space FROM system.disks WHERE total_space > 0 AND NOT is_remote")
    except StoreRefused as refused:
        if refused.code not in DENIED:
            raise
        yield warning("disks", "The user that writes may not see the disks.", f"Run the GRANTs of {USERS_SQL} again.")
        return
    for name, free in disks:
        yield room(f"disk {name}", int(free), "ClickHouse")


def _schema(address: ClickHouseAddress) -> Iterator[Finding]:
    migrations = shipped()
    try:
        with Store(address) as store:
            state = inspect(store, migrations)
    except StoreRefused as refused:
        if refused.code not in {UNKNOWN_DATABASE, UNKNOWN_TABLE}:
            raise
        yield ok("database", f"{address.database} has no tables yet: `banwatch up` or `banwatch migrate` makes them.")
        return
    yield from (error(SCHEMA, sentence) for sentence in state.conflicts)
    if state.pending:
        names = ", ".join(each.name for each in state.pending)
        yield error(SCHEMA, f"Migrations are not applied: {names}.", "Run `banwatch migrate`.")
    if not (state.conflicts or state.pending):
        yield ok(SCHEMA, f"All {len(migrations)} migrations are applied, as they were shipped.")


def _writer(address: ClickHouseAddress) -> Iterator[Finding]:
    with Store(address) as store:
        [ledger] = render(LEDGER, replicated=is_replicated(store))
        refused = [what for what, statement in WRITES if _refuses(store, statement.format(ledger=ledger))]
        if store.query(ANY_REPLICA) == [(0,)]:
            said = f"The user {address.user} may read on another replica than it wrote to, and count too few posts."
            remedy = f"Run `ALTER USER {address.user} ADD SETTINGS select_sequential_consistency = 1`."
            yield error("replicas", said, remedy)
    if refused:
        said = f"The user {address.user} may not {', nor '.join(refused)}."
        yield error(WRITER, said, f"Run the GRANTs of {USERS_SQL} as a user who manages access.")
    else:
        yield ok(WRITER, f"The user {address.user} may create tables, insert, and see what purging needs.")


def _reader(address: ClickHouseAddress, as_reader: ClickHouseAddress) -> Iterator[Finding]:
    login = attempt(READER, lambda: Store(as_reader))
    if isinstance(login, Finding):
        yield _of(login, "BANWATCH_CLICKHOUSE_READER_USER and BANWATCH_CLICKHOUSE_READER_PASSWORD")
        return
    with login as reader:
        yield from findings(READER, lambda: _rights(address, reader), 3 * PATIENCE)


def _rights(address: ClickHouseAddress, reader: Store) -> Iterator[Finding]:
    """Yield what the reader may do and must not, and what it may not and should."""
    granted = granted_to_reader(USERS.read_text("utf-8"))
    with Store(address) as store:
        there = {
            str(name) for (name,) in store.query("SELECT name FROM system.tables WHERE database = currentDatabase()")
        }
    done = [what for what, statement in FORBIDDEN if not _refuses(reader, statement)]
    unreadable = sorted(each for each in granted & there if _refuses(reader, _look(each)))
    readable = sorted(each for each in there - granted if not _refuses(reader, _look(each)))
    user, remedy = reader.address.user, f"Take its rights back, and run {USERS_SQL} as a user who manages access."
    if done:
        yield error(READER, f"The user {user} can {', '.join(done)}, and may only read.", remedy)
    if readable:
        yield error(
            READER, f"The user {user} can read {', '.join(readable)}, which hold deleted texts and more.", remedy
        )
    if unreadable:
        said = f"The user {user} may not read {', '.join(unreadable)}, which the pages need."
        yield error(READER, said, f"Run the GRANTs of {USERS_SQL} as a user who manages access.")
    if not (done or readable or unreadable):
        yield ok(READER, f"The user {user} reads {len(granted & there)} tables and views, and can do nothing else.")


def _look(table: str) -> str:
    return f"SELECT * FROM `{table}` LIMIT 0"  # noqa: S608 - the name of one of our own tables


def _refuses(store: Store, statement: str) -> bool:
    """Return whether the store denies the right to a statement. If it refuses for another reason, it has begun.

    Raises:
        StoreUnavailable: the store cannot say so at present.
    """
    try:
        store.query(statement)
    except StoreRefused as refused:
        return refused.code in DENIED
    return False
