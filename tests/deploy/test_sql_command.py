"""`banwatch sql` as a user meets it: formats, sources of the query, parameters, the pager and the exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from processing.contract import ClickHouseAddress
from processing.store.client import StoreRefused
from tests.conftest import WRITER_PASSWORD, Template
from tests.support.commands import banwatch
from tests.support.terminal import on_a_terminal

pytestmark = pytest.mark.long

Ask = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="module")
def address(template: Template) -> ClickHouseAddress:
    return template.copied("for_sql")


@pytest.fixture
def environment(address: ClickHouseAddress, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_DATA_DIR": str(tmp_path),
    }


@pytest.fixture
def ask(environment: dict[str, str]) -> Ask:
    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[bytes]:
        return banwatch("sql", *arguments, environment=environment, given=given.encode())

    return run


def test_the_formats(ask: Ask) -> None:
    query = "SELECT 1 AS a, 'ة,' AS b"
    assert "│ 1 │ ة, │" in ask(query).stdout.decode()
    assert ask(query, "--format", "csv").stdout.decode() == '"a","b"\n1,"ة,"\n'
    assert json.loads(ask(query, "--format", "json").stdout)["data"] == [{"a": 1, "b": "ة,"}]
    assert json.loads(ask(query, "--format", "ndjson").stdout) == {"a": 1, "b": "ة,"}
    table = pyarrow.parquet.read_table(io.BytesIO(ask(query, "--format", "parquet").stdout))
    assert table.to_pylist() == [{"a": 1, "b": "ة,"}]


def test_where_the_query_comes_from(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "question.sql"
    file.write_text("-- how many\nSELECT 7;\n\n")
    for asked in (ask("SELECT 7"), ask("--file", str(file)), ask(given="SELECT 7"), ask("-", given="SELECT 7;")):
        assert asked.returncode == 0, asked.stderr
        assert "7" in asked.stdout.decode()


def test_parameters_are_bound_and_never_part_of_the_query(ask: Ask) -> None:
    hostile = "it's\\n\t{x:UInt8} %s'; DROP TABLE posts --"
    asked = ask(
        *("SELECT {text:String} AS t, {number:UInt8} + 1 AS n, {list:Array(String)} AS l", "--format", "ndjson"),
        *("--param", f"text={hostile}", "--param", "number=4", "--param", "list=['a','b=c']"),
    )
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout) == {"t": hostile, "n": 5, "l": ["a", "b=c"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["SELECT * FROM nowhere"], "banwatch: Unknown table expression identifier 'nowhere'.\n"),
        (["SELECT 1 FRO M x"], "banwatch: Syntax error: failed at position 14 (M).\n"),
        (["SELECT throwIf(1, 'seen')"], "banwatch: seen: while executing 'FUNCTION throwIf("),
        (["SELECT {a:UInt8}"], "banwatch: Substitution `a` is not set.\n"),
        (["DROP TABLE posts"], "banwatch: reader: Cannot execute query in readonly mode.\n"),
        (["SELECT 1; SELECT 2"], "banwatch: Multi-statements are not allowed: send one query a request.\n"),
        (["SELECT * FROM numbers(1000001)", "--format", "csv"], "banwatch: Limit for result exceeded"),
    ],
)
def test_what_the_engine_refuses_is_one_sentence_and_status_1(ask: Ask, arguments: list[str], said: str) -> None:
    asked = ask(*arguments)
    assert asked.returncode == 1
    assert asked.stderr.decode().startswith(said)
    assert asked.stderr.count(b"\n") == 1
    assert asked.stdout == b""
    for noise in ("DB::Exception", "Code:", "version", "Stack", "http://"):
        assert noise not in asked.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ["  ;"],
        ["SELECT 1", "--format", "xml"],
        ["SELECT 1 AS format FORMAT JSON"],
        ["SELECT 1", "--param", "a=1"],
        ["SELECT {a:UInt8}", "--param", "a"],
        ["SELECT {a:Array(UInt8)}", "--param", "a=[1"],
        ["SELECT 1", "--file", "/nowhere.sql"],
        ["--file", "/nowhere.sql"],
    ],
)
def test_what_was_asked_wrongly_is_status_2(ask: Ask, arguments: list[str]) -> None:
    asked = ask(*arguments)
    assert asked.returncode == 2
    assert b"Error" in asked.stderr
    assert b"Traceback" not in asked.stderr


def test_a_format_in_the_query_points_to_the_option(ask: Ask) -> None:
    asked = ask("SELECT 1 AS a\nFORMAT JSONEachRow;")
    assert asked.returncode == 2
    assert "FORMAT JSONEachRow" in asked.stderr.decode()
    assert "--format" in asked.stderr.decode()
    assert ask("SELECT 'FORMAT JSON' AS format", "--format", "csv").stdout == b'"format"\n"FORMAT JSON"\n'


def test_on_a_terminal(environment: dict[str, str], tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGED $1 $LESS\nhead -n 3\n")
    pager.chmod(0o755)
    paged = {"PAGER": f"{pager} -x"}
    long = "SELECT concat('line ', toString(number)) AS l FROM numbers(50)"
    status, shown = on_a_terminal(environment, "sql", long, lines=20, **paged)
    assert (status, "PAGED -x -FSX" in shown, "line 49" in shown) == (0, True, False)
    status, shown = on_a_terminal(environment, "sql", long, lines=20, **paged, LESS="-R")
    assert (status, "PAGED -x -R" in shown) == (0, True)
    status, shown = on_a_terminal(environment, "sql", long, "--no-pager", lines=20, **paged)
    assert (status, "PAGED" in shown, "line 49" in shown) == (0, False, True)
    status, shown = on_a_terminal(environment, "sql", "SELECT 42", "--format", "csv", lines=20)
    assert (status, "42" in shown) == (0, True), "a result of one line waits in a pager"
    status, shown = on_a_terminal(environment, "sql", "SELECT '\\x1b[2Jx'", lines=20, PAGER="no-such-pager")
    assert (status, "\x1b[2J" in shown) == (0, False)
    status, shown = on_a_terminal(environment, "sql", lines=20)
    assert (status, "There is no query" in shown) == (2, True)
    status, shown = on_a_terminal(environment, "sql", "SELECT 1", "--format", "parquet", lines=20)
    assert (status, "not for a terminal" in shown) == (2, True)


def test_a_reader_that_leaves_early_hears_nothing_of_it(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -m deploy.cli sql 'SELECT * FROM numbers(900000)' --format csv | head -n 1"
    asked = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, timeout=60, check=False)
    assert asked.stdout == b'"number"\n'
    assert asked.stderr == b""


def test_a_store_without_tables_says_what_to_do(ask: Ask, environment: dict[str, str]) -> None:
    environment["BANWATCH_CLICKHOUSE_DATABASE"] = "absent"
    asked = ask("SELECT 1")
    assert asked.returncode == 1
    assert b"There is nothing in the store yet" in asked.stderr


def test_a_stack_and_a_version_are_left_out() -> None:
    said = "HTTPDriver: Code: 47. DB::Exception: No `x`.\nHere (UNKNOWN) (version 1.2.3) Stack trace:\n0. main"
    assert StoreRefused(said, 47).sentence == "No `x`. Here."
