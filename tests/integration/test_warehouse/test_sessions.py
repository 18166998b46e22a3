"""Sessions: what a client leaves there is there again, and nothing of it anywhere else."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from clickhouse_connect.driver.client import Client

from tests.integration.test_warehouse.conftest import Warehouse


def code(warehouse: Warehouse, text: str, user: str = "writer", **parameters: str) -> str | None:
    found: str | None = warehouse.post(text, user, **parameters).headers.get("X-ClickHouse-Exception-Code")
    return found


def test_temporary_tables_and_set_survive(warehouse: Warehouse, client: Client) -> None:
    client.command("CREATE TEMPORARY TABLE mine (a UInt8)")
    client.insert("mine", [[1], [2]], column_names=["a"], column_type_names=["UInt8"])
    client.command("SET max_block_size = 777")
    assert client.query("SELECT sum(a), getSetting('max_block_size') FROM mine").result_rows == [(3, 777)]
    assert code(warehouse, "SELECT * FROM mine") == "60"
    assert code(warehouse, "SELECT * FROM mine", session_id="another") == "60"


def test_settings_of_a_request_end_with_it(warehouse: Warehouse) -> None:
    asked, session = "SELECT getSetting('max_block_size'), currentDatabase()", {"session_id": "overlay"}
    before = warehouse.post(asked, **session).text
    with_both = warehouse.post(asked, max_block_size="99", database="system", **session).text
    assert with_both == "99\tsystem\n"
    assert warehouse.post(asked, **session).text == before
    warehouse.post("SET max_block_size = 555", max_block_size="99", **session)
    warehouse.post("USE system", **session)
    assert warehouse.post(asked, **session).text == "555\tsystem\n"
    assert warehouse.post(asked, max_block_size="99", database="default", **session).text == "99\tdefault\n"
    assert warehouse.post(asked, **session).text == "555\tsystem\n"


def test_a_session_serves_one_request_at_a_time(warehouse: Warehouse) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(warehouse.post, "SELECT sleep(3)", session_id="busy")
        deadline = time.monotonic() + 10
        while warehouse.post("SELECT count() FROM system.processes WHERE query = 'SELECT sleep(3)'").text == "0\n":
            assert time.monotonic() < deadline
        assert code(warehouse, "SELECT 1", session_id="busy") == "373"
        assert code(warehouse, "SELECT 1", "reader", session_id="busy") is None, "the reader's is another one"
        assert first.result().text == "0\n"
    assert code(warehouse, "SELECT 1", session_id="busy") is None


def test_a_session_that_fails_goes_on(warehouse: Warehouse) -> None:
    assert code(warehouse, "CREATE TEMPORARY TABLE kept (a UInt8)", session_id="fails") is None
    assert code(warehouse, "INSERT INTO kept FORMAT CSV\nwrong\n", session_id="fails") in {"27", "117"}
    assert code(warehouse, "SELECT nothing", session_id="fails") == "47"
    assert code(warehouse, "SELECT 1", session_id="fails", database="system", no_such_setting="1") == "115"
    assert warehouse.post("SELECT count() FROM kept", session_id="fails").text == "0\n"


def test_session_check_and_timeout(warehouse: Warehouse) -> None:
    assert code(warehouse, "SELECT 1", session_id="unknown", session_check="1") == "372"
    assert code(warehouse, "SELECT 1", session_id="long", session_timeout="60") is None
    assert code(warehouse, "SELECT 1", session_id="long", session_check="1", session_timeout="60") is None
    assert code(warehouse, "SELECT 1", session_id="short", session_timeout="1") is None
    assert code(warehouse, "SELECT 1", session_id="short", session_timeout="3601") == "374"
    assert code(warehouse, "SELECT 1", session_id="short", session_timeout="soon") == "374"
    deadline = time.monotonic() + 10
    while code(warehouse, "SELECT 1", session_id="probe", session_timeout="1") is None:
        time.sleep(1.1)
        if code(warehouse, "SELECT 1", session_id="short", session_check="1") == "372":
            return
        assert time.monotonic() < deadline
