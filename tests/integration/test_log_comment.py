"""What a batch asks of the store carries the batch's id, and nothing else does."""

from __future__ import annotations

from urllib.parse import urlsplit

from structlog.contextvars import bound_contextvars

from processing.contract import ClickHouseAddress
from processing.store.client import Store
from tests.conftest import as_writer
from tests.support.relays import relayed
from tests.support.waiting import free_port


def test_each_request_of_a_batch_carries_its_id_as_log_comment(address: ClickHouseAddress) -> None:
    port, real = free_port(), urlsplit(address.url).port or 0
    through = as_writer(f"http://127.0.0.1:{port}", address.database)
    with relayed(port, real) as passed, Store(through) as store:
        store.query("SELECT 1")
        assert b"log_comment" not in b"".join(passed)
        with bound_contextvars(batch="0123abcd"):
            store.query("SELECT 1")
            store.command("CREATE TABLE noted (number UInt8) ENGINE = Memory")
            store.insert("noted", ("number",), [[1, 2]])
        assert store.query("SELECT count() FROM noted") == [(2,)]
    assert b"".join(passed).count(b"log_comment=0123abcd") == 4, "an insert asks for the columns first"
