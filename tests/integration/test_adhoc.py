"""Queries that people write: their values, their bounds, the places of their errors, and their end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import SecretStr

from processing import queries
from processing.contract import ClickHouseAddress
from processing.queries import AdHocQuery, Cancelled, Kind, Place, StoreRefused, Table
from processing.store.client import Store
from tests.support.waiting import eventually

SLOW = "SELECT count() FROM numbers(2000000000) WHERE sipHash64(toString(number)) = 1"


@pytest.fixture
def reading(address: ClickHouseAddress) -> ClickHouseAddress:
    return replace(address, user="reader", password=SecretStr(""))


@pytest.fixture
def reader(reading: ClickHouseAddress) -> Iterator[Store]:
    with Store(reading) as opened:
        yield opened


def run(address: ClickHouseAddress, sql: str, *, rows: int = 100, size: int = 100_000) -> Table:
    return AdHocQuery(address, sql, most_rows=rows, most_bytes=size).run()


def test_values_have_their_types(reading: ClickHouseAddress) -> None:
    table = run(
        reading,
        """
        SELECT toUInt64(18446744073709551615) AS large, toDecimal64(1.5, 2) AS part, 'x' AS text, NULL AS nothing,
            toDateTime64('2020-01-01 09:02:03.5', 3, 'Asia/Tokyo') AS moment,
            toDateTime('2020-01-01 00:00:00') AS plain,
            toDate('2020-07-10') AS day, [1, 2] AS list, (1, 'b') AS pair, true AS yes, nan AS none,
            CAST('a', 'LowCardinality(Nullable(String))') AS low, substring('حظر', 1, 3) AS broken;
        """,
    )
    values = dict(zip((column.name for column in table.columns), table.rows[0], strict=True))
    assert values == {
        "large": 2**64 - 1,
        "part": 1.5,
        "text": "x",
        "nothing": None,
        "moment": datetime(2020, 1, 1, 0, 2, 3, 500_000, tzinfo=UTC),
        "plain": datetime(2020, 1, 1, tzinfo=UTC),
        "day": date(2020, 7, 10),
        "list": [1, 2],
        "pair": [1, "b"],
        "yes": True,
        "none": None,
        "low": "a",
        "broken": "ح\ufffd",
    }
    kinds = {column.name: column.kind for column in table.columns}
    assert kinds["large"] is kinds["part"] is Kind.NUMBER
    assert kinds["moment"] is kinds["plain"] is kinds["day"] is Kind.TIME
    assert kinds["text"] is kinds["low"] is kinds["yes"] is Kind.TEXT
    assert kinds["list"] is kinds["nothing"] is Kind.OTHER


@pytest.mark.parametrize("sql", ["SHOW TABLES", "DESCRIBE posts", "EXPLAIN SELECT 1", "SELECT 1 -- why", "SELECT '%s'"])
def test_every_kind_of_reading_runs(reading: ClickHouseAddress, sql: str) -> None:
    assert run(reading, sql).rows


@pytest.mark.parametrize(("asked", "cut"), [(99, False), (100, False), (101, True), (10_000_000, True)])
def test_a_long_result_is_cut_and_says_so(reading: ClickHouseAddress, asked: int, cut: bool) -> None:
    table = run(reading, f"SELECT number FROM numbers({asked})")
    assert [row[0] for row in table.rows] == list(range(min(asked, 100)))
    assert table.cut is cut


def test_the_bound_does_not_reach_into_a_subquery(reading: ClickHouseAddress) -> None:
    assert run(reading, "SELECT count() FROM (SELECT number FROM numbers(5000))").rows == ((5000,),)


def test_a_wide_result_is_cut_too(reading: ClickHouseAddress) -> None:
    table = run(reading, "SELECT repeat('x', 10000) FROM numbers(50)", size=50_000)
    assert 0 < len(table.rows) < 6
    assert table.cut


def test_a_result_without_rows_has_its_columns(reading: ClickHouseAddress) -> None:
    table = run(reading, "SELECT id, created_at FROM posts")
    assert [column.name for column in table.columns] == ["id", "created_at"]
    assert table.rows == ()


FAILING = [
    ("SELECT 1 +", Place(10, 10, 1, 11)),
    ("  SELECT 'حظر',\n  foo\nFROM posts", Place(18, 21, 2, 3)),
    ("SELECT 'حظر' AS x,\nFROM WHERE", Place(29, 29, 2, 11)),
    ("SELECT count() FROM nope", Place(20, 24, 1, 21)),
    ("SELECT lengthh(text) FROM posts", Place(7, 14, 1, 8)),
    ("SELECT * FROM post_versions", Place(14, 27, 1, 15)),
    ("SELECT * FROM url('http://127.0.0.1/')", Place(14, 17, 1, 15)),
    ("INSERT INTO posts VALUES (1)", None),
]


@pytest.mark.parametrize(("sql", "place"), FAILING, ids=[sql for sql, _ in FAILING])
def test_an_error_is_shown_at_its_place(reading: ClickHouseAddress, sql: str, place: Place | None) -> None:
    with pytest.raises(StoreRefused) as caught:
        run(reading, sql)
    assert queries.place_of(str(caught.value), sql) == place
    assert "(version" not in caught.value.sentence
    assert len(caught.value.sentence) < 200


def test_a_format_of_its_own_is_refused(reading: ClickHouseAddress) -> None:
    with pytest.raises(StoreRefused, match="FORMAT"):
        run(reading, "SELECT 1 FORMAT CSV")


def test_a_cancelled_query_ends_in_the_engine(reading: ClickHouseAddress, store: Store) -> None:
    query = AdHocQuery(reading, SLOW, most_rows=10, most_bytes=1_000)
    ended: list[type[BaseException]] = []

    def work() -> None:
        try:
            query.run()
        except Cancelled as error:
            ended.append(type(error))

    def running() -> int:
        rows = store.query(
            "SELECT count() FROM system.processes WHERE query LIKE '%2000000000%' AND query NOT LIKE '%LIKE%'"
        )
        return int(rows[0][0])

    thread = threading.Thread(target=work)
    thread.start()
    assert eventually(lambda: running() == 1)
    query.cancel()
    thread.join(timeout=20)
    assert ended == [Cancelled]
    assert eventually(lambda: running() == 0), "the engine went on"


def test_a_query_that_was_cancelled_before_it_ran_does_not_run(reading: ClickHouseAddress) -> None:
    query = AdHocQuery(reading, SLOW, most_rows=10, most_bytes=1_000)
    query.cancel()
    with pytest.raises(Cancelled):
        query.run()


def test_the_limits_are_those_of_the_store(reader: Store) -> None:
    limits = queries.reader_limits(reader)
    assert limits == queries.ReaderLimits(seconds=30, memory=2_000_000_000, rows=2_000_000_000)
    assert queries.adhoc_address(reader.address, limits).timeout > timedelta(seconds=30)


def test_the_vocabulary_is_that_of_the_store(reader: Store) -> None:
    names = queries.vocabulary(reader)
    assert {"toStartOfHour", "uniqExact"} <= set(names.functions)
    assert {"SELECT", "GROUP", "BY"} <= set(names.keywords)
    assert {"String", "DateTime64"} <= set(names.types)
