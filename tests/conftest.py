"""What tests share: the real parts, started once, and posts to feed them."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import httpx
import pytest
from hypothesis import settings
from pydantic import SecretStr

from deploy.supervisor.endpoints import clickhouse_answers
from ingest.contract import Post
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.migrate import migrate
from tests.support.mortal import mortal
from tests.support.waiting import eventually, free_port

settings.register_profile("untimed", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent
WRITER_PASSWORD = "for tests"
TEMPLATE = "test_template"
SCHEMA = """
SELECT
    cityHash64(groupArray((name, replaceAll(create_table_query, concat(database, '.'), '')))),
    (SELECT (count(), sum(cityHash64(*))) FROM {database}.schema_migrations),
    (SELECT count() FROM system.processes WHERE current_database = '{database}')
FROM (SELECT * FROM system.tables WHERE database = '{database}' ORDER BY name)
"""
"""What is different once a test has changed a table or what it says of its migrations, or is still at work in one."""
NOON = datetime(2020, 7, 10, 12, 0, tzinfo=UTC)
FIRST = frozenset({"test_rehearsal.py", "test_verdicts.py", "test_watch.py"})


def pytest_sessionstart() -> None:
    """Let kafka-python drop its sockets: those whose broker is away, and those that are closed while they connect.

    Python closes them, and says so whenever it finds them: in some other test, where a warning is an error.
    """
    tell = sys.unraisablehook

    def tell_of_others(unraisable: sys.UnraisableHookArgs) -> None:
        where = traceback.extract_tb(unraisable.exc_traceback)
        by_kafka = bool(where) and Path(where[-1].filename).match("kafka/net/*.py")
        never_connected = "laddr=('0.0.0.0'" in str(unraisable.exc_value)
        if not (isinstance(unraisable.exc_value, ResourceWarning) and (by_kafka or never_connected)):
            tell(unraisable)

    sys.unraisablehook = tell_of_others


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as long what starts whole stacks or Apache Kafka; a test that takes long by itself says so itself.

    Files are handed out in the order of their names. The long ones at its end come first, so that no worker is left
    alone with them.
    """
    items.sort(key=lambda item: item.path.name not in FIRST)
    for item in items:
        if item.path.is_relative_to(ROOT / "tests" / "e2e") or item.get_closest_marker("kafka"):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real posts and series, which are not part of the project."""
    folder = Path(os.environ.get("BANWATCH_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"there is no real data at {folder}; BANWATCH_TEST_DATA names another folder")
    return folder


@pytest.fixture(scope="session")
def warehouse_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of that ClickHouse."""
    return tmp_path_factory.mktemp("warehouse")


@pytest.fixture(scope="session")
def warehouse_url(warehouse_folder: Path) -> Iterator[str]:
    """An embedded ClickHouse in a process of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = mortal() | {
        "BANWATCH_CLICKHOUSE_URL": url,
        "BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD,
        "BANWATCH_DATA_DIR": str(warehouse_folder),
    }
    process = subprocess.Popen([sys.executable, "-m", "deploy.cli", "warehouse"], env=environment)
    try:
        eventually(lambda: clickhouse_answers(url))
        yield url
    finally:
        process.terminate()
        process.wait(timeout=120)


def as_writer(url: str, database: str) -> ClickHouseAddress:
    """A database of that warehouse, as the user that may write."""
    return ClickHouseAddress(url, "writer", SecretStr(WRITER_PASSWORD), database=database)


@dataclass
class Template:
    """A database with the newest schema. The engine copies it ten times as quickly as it makes all migrations."""

    url: str
    client: httpx.Client
    returned: list[ClickHouseAddress] = field(default_factory=list)
    """Copies that a test had. They are emptied when the next test gets one: a fifth of the work of a new copy."""

    def lent(self) -> ClickHouseAddress:
        """Give an empty database with that schema, for one test at a time."""
        while self.returned:
            own = self.returned.pop()
            found = self._asked(SCHEMA.format(database=own.database))  # refused where a test has dropped it
            if found.is_success and found.text == self._schema:
                self._done(f"TRUNCATE TABLES FROM {own.database} NOT LIKE 'schema_migrations'")
                return own
            self.drop(own.database)
        return self.copied(f"test_{uuid.uuid4().hex[:12]}")

    def copied(self, database: str) -> ClickHouseAddress:
        """Make a database of this name with that schema."""
        restore = f"RESTORE DATABASE {TEMPLATE} AS {database} FROM Memory('template')"
        restored = self._asked(restore)
        if not restored.is_success:  # what is backed up to memory is gone with its session
            self._done(f"BACKUP DATABASE {TEMPLATE} TO Memory('template')")
            restored = self._asked(restore)
        assert restored.is_success, restored.text
        return as_writer(self.url, database)

    def drop(self, database: str) -> None:
        self._done(f"DROP DATABASE IF EXISTS {database} SYNC")

    @cached_property
    def _schema(self) -> str:
        return self._done(SCHEMA.format(database=TEMPLATE))

    def _done(self, statement: str) -> str:
        answer = self._asked(statement)
        assert answer.is_success, f"{statement}\n{answer.text}"
        return answer.text

    def _asked(self, statement: str) -> httpx.Response:
        session = {"session_id": "template", "session_timeout": "3600"}
        return self.client.post(self.url, params=session, content=statement)


@pytest.fixture(scope="session")
def template(warehouse_url: str) -> Iterator[Template]:
    """What makes a database with the newest schema."""
    migrate(as_writer(warehouse_url, TEMPLATE))
    with httpx.Client(auth=("writer", WRITER_PASSWORD), timeout=60) as client:
        yield Template(warehouse_url, client)


@pytest.fixture
def address(template: Template) -> Iterator[ClickHouseAddress]:
    """A database of the test's own, with the newest schema, as the user that may write. Others may have had it."""
    own = template.lent()
    yield own
    template.returned.append(own)


def new_database(template: Template) -> Iterator[ClickHouseAddress]:
    """A database that no test has had: a fixture `address` for tests to which an old name or old files matter."""
    own = template.copied(f"test_{uuid.uuid4().hex[:12]}")
    yield own
    template.drop(own.database)


@pytest.fixture
def store(address: ClickHouseAddress) -> Iterator[Store]:
    """A connection to that database."""
    with Store(address) as store:
        yield store


def a_post(**fields: object) -> Post:
    """A post of Friday noon with whatever the test needs different."""
    given: dict[str, object] = {"source": "example", "id": "1", "text": "TikTok banned", "created_at": NOON} | fields
    return Post(**given)  # type: ignore[arg-type]
