"""Native as newer clients read it: a block's info before it, a flag behind each type, the data as they were."""

from __future__ import annotations

import pytest

from deploy.embedded.chdb_http.errors import EngineError
from deploy.embedded.chdb_http.native import reframed
from tests.integration.test_warehouse.conftest import Warehouse

INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
TYPES = [
    "number",
    "toString(number)",
    "toLowCardinality(toString(number % 3))",
    "CAST('x' AS LowCardinality(Nullable(String)))",
    "[toLowCardinality('a'), toString(number)]",
    "arrayMap(x -> toString(x), range(number % 4))",
    "emptyArrayString()",
    "CAST((1, 'x'), 'Tuple(a UInt8, `b c` String)')",
    "[CAST((1, NULL), 'Tuple(UInt8, Nullable(String))')]",
    "map('k', [1, 2])",
    "CAST(NULL, 'Nullable(Int8)')",
    "NULL",
    "now64(3, 'Asia/Tokyo')",
    "toDate('2020-07-10')",
    "toDecimal64(1, 3)",
    "toDecimal256(1, 3)",
    "CAST('a', 'Enum8(\\'a\\' = 1, \\'b),(c\\' = 2)')",
    "INTERVAL 1 DAY",
    "toFixedString('abc', 5)",
    "generateUUIDv4()",
    "toIPv6('::1')",
    "true",
    "repeat('ة', 200)",
]


def test_a_block_by_hand() -> None:
    block = b"\x02\x02" + b"\x01a\x06String" + b"\x01x\x00" + b"\x01b\x05UInt8" + b"\x07\x08"
    expected = INFO + b"\x02\x02" + b"\x01a\x06String\x00" + b"\x01x\x00" + b"\x01b\x05UInt8\x00" + b"\x07\x08"
    assert reframed(block) == expected
    assert reframed(block + block) == expected + expected
    assert reframed(b"") == b""


@pytest.mark.parametrize("expression", TYPES)
def test_every_type_is_walked_through_to_its_end(warehouse: Warehouse, expression: str) -> None:
    asked = f"SELECT number AS before, {expression} AS it, 'end' AS after FROM numbers(300)"
    whole = warehouse.post(asked, "reader", default_format="Native").content
    assert whole
    newer = warehouse.post(asked, "reader", default_format="Native", client_protocol_version="54460").content
    assert newer.startswith(INFO)
    assert len(newer) == len(whole) + len(INFO) + 3
    assert newer.endswith(b"\x05after\x06String\x00" + b"\x03end" * 300)


def test_a_long_answer_is_reframed_block_by_block(warehouse: Warehouse) -> None:
    asked = "SELECT number, toString(number) FROM numbers(200000)"
    parameters = {"default_format": "Native", "client_protocol_version": "54460"}
    newer = warehouse.post(asked, "reader", **parameters).content
    blocks = newer.count(INFO)
    assert blocks > 1
    assert len(newer) == len(warehouse.post(asked, "reader", default_format="Native").content) + blocks * (
        len(INFO) + 2
    )


def test_older_clients_get_what_they_got(warehouse: Warehouse) -> None:
    plain = warehouse.post("SELECT 1", "reader", default_format="Native").content
    older = warehouse.post("SELECT 1", "reader", default_format="Native", client_protocol_version="54405").content
    assert plain == older


def test_a_type_that_is_not_known_is_a_sentence(warehouse: Warehouse) -> None:
    with pytest.raises(EngineError, match="cast it to String"):
        reframed(b"\x01\x01\x01a\x07Unknown\x00")
    answer = warehouse.post("SELECT uniqState(1)", "reader", default_format="Native", client_protocol_version="54460")
    assert "cast it to String" in answer.text
