"""The interface itself: where the query may stand, what comes back, several at a time, and clients that leave."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from io import BytesIO

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from tests.integration.test_warehouse.conftest import READER, WRITER, Warehouse
from tests.support.waiting import PATIENCE, eventually

parquet_files = pytest.importorskip("pyarrow.parquet")
AUTH = ("reader", READER)
ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"


@pytest.mark.parametrize(("in_url", "in_body"), [("SELECT 7", ""), ("", "SELECT 7"), ("SELECT", "7")])
def test_the_query_may_stand_in_the_url_the_body_or_both(warehouse: Warehouse, in_url: str, in_body: str) -> None:
    assert warehouse.post(in_body, query=in_url).text == "7\n"


def test_get_only_reads(warehouse: Warehouse, client: Client) -> None:
    client.command("CREATE TABLE got (a UInt8) ENGINE = Memory")
    drop = httpx.get(warehouse.url, params={"query": "DROP TABLE got"}, auth=("writer", WRITER))
    assert drop.headers["X-ClickHouse-Exception-Code"] == "164"
    assert httpx.get(warehouse.url, params={"query": "EXISTS got"}, auth=("writer", WRITER)).text == "1\n"
    assert httpx.get(warehouse.url, auth=AUTH).text == "Ok.\n"


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("SELECT * FROM nowhere", "60", HTTPStatus.NOT_FOUND),
        ("SELECT FROM WHERE", "62", HTTPStatus.BAD_REQUEST),
        ("SELECT nothing", "47", HTTPStatus.NOT_FOUND),
        ("SELECT 1 FORMAT Nowhere", "73", HTTPStatus.NOT_FOUND),
        ("SELECT 1; SELECT 2", "62", HTTPStatus.BAD_REQUEST),
        ("", "62", HTTPStatus.BAD_REQUEST),
        ("SELECT {missing:String}", "456", HTTPStatus.INTERNAL_SERVER_ERROR),
        ("SELECT 1 INTO OUTFILE '/tmp/never.csv'", "358", HTTPStatus.INTERNAL_SERVER_ERROR),
    ],
)
def test_errors_have_their_code_and_status(warehouse: Warehouse, query: str, code: str, status: HTTPStatus) -> None:
    answer = warehouse.post(query)
    assert answer.status_code == status, answer.text
    assert answer.headers["X-ClickHouse-Exception-Code"] == code
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_settings_and_databases_that_do_not_exist(warehouse: Warehouse) -> None:
    assert warehouse.post("SELECT 1", no_such_setting="1").headers["X-ClickHouse-Exception-Code"] == "115"
    assert warehouse.post("SELECT 1", database="nowhere").headers["X-ClickHouse-Exception-Code"] == "81"
    assert warehouse.post("SELECT 1", **{"a=1, b": "1"}).headers["X-ClickHouse-Exception-Code"] == "115"


def test_the_headers_say_what_came_back(warehouse: Warehouse) -> None:
    answer = warehouse.post("SELECT 1", query_id="mine", default_format="CSV")
    assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
    assert answer.headers["X-ClickHouse-Format"] == "CSV"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
    summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert {"read_rows", "written_rows", "written_bytes", "result_rows", "elapsed_ns"} <= summary.keys()
    assert all(isinstance(value, str) for value in summary.values())


@pytest.mark.parametrize("wait", ["0", "1"])
@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate", "zstd"])
def test_large_answers_are_one_valid_whole(warehouse: Warehouse, encoding: str, wait: str) -> None:
    with httpx.Client(headers={"Accept-Encoding": encoding}, auth=AUTH, timeout=60) as http:
        asked = "SELECT number, hex(sipHash64(number)) FROM numbers(250000) FORMAT "
        rows = http.post(warehouse.url, content=asked + "CSV", params={"wait_end_of_query": wait})
        document = http.post(warehouse.url, content=asked + "JSON", params={"wait_end_of_query": wait})
        named = http.post(warehouse.url, content=asked + "CSVWithNames", params={"wait_end_of_query": wait})
        parquet = http.post(warehouse.url, content=asked + "Parquet", params={"wait_end_of_query": wait})
    assert rows.headers.get("Content-Encoding", "identity") == encoding
    assert len(rows.text.splitlines()) == 250_000
    assert document.json()["rows"] == len(document.json()["data"]) == 250_000
    assert named.text.count('"number",') == 1
    assert parquet_files.read_table(BytesIO(parquet.content)).num_rows == 250_000


def test_totals_are_not_lost(warehouse: Warehouse) -> None:
    asked = "SELECT number % 2 AS k, count() FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k"
    assert warehouse.post(asked).text == "0\t5\n1\t5\n\n0\t10\n"


def test_an_answer_that_breaks_off_has_no_end(warehouse: Warehouse) -> None:
    asked = "SELECT throwIf(number = 250000), randomPrintableASCII(100) FROM numbers(300000)"
    slowly = {"max_threads": "1", "max_block_size": "10000"}
    with httpx.stream("POST", warehouse.url, content=asked, params=slowly, auth=("writer", WRITER)) as answer:
        assert answer.status_code == HTTPStatus.OK
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


def test_six_queries_run_side_by_side(warehouse: Warehouse) -> None:
    def begun(user: str) -> int:
        return int(warehouse.post("SELECT toUnixTimestamp64Milli(now64(3)) + sleep(3)", user).text)

    with ThreadPoolExecutor(6) as pool:
        moments = list(pool.map(begun, ["reader", "writer"] * 3))
    assert max(moments) - min(moments) < 3_000, "the last began while the first still slept"


def test_ping_answers_while_every_thread_is_busy(warehouse: Warehouse) -> None:
    with ThreadPoolExecutor(12) as pool:
        busy = [pool.submit(warehouse.post, "SELECT sleep(3)", "reader") for _ in range(6)]
        poll(warehouse, "SELECT count() >= 4 FROM system.processes WHERE query = 'SELECT sleep(3)'")
        assert httpx.get(warehouse.url + "ping").text == "Ok.\n"
        assert not any(each.done() for each in busy)


@pytest.mark.parametrize("how", ["SELECT 1, ({}) SETTINGS max_threads = 1", "SELECT * FROM ({}) FORMAT JSON"])
def test_a_client_that_leaves_takes_its_query_with_it(warehouse: Warehouse, how: str) -> None:
    asked = how.format(ENDLESS)
    running = "SELECT count() FROM system.processes WHERE query LIKE '%100000000000%' AND query NOT LIKE '%processes%'"
    with closing(HTTPConnection("127.0.0.1", warehouse.port)) as client:
        client.request("POST", "/", asked, {"X-ClickHouse-User": "writer", "X-ClickHouse-Key": WRITER})
        poll(warehouse, f"SELECT ({running}) = 1")
    poll(warehouse, f"SELECT ({running}) = 0", timedelta(seconds=60))  # it would take far longer by itself


def test_a_stream_nobody_reads_ends_with_its_client(warehouse: Warehouse) -> None:
    asked = "SELECT number, 'unread' FROM system.numbers"
    with httpx.stream("POST", warehouse.url, content=asked, auth=("writer", WRITER)) as answer:
        assert next(answer.iter_bytes())
    poll(warehouse, "SELECT count() = 0 FROM system.processes WHERE query LIKE '%\\'unread\\' FROM system.numbers'")


def poll(warehouse: Warehouse, condition: str, within: timedelta = PATIENCE) -> None:
    eventually(lambda: warehouse.post(condition).text == "1\n", within)
