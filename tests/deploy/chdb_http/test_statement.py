"""Where an insert's data begins, and what the outline of a query says."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deploy.embedded.chdb_http.statement import InsertHead, Need, first_word, outline, split_insert

INSERTS = [
    (b"INSERT INTO t FORMAT CSV\n1,2", b"INSERT INTO t ", "CSV", b"1,2"),
    (b"insert into t(a, `format`) format Native\n\n\x01", b"insert into t(a, `format`) ", "Native", b"\n\x01"),
    (b"INSERT INTO t FORMAT TSV \t\r\n1\t2", b"INSERT INTO t ", "TSV", b"1\t2"),
    (b"INSERT INTO t VALUES (1, 'FORMAT CSV')", b"INSERT INTO t ", "Values", b" (1, 'FORMAT CSV')"),
    (b"-- VALUES\n INSERT INTO t VALUES(1)", b"-- VALUES\n INSERT INTO t ", "Values", b"(1)"),
    (b"INSERT INTO t SETTINGS a = 'VALUES' FORMAT CSV 1", b"INSERT INTO t SETTINGS a = 'VALUES' ", "CSV", b"1"),
    (b"INSERT INTO t /* FORMAT X */ FORMAT CSV\n1", b"INSERT INTO t /* FORMAT X */ ", "CSV", b"1"),
    (b"INSERT INTO values FORMAT CSV\n1", b"INSERT INTO values ", "CSV", b"1"),
]


@pytest.mark.parametrize(("text", "head", "form", "data"), INSERTS)
def test_the_data_is_found(text: bytes, head: bytes, form: str, data: bytes) -> None:
    found = split_insert(text, complete=True)
    assert isinstance(found, InsertHead)
    assert (found.text, found.format, text[found.data :]) == (head, form, data)


@given(st.sampled_from(INSERTS), st.integers(0, 60))
@example((b"INSERT INTO t /* FORMAT X */ FORMAT CSV\n1", b"", "", b""), 27)
def test_a_text_that_still_grows_is_never_split_elsewhere(case: tuple[bytes, bytes, str, bytes], end: int) -> None:
    text = case[0]
    found = split_insert(text[:end], complete=False)
    assert found is Need.MORE or found == split_insert(text, complete=True)


def test_settings_stay_behind_the_file_that_holds_the_data() -> None:
    found = split_insert(b"INSERT INTO t (a) SETTINGS b = 'FORMAT' FORMAT CSV 1", complete=True)
    assert isinstance(found, InsertHead)
    assert found.out_of("/x") == "INSERT INTO t (a)  FROM INFILE '/x' SETTINGS b = 'FORMAT'  FORMAT CSV"


@pytest.mark.parametrize(
    "text",
    [
        b"SELECT 1 FORMAT CSV",
        b"INSERT INTO t SELECT * FROM values('a UInt8', 1)",
        b"INSERT INTO t WITH 1 AS a SELECT a FORMAT CSV",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"CREATE TABLE t (a UInt8)",
        b"VALUES (1)",
        b"INS",
        b"",
    ],
)
def test_a_query_without_data_is_told(text: bytes) -> None:
    assert split_insert(text, complete=True) is Need.NOTHING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"SELECT 1 format CSV ;", "CSV"),
        (b"SELECT 1 FORMAT CSV SETTINGS max_threads = 1 -- FORMAT XML", "CSV"),
        (b"SELECT 'FORMAT JSON'", None),
        (b"SELECT format FROM t", None),
        (b"SELECT * FROM (SELECT 1 FORMAT JSON)", None),
        (b"SELECT 1 /* FORMAT JSON */", None),
    ],
)
def test_the_format_clause(text: bytes, expected: str | None) -> None:
    assert outline(text).format == expected


def test_what_can_be_streamed() -> None:
    assert outline(b"SELECT 1").streams("Native")
    assert outline(b" /* x */ WITH 1 AS a SELECT a").streams("CSV")
    assert not outline(b"SELECT 1").streams("JSON")
    assert not outline(b"SELECT count() GROUP BY 1 WITH TOTALS").streams("Native")
    assert not outline(b"SHOW TABLES").streams("TabSeparated")


@pytest.mark.parametrize(
    ("text", "word"),
    [(b"select 1", "SELECT"), (b"-- x\n  (SELECT 1)", "SELECT"), (b"/* a */ USE b", "USE"), (b"", ""), (b"'", "")],
)
def test_the_first_word(text: bytes, word: str) -> None:
    assert first_word(text) == word
