"""What the reader must not do, however it is spelled, and who is let in at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from tests.integration.test_warehouse.conftest import READER, WRITER, Run, Warehouse, free_port

EXCEPTION = "X-ClickHouse-Exception-Code"
REFUSED = {"164", "497", "62", "358", "344", "36", "42", "46", "60", "70"}


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outside") / "secret.csv"
    path.write_text("opensesame,1\n")
    return path


@pytest.fixture(scope="module")
def table(warehouse: Warehouse) -> Iterator[None]:
    with closing(warehouse.client()) as client:
        client.command("CREATE DATABASE tried")
        client.command("CREATE TABLE tried.guarded (a UInt64, url String) ENGINE = MergeTree ORDER BY a")
        client.command("INSERT INTO tried.guarded VALUES (1, 'https://example.org/file(1)')")
        yield
        assert client.query("SELECT a FROM tried.guarded").result_rows == [(1,)]


WAYS_TO_A_FILE = [
    "SELECT file('{}')",
    "SELECT `file`('{}')",
    "SELECT \"fi\\x6ce\"('{}')",
    "SELECT \u201cfile\u201d('{}')",
    "SELECT file/* */('{}')",
    "SELECT /* ' */ file('{}') /* ' */",
    "SELECT '\\'', file('{}'), '\\''",
    "SELECT $x$'$x$, file('{}'), $x$'$x$",
    "SELECT `a'`, file('{}') FROM (SELECT 1 AS `a'`)",
    "SELECT arrayMap(file, ['{}'])",
    "SELECT * APPLY(file) FROM (SELECT '{}')",
    "SELECT arrayMap({{f:Identifier}}, ['{}'])",
    "SELECT b FROM values('a UInt8, b String ALIAS file(''{}'')', (1))",
    "SELECT b FROM values(concat('a UInt8, b String ALIAS fi', 'le(''{}'')'), (1))",
    "SELECT b FROM generateRandom('a UInt8, b String ALIAS file(''{}'')') LIMIT 1",
    "SELECT * FROM eval('SELECT file(''{}'')')",
    "EXPLAIN QUERY TREE SELECT file('{}')",
    "SELECT * FROM file('{}')",
    "SELECT * FROM '{}'",
    "SELECT * FROM `{}`",
    "DESCRIBE TABLE file('{}')",
    "DESCRIBE file('{}', 'CSV')",
    "SELECT * FROM view(SELECT * FROM file('{}'))",
    "SELECT * FROM fileCluster('default', '{}')",
]


@pytest.mark.parametrize("way", WAYS_TO_A_FILE)
def test_no_way_leads_to_a_file(warehouse: Warehouse, secret: Path, way: str) -> None:
    answer = warehouse.post(way.format(secret), "reader", param_f="file")
    assert answer.headers.get(EXCEPTION) in REFUSED, answer.text
    assert "opensesame" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        "DESCRIBE url('http://127.0.0.1:1/')",
        "DESCRIBE TABLE URL /* */ ('http://127.0.0.1:1/')",
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/x.csv', 'CSV', 'a String')",
        "DESCRIBE s3('http://127.0.0.1:1/bucket/x.csv')",
        "SELECT * FROM remote('127.0.0.1:1', 'system', 'one')",
        "SELECT * FROM executable('cat', 'CSV', 'a String')",
        "SELECT * FROM python(settings)",
        "DESCRIBE python(settings)",
        "SELECT * FROM sqlite('/tmp/x', 't')",
        "SELECT * FROM icebergLocal('/tmp')",
        "INSERT INTO guarded VALUES (2, 'x')",
        "INSERT INTO guarded FORMAT CSV\n2,x\n",
        "INSERT INTO guarded SELECT 2, 'x'",
        "INSERT INTO FUNCTION file('/tmp/never.csv') SELECT 1",
        "CREATE TABLE made (a UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE made (a UInt8)",
        "CREATE VIEW made AS SELECT 1",
        "CREATE FUNCTION made AS x -> x",
        "DROP TABLE guarded",
        "TRUNCATE TABLE guarded",
        "ALTER TABLE guarded DELETE WHERE 1",
        "DELETE FROM guarded WHERE 1",
        "OPTIMIZE TABLE guarded FINAL",
        "RENAME TABLE guarded TO other",
        "KILL QUERY WHERE 1",
        "KILL MUTATION WHERE 1",
        "SYSTEM STOP MERGES",
        "SYSTEM SHUTDOWN",
        "SELECT 1 INTO OUTFILE '/tmp/never.csv'",
        "SET readonly = 0",
        "SET max_execution_time = 0",
        "SET param_f = 'file'",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_memory_usage = 0",
        "BACKUP TABLE guarded TO File('/tmp/never')",
        "SELECT 1; DROP TABLE guarded",
        "GRANT ALL ON *.* TO default",
    ],
)
def test_the_reader_only_reads(warehouse: Warehouse, table: None, query: str) -> None:
    answer = warehouse.post(query, "reader")
    assert answer.headers.get(EXCEPTION) in REFUSED, answer.text
    assert not Path("/tmp/never.csv").exists()


@pytest.mark.parametrize(
    ("name", "value"), [("readonly", "0"), ("allow_ddl", "1"), ("max_memory_usage_for_user", "0"), ("no_such", "1")]
)
def test_the_reader_changes_no_other_setting(warehouse: Warehouse, name: str, value: str) -> None:
    answer = warehouse.post("SELECT 1", "reader", **{name: value})
    assert answer.headers.get(EXCEPTION) == "164"


@pytest.mark.parametrize("value", ["0", "100", "0.0", "1e9", "-1", "18446744073709551615", "", "20; DROP"])
@pytest.mark.parametrize("session", [{}, {"session_id": "raising"}])
def test_a_limit_of_the_reader_goes_down_and_never_up(
    warehouse: Warehouse, value: str, session: dict[str, str]
) -> None:
    asked = "SELECT getSetting('max_execution_time')"
    answer = warehouse.post(asked, "reader", max_execution_time=value, **session)
    assert answer.text == "20\n" or answer.headers.get(EXCEPTION) == "164"
    assert warehouse.post(asked, "reader", max_execution_time="5", **session).text == "5\n"
    assert warehouse.post(asked, "reader", **session).text == "20\n"
    nested = f"SELECT a FROM (SELECT getSetting('max_execution_time') AS a SETTINGS max_execution_time = {value or 1})"
    assert warehouse.post(nested, "reader", **session).text not in {f"{value}\n", "0\n"}
    for text in (f"SELECT 1 SETTINGS max_execution_time = {value or 1}", f"SET max_execution_time = {value or 1}"):
        assert warehouse.post(text, "reader", **session).headers.get(EXCEPTION) in REFUSED


def test_a_session_of_the_reader_keeps_its_database_when_settings_change(warehouse: Warehouse, client: Client) -> None:
    client.command("CREATE DATABASE IF NOT EXISTS elsewhere")
    session = {"session_id": "settings"}
    warehouse.post("USE elsewhere", "reader", **session)
    asked = "SELECT currentDatabase(), getSetting('max_block_size')"
    assert warehouse.post(asked, "reader", max_block_size="1000", **session).text == "elsewhere\t1000\n"
    assert warehouse.post(asked, "reader", **session).text != "elsewhere\t1000\n"
    assert warehouse.post("SELECT 1", "reader", readonly="0", **session).headers.get(EXCEPTION) == "164"
    assert warehouse.post("SELECT currentDatabase()", "reader", **session).text == "elsewhere\n"


def test_limits_end_a_query_of_the_reader(warehouse: Warehouse) -> None:
    answer = warehouse.post("SELECT number FROM numbers(1000000)", "reader")
    assert answer.headers.get(EXCEPTION) == "396"
    assert warehouse.post("SELECT count() FROM numbers(1000000)", "reader").text == "1000000\n"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT url FROM guarded WHERE url LIKE '%file(%'", "https://example.org/file(1)\n"),
        ("SELECT count() FROM guarded WHERE url IN ('file', 'url(')", "0\n"),
        ("SELECT format('{}-{}', 'a', 'b') AS `back\\\\slash`", "a-b\n"),
        ("SHOW TABLES LIKE 'guarded'", "guarded\n"),
        ("WITH 1 AS one SELECT one", "1\n"),
        ("SELECT sum(number) FROM numbers(3)", "3\n"),
        ("EXISTS TABLE guarded", "1\n"),
        ("WITH x -> x + 1 AS next SELECT next(2)", "3\n"),
        ("SELECT count(), arrayMap(count -> count + 1, [1])", "1\t[2]\n"),
        ("SELECT arrayMap(month -> makeDate(2020, month, 1), [1, 2])", "['2020-01-01','2020-02-01']\n"),
        ("SELECT * APPLY(toDateTime) FROM (SELECT 0)", "1970-01-01 00:00:00\n"),
    ],
)
def test_ordinary_queries_pass(warehouse: Warehouse, table: None, query: str, expected: str) -> None:
    assert warehouse.post(query, "reader").text == expected


def test_who_is_let_in(warehouse: Warehouse) -> None:
    def code(**how: Any) -> str | None:
        found: str | None = httpx.post(warehouse.url, content="SELECT 1", **how).headers.get(EXCEPTION)
        return found

    assert code(auth=("writer", WRITER)) is None
    assert code(auth=("default", READER)) is None
    assert code(headers={"X-ClickHouse-User": "reader", "X-ClickHouse-Key": READER}) is None
    assert code(params={"user": "writer", "password": WRITER}) is None
    assert code(params={"password": READER}) is None
    for wrong in [("writer", READER), ("reader", WRITER), ("root", WRITER), ("writer", ""), ("", "")]:
        assert code(auth=wrong) == "516"
    assert code() == "516"
    assert code(headers={"Authorization": "Bearer x"}) == "516"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "example.org"},
        {"Host": "127.0.0.1.example.org:8123"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_web_pages_are_refused(warehouse: Warehouse, headers: dict[str, str]) -> None:
    answer = httpx.post(warehouse.url, content="SELECT 1", headers=headers, auth=("writer", WRITER))
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert answer.headers[EXCEPTION] == "497"


def test_names_of_this_machine_are_not(warehouse: Warehouse) -> None:
    for host in (f"localhost:{warehouse.port}", "[::1]:8123", "127.0.0.1"):
        answer = httpx.post(warehouse.url, content="SELECT 1", headers={"Host": host}, auth=("reader", READER))
        assert answer.text == "1\n"


def test_an_empty_password_lets_everyone_read_and_nobody_write(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path, free_port(), reader_password="")
    assert httpx.get(running.url, params={"query": "SELECT 1"}).text == "1\n"
    refused = httpx.post(running.url, content="CREATE TABLE a (b UInt8) ENGINE = Memory")
    assert refused.headers[EXCEPTION] == "164"
    assert httpx.post(running.url, content="SELECT 1", auth=("writer", "")).headers[EXCEPTION] == "516"
