"""Clients that know nothing of the embedded warehouse work against it as against ClickHouse."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pandas
import pytest
import sqlalchemy
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from tests.integration.test_warehouse.conftest import Warehouse

pyarrow = pytest.importorskip("pyarrow")
NOON = datetime(2020, 7, 10, 12, tzinfo=UTC)
HOSTILE = ["it's", "back\\slash", "tab\there", "line\nbreak", "\r", "nul\0", '"`{}', "';--", "\\N", "\\'", "😀ة", ""]


def make_posts(client: Client, name: str) -> None:
    client.command(f"CREATE TABLE {name} (id UInt64, at DateTime, text String) ENGINE = MergeTree ORDER BY id")


@pytest.mark.parametrize("compress", [True, False, "lz4", "zstd", "gzip"])
def test_every_row_of_a_large_insert_arrives(warehouse: Warehouse, compress: bool | str) -> None:
    rows = [[number, NOON + timedelta(seconds=number), f"post {number}" * 8] for number in range(200_000)]
    with closing(warehouse.client(compress=compress)) as client:
        client.command("DROP TABLE IF EXISTS large")
        make_posts(client, "large")
        summary = client.insert("large", rows, column_names=["id", "at", "text"])
        assert summary.written_rows == 200_000
        found = client.query("SELECT count(), uniqExact(id), sum(length(text)) FROM large").result_rows
        assert found == [(200_000, 200_000, sum(len(f"{row[2]}") for row in rows))]
        assert client.query("SELECT * FROM large WHERE id = 199999").result_rows == [
            (199_999, NOON.replace(tzinfo=None) + timedelta(seconds=199_999), "post 199999" * 8)
        ]


def test_frames_go_in_and_out(client: Client) -> None:
    frame = pandas.DataFrame({"id": range(5_000), "text": [f"{number}" for number in range(5_000)]})
    client.command("CREATE TABLE frames (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
    client.insert_df("frames", frame)
    back = client.query_df("SELECT * FROM frames ORDER BY id")
    assert back["text"].tolist() == frame["text"].tolist()
    table = client.query_arrow("SELECT id FROM frames")
    assert isinstance(table, pyarrow.Table)
    assert table.num_rows == 5_000


def test_a_streamed_result_is_whole(client: Client) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(3000000)") as stream:
        total = sum(int(row[0]) for block in stream for row in block)
    assert total == sum(range(3_000_000))


def test_a_stream_that_fails_half_way_is_an_error(warehouse: Warehouse) -> None:
    slowly = {"max_threads": 1, "max_block_size": 10_000}
    for compress in (False, "lz4", "zstd", "gzip"):
        with closing(warehouse.client(compress=compress)) as client:
            query = "SELECT throwIf(number = 300000), randomPrintableASCII(100) FROM numbers(400000)"
            with (
                pytest.raises(StreamFailureError, match="FUNCTION_THROW_IF"),
                client.query_row_block_stream(query, settings=slowly) as stream,
            ):
                for _ in stream:
                    pass


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_round_trips_as_a_parameter(client: Client, text: str) -> None:
    found = client.query("SELECT {text:String}, {list:Array(String)}", {"text": text, "list": [text, "b"]})
    assert found.result_rows == [(text, [text, "b"])]


def test_typed_parameters(client: Client) -> None:
    found = client.query(
        "SELECT {at:DateTime}, {none:Nullable(String)}, {number:Int64}, {at:DateTime64(3)}",
        {"at": NOON, "none": None, "number": -5},
        settings={"max_threads": 1},
    )
    assert found.result_rows == [(NOON.replace(tzinfo=None), None, -5, NOON.replace(tzinfo=None))]


def test_parameters_too_long_for_a_url(client: Client) -> None:
    ids = list(range(20_000))
    found = client.query("SELECT sum(arrayJoin({ids:Array(UInt32)}))", {"ids": ids})
    assert found.result_rows == [(sum(ids),)]


def test_errors_carry_their_code(client: Client) -> None:
    with pytest.raises(DatabaseError) as raised:
        client.query("SELECT * FROM nowhere")
    assert raised.value.code == 60
    with pytest.raises(DatabaseError) as raised:
        client.insert("frames_missing", [[1]], column_names=["a"], column_type_names=["UInt8"])
    assert raised.value.code == 60


def test_settings_reach_the_engine_and_unknown_ones_do_not_pass(client: Client) -> None:
    asked = "SELECT getSetting('max_block_size')"
    assert client.query(asked, settings={"max_block_size": 1234}).result_rows == [(1234,)]
    assert client.query(asked).result_rows != [(1234,)]


def test_the_summary_counts_what_was_read(client: Client) -> None:
    found = client.query("SELECT sum(number) FROM numbers(1000)")
    assert found.summary["read_rows"] == "1000"
    assert found.summary["result_rows"] == "1"
    assert found.query_id


def test_the_reader_is_a_client_like_any(warehouse: Warehouse) -> None:
    with closing(warehouse.client("reader")) as client:
        assert client.query_df("SELECT number FROM numbers(3)")["number"].tolist() == [0, 1, 2]
        assert client.query_arrow("SELECT 1").num_rows == 1


def test_sqlalchemy_and_pandas(warehouse: Warehouse) -> None:
    url = sqlalchemy.URL.create("clickhousedb", "reader", "reader's word", "127.0.0.1", warehouse.port)
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        frame = pandas.read_sql(
            sqlalchemy.text("SELECT number AS n FROM numbers(10) WHERE number > :low"), connection, params={"low": 6}
        )
    engine.dispose()
    assert frame["n"].tolist() == [7, 8, 9]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(warehouse: Warehouse, client: Client) -> None:
    def curl(*arguments: str, given: str = "") -> str:
        command = ["curl", "-sS", "-u", "writer:writer's word", *arguments]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=30).stdout

    client.command("CREATE TABLE curled (a UInt8, b String) ENGINE = MergeTree ORDER BY a")
    assert curl(warehouse.url + "?query=SELECT%201") == "1\n"
    insert = quote("INSERT INTO curled FORMAT CSV")
    curl("--data-binary", "@-", f"{warehouse.url}?query={insert}", given="1,one\n2,two\n")
    curl("--data-binary", "@-", warehouse.url, given="INSERT INTO curled VALUES (3, 'it''s; fine')")
    select = "SELECT b FROM curled ORDER BY a FORMAT JSONCompactEachRow"
    assert curl("--compressed", "-d", select, warehouse.url) == '["one"]\n["two"]\n["it\'s; fine"]\n'
