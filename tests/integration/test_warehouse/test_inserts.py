"""Inserts: every format, every encoding, many frames, and nothing lost in silence."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import lz4.frame
import pytest
import zstandard
from clickhouse_connect.driver.client import Client

from tests.integration.test_warehouse.conftest import WRITER, Warehouse

AUTH = ("writer", WRITER)
COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
TABLE = "(a UInt64, b String) ENGINE = MergeTree ORDER BY a"


@pytest.fixture
def table(client: Client) -> Iterator[str]:
    client.command(f"CREATE TABLE target {TABLE}")
    yield "target"
    client.command("DROP TABLE target SYNC")


def count(warehouse: Warehouse) -> int:
    return int(warehouse.post("SELECT count() FROM target").text)


@pytest.mark.parametrize("encoding", COMPRESS)
def test_every_concatenated_stream_is_decoded(warehouse: Warehouse, table: str, encoding: str) -> None:
    blocks = (f"{number},{'x' * (number % 50)}\n".encode() * 1_000 for number in range(150))
    body = b"".join(COMPRESS[encoding](block) for block in blocks)
    answer = httpx.post(
        warehouse.url,
        params={"query": f"INSERT INTO {table} FORMAT CSV"},
        content=body,
        headers={"Content-Encoding": encoding},
        auth=AUTH,
        timeout=60,
    )
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "150000"
    assert count(warehouse) == 150_000


@pytest.mark.parametrize("encoding", COMPRESS)
def test_what_unpacks_to_more_than_a_head_is_still_an_insert(warehouse: Warehouse, table: str, encoding: str) -> None:
    """A few kilobytes unpack to megabytes: the first piece that is seen holds the head and far more."""
    rows = b"".join(b"%d,%s\n" % (number, b"x" * 1_000_000) for number in range(20))
    answer = httpx.post(
        warehouse.url,
        content=COMPRESS[encoding](f"INSERT INTO {table} FORMAT CSV\n".encode() + rows),
        headers={"Content-Encoding": encoding},
        auth=AUTH,
        timeout=60,
    )
    assert (answer.status_code, count(warehouse)) == (HTTPStatus.OK, 20), answer.text[:200]


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_body_cut_short_writes_nothing(warehouse: Warehouse, table: str, encoding: str) -> None:
    body = COMPRESS[encoding](b"".join(b"%d,row %d\n" % (number, number * 7) for number in range(5_000)))
    for broken in (body[:-9], body + body[: len(body) // 2], body + b"garbage"):
        answer = httpx.post(
            warehouse.url,
            params={"query": f"INSERT INTO {table} FORMAT CSV"},
            content=broken,
            headers={"Content-Encoding": encoding},
            auth=AUTH,
        )
        assert answer.headers.get("X-ClickHouse-Exception-Code") == "271", answer.text
    assert count(warehouse) == 0


@pytest.mark.parametrize(
    "output", ["Native", "RowBinary", "CSV", "TabSeparated", "JSONEachRow", "Parquet", "ArrowStream", "Values", "JSON"]
)
def test_any_format_goes_in(warehouse: Warehouse, table: str, output: str) -> None:
    data = warehouse.post(f"SELECT number AS a, toString(number) AS b FROM numbers(100000) FORMAT {output}").content
    in_url = warehouse.post(data, query=f"INSERT INTO {table} FORMAT {output}")
    assert in_url.status_code == HTTPStatus.OK, in_url.text
    in_body = warehouse.post(f"INSERT INTO {table} (a, b) FORMAT {output}\n".encode() + data)
    assert in_body.status_code == HTTPStatus.OK, in_body.text
    assert warehouse.post("SELECT count(), sum(a), uniqExact(b) FROM target").text == "200000\t9999900000\t100000\n"


def test_native_cut_inside_a_block_is_an_error(warehouse: Warehouse, table: str) -> None:
    data = warehouse.post("SELECT number AS a, toString(number) AS b FROM numbers(1000) FORMAT Native").content
    answer = warehouse.post(data[:-100], query=f"INSERT INTO {table} FORMAT Native")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "33"
    assert count(warehouse) == 0


def test_a_wrong_row_says_where(warehouse: Warehouse, table: str) -> None:
    answer = warehouse.post(f"INSERT INTO {table} FORMAT CSV\n1,one\ntwo,two\n")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "at row 2" in answer.text or "(at row" in answer.text
    assert count(warehouse) == 0


def test_values_with_expressions_and_parameters(warehouse: Warehouse, table: str) -> None:
    text = "INSERT INTO target (a, b) VALUES (1 + 1, concat('a;', {text:String})), (3, 'FORMAT CSV')"
    assert warehouse.post(text, param_text="it's\\t").status_code == HTTPStatus.OK
    assert warehouse.post("SELECT * FROM target ORDER BY a").text == "2\ta;it\\'s\\t\n3\tFORMAT CSV\n"


def test_an_identifier_parameter_names_the_table(warehouse: Warehouse, table: str) -> None:
    answer = warehouse.post("5,five\n", query="INSERT INTO {name:Identifier} FORMAT CSV", param_name=table)
    assert answer.status_code == HTTPStatus.OK, answer.text
    assert count(warehouse) == 1


def test_insert_select_and_what_is_not_supported(warehouse: Warehouse, table: str) -> None:
    copied = warehouse.post("INSERT INTO target SELECT number, 'x' FROM numbers(10)")
    assert json.loads(copied.headers["X-ClickHouse-Summary"])["written_rows"] == "10"
    refused = warehouse.post("INSERT INTO target SELECT a, b FROM input('a UInt64, b String') FORMAT CSV\n1,x\n")
    assert refused.status_code == HTTPStatus.NOT_IMPLEMENTED
    infile = warehouse.post("INSERT INTO target FROM INFILE '/etc/hostname' FORMAT CSV")
    assert infile.headers["X-ClickHouse-Exception-Code"] == "358"


def test_a_sender_that_leaves_half_way_writes_nothing(warehouse: Warehouse, table: str) -> None:
    class Interrupted(Exception):
        pass

    def body() -> Iterator[bytes]:
        for number in range(200):
            yield b"%d,abcdefghijklmnopqrstuvwxyz\n" % number * 1_000
        raise Interrupted

    with pytest.raises(Interrupted):
        httpx.post(warehouse.url, params={"query": "INSERT INTO target FORMAT CSV"}, content=body(), auth=AUTH)
    assert count(warehouse) == 0
    assert warehouse.post("INSERT INTO target VALUES (1, 'after')").status_code == HTTPStatus.OK
    assert count(warehouse) == 1


def test_rows_that_the_engine_cannot_write_are_an_error(warehouse: Warehouse, client: Client, table: str) -> None:
    client.command(f"ALTER TABLE {table} ADD CONSTRAINT small CHECK a < 10")
    answer = httpx.post(
        warehouse.url, params={"query": f"INSERT INTO {table} FORMAT CSV"}, content=b"1,x\n11,y\n", auth=AUTH
    )
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "VIOLATED_CONSTRAINT" in answer.text
    assert count(warehouse) == 0
