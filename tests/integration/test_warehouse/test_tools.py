"""What Grafana's ClickHouse plugin and JDBC (DBeaver) send, as they send it, answered to the reader.

The plugin speaks HTTP through clickhouse-go: POST, the query as a chunked body, Native answers packed by gzip, and its
settings in every URL. JDBC asks for RowBinary by a header. Both were run against the warehouse by hand.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus

import httpx
import lz4.block
import pytest
from clickhouse_cityhash.cityhash import CityHash128

from tests.integration.test_warehouse.conftest import READER, Warehouse

EXCEPTION = "X-ClickHouse-Exception-Code"
GRAFANA = {
    "default_format": "Native",
    "client_protocol_version": "54460",
    "database": "watched",
    "max_execution_time": "60",
    "limit": "1000",
    "max_result_rows": "5000000",
    "log_comment": "grafana",
}
JDBC = {"async_insert": "0", "wait_end_of_query": "0", "query_id": "231b13a6-53cd-4d9a-ad2b-979a24178af1"}


@pytest.fixture(scope="module", autouse=True)
def watched(warehouse: Warehouse) -> None:
    with closing(warehouse.client()) as client:
        client.command("CREATE DATABASE watched")
        client.command(
            "CREATE TABLE watched.count_versions (minute DateTime('UTC') COMMENT 'start', topic LowCardinality(String),"
            " posts UInt32) ENGINE = MergeTree ORDER BY minute"
        )
        client.command("CREATE VIEW watched.counts AS SELECT * FROM watched.count_versions")
        client.command(
            "INSERT INTO watched.count_versions SELECT toDateTime('2020-07-10 16:00:00', 'UTC') + 60 * number, 'ban',"
            " number FROM numbers(60)"
        )


def pieces(text: str) -> Iterator[bytes]:
    """A body of unknown length, as both clients send it."""
    yield text.encode()


def grafana(warehouse: Warehouse, text: str, **more: str) -> httpx.Response:
    headers = {"Accept-Encoding": "gzip", "User-Agent": "grafana/12 clickhouse-datasource/4 clickhouse-go/2"}
    with httpx.Client(auth=("reader", READER), headers=headers, timeout=60) as http:
        return http.post(warehouse.url, content=pieces(text), params=GRAFANA | more)


OPENING = [
    "SELECT displayName(), version(), revision(), timezone()",
    "SELECT 1",
    "SELECT version()",
    "SHOW DATABASES",
    'SHOW TABLES FROM "watched"',
    'DESC TABLE "watched"."counts"',
    "SELECT name, type, table FROM system.columns WHERE database IN ('watched')",
    "SELECT name, is_aggregate, alias_to FROM system.functions LIMIT 10000",
    "SELECT name, engine FROM system.tables WHERE database = 'watched'",
    "select distinct topic from watched.counts limit 1000",
    "SELECT value FROM system.settings WHERE name = 'readonly'",
]


@pytest.mark.parametrize("text", OPENING)
def test_what_grafana_asks_before_a_panel(warehouse: Warehouse, text: str) -> None:
    answer = grafana(warehouse, text)
    assert answer.status_code == HTTPStatus.OK, answer.text
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["X-ClickHouse-Format"] == "Native"
    assert answer.content


def test_a_panel_of_grafana_with_its_macros_expanded(warehouse: Warehouse) -> None:
    panel = (
        "SELECT toStartOfInterval(toDateTime(minute), INTERVAL 300 second) AS time, topic, sum(posts) AS posts"
        " FROM counts WHERE minute >= toDateTime(1594396800) AND minute <= toDateTime(1594400400)"
        " GROUP BY time, topic ORDER BY time FORMAT TSV"
    )
    lines = grafana(warehouse, panel).text.splitlines()
    assert len(lines) == 12
    assert lines[0] == "2020-07-10 16:00:00\tban\t10"


def test_grafanas_row_limit_holds_and_ours_is_never_raised(warehouse: Warehouse) -> None:
    assert grafana(warehouse, "SELECT posts FROM counts FORMAT TSV", limit="5").text.count("\n") == 5
    asked = "SELECT getSetting('max_execution_time'), getSetting('max_result_rows') FORMAT TSV"
    assert grafana(warehouse, asked).text == "20\t300000\n"
    assert grafana(warehouse, asked, max_execution_time="7").text == "7\t300000\n"


def test_grafana_sends_compressed_queries_too(warehouse: Warehouse) -> None:
    answer = httpx.post(
        warehouse.url,
        content=gzip.compress(b"SELECT count() FROM counts FORMAT TSV"),
        params=GRAFANA,
        headers={"Content-Encoding": "gzip"},
        auth=("reader", READER),
    )
    assert answer.text == "60\n"


JDBC_OPENING = [
    "SELECT version() as server_version",
    "SELECT name AS TABLE_SCHEM, '' AS TABLE_CATALOG FROM system.databases ORDER BY name",
    "SELECT 'local' AS TABLE_CAT WHERE 1 = 0",
    "SELECT t.database, t.name, t.engine, t.comment FROM system.tables t WHERE t.database LIKE '%' ORDER BY 1, 2",
    "SELECT database, table, name, type, comment, position FROM system.columns WHERE table LIKE 'counts'",
    "SELECT dt.name, attrs.c2 FROM system.data_type_families dt"
    " LEFT JOIN VALUES('c1 String, c2 Nullable(Int32)', ('UInt8', 3), ('String', NULL)) attrs ON dt.name = attrs.c1",
    "SELECT system.tables.name, trim(c.1) FROM system.tables"
    " ARRAY JOIN arrayZip(splitByChar(',', primary_key), arrayEnumerate(splitByChar(',', primary_key))) AS c",
    "SELECT name, concat(description, '(', origin, ')') FROM system.functions WHERE name LIKE '%'",
    "SELECT arrayJoin(['TABLE', 'VIEW']) AS TABLE_TYPE ORDER BY TABLE_TYPE",
    "SELECT name, engine, comment FROM system.databases",
    "SELECT name FROM system.table_engines",
]


@pytest.mark.parametrize("text", JDBC_OPENING)
def test_what_jdbc_asks_on_opening_a_schema(warehouse: Warehouse, text: str) -> None:
    headers = {"X-ClickHouse-Format": "RowBinaryWithNamesAndTypes", "X-ClickHouse-Database": "watched"}
    with httpx.Client(auth=("reader", READER), headers=headers, timeout=60) as http:
        answer = http.post(warehouse.url, content=pieces(text), params=JDBC)
    assert answer.status_code == HTTPStatus.OK, answer.text
    assert answer.headers["X-ClickHouse-Format"] == "RowBinaryWithNamesAndTypes"
    assert answer.content[:1]


def test_jdbc_gets_its_answers_in_blocks_of_clickhouse(warehouse: Warehouse) -> None:
    text = "SELECT number, repeat('Ω', 20) FROM numbers(100000) FORMAT TSV"
    plain = warehouse.post(text, "reader")
    packed = warehouse.post(text, "reader", compress="1")
    assert "Content-Encoding" not in packed.headers
    assert len(packed.content) < len(plain.content) / 4
    assert unpacked(packed.content) == plain.content
    refused = warehouse.post("SELECT nothing", "reader", compress="1")
    assert refused.headers[EXCEPTION] == "47"
    assert "UNKNOWN_IDENTIFIER" in refused.text


def test_blocks_in_a_request_are_refused_in_a_sentence(warehouse: Warehouse) -> None:
    answer = warehouse.post("SELECT 1", "reader", decompress="1")
    assert answer.status_code == HTTPStatus.NOT_IMPLEMENTED
    assert "Content-Encoding" in answer.text


def unpacked(body: bytes) -> bytes:
    """The data of ClickHouse's compressed blocks, whose checksums hold."""
    data = b""
    while body:
        high, low, method, size, length = struct.unpack("<QQBII", body[:25])
        assert CityHash128(body[16 : 16 + size]) == high << 64 | low
        assert method == 0x82
        data += lz4.block.decompress(body[25 : 16 + size], uncompressed_size=length)
        body = body[16 + size :]
    return data
