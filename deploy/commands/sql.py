"""`banwatch sql`: this command sends a query in ClickHouse's SQL, as the user that may only read."""

from __future__ import annotations

import ast
import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import settings, show
from deploy.embedded.chdb_http.statement import outline
from deploy.local_store import store_at_hand
from processing import queries


class SqlFormat(StrEnum):
    """The format in which the result of a query is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"


CLICKHOUSE_FORMATS = {
    SqlFormat.TABLE: "PrettyCompactMonoBlock",
    SqlFormat.CSV: "CSVWithNames",
    SqlFormat.JSON: "JSON",
    SqlFormat.NDJSON: "JSONEachRow",
    SqlFormat.PARQUET: "Parquet",
}
HOW = 'Give it in quotes, with --file PATH, or on standard input: banwatch sql "SELECT count() FROM posts".'


def sql(
    query: Annotated[str | None, typer.Argument(help="The query; without one, or with `-`, standard input.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read the query from a file.")] = None,
    format: Annotated[  # noqa: A002
        SqlFormat, typer.Option(help="`table`, `csv`, `json`, `ndjson` or `parquet`; the last to a file or a pipe.")
    ] = SqlFormat.TABLE,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="`name=value` for `{name:Type}` in the query; repeat for more.")
    ] = None,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Never show a long result in a pager.")] = False,
) -> None:
    """Query the store in ClickHouse's SQL, as the user that may only read."""
    text = _query(query, file)
    parameters = _parameters(param or [], text)
    if format is SqlFormat.PARQUET and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not for a terminal: send it to a file, as in > posts.parquet.")
    try:
        with (
            store_at_hand(settings()) as own,
            queries.connect(own.reader) as store,
            store.stream(text, parameters, format=CLICKHOUSE_FORMATS[format]) as result,
        ):
            show(result.pieces, page=not no_pager)
    except BrokenPipeError:
        # The reader of standard output has closed the pipe, so the remaining rows have no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _query(argument: str | None, file: Path | None) -> str:
    if argument is not None and file is not None:
        raise typer.BadParameter("There is a query in the command and one in --file: give one of them.")
    if file is not None:
        text = _read(file)
    elif argument in {None, "-"}:
        if argument is None and sys.stdin.isatty():
            raise typer.BadParameter(f"There is no query. {HOW}")
        text = sys.stdin.read()
    else:
        text = argument or ""
    text = text.strip().rstrip("; \n\t")
    if not text:
        raise typer.BadParameter(f"The query is empty. {HOW}")
    if clause := outline(text.encode()).format:
        raise typer.BadParameter(
            f"The query ends in FORMAT {clause}: leave that out and say --format with one of {', '.join(SqlFormat)}."
        )
    return text


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not text in UTF-8.") from error


def _parameters(given: list[str], text: str) -> dict[str, object]:
    parameters: dict[str, object] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise typer.BadParameter(f"--param {each!r} does not read as name=value.")
        place = re.search(rf"\{{\s*{name}\s*:\s*(\w+)", text)
        if place is None:
            raise typer.BadParameter(f"The query has no place for --param {name}: write {{{name}:Type}} where it goes.")
        parameters[name] = _several(name, value) if place[1] in {"Array", "Map", "Tuple"} else value
    return parameters


def _several(name: str, value: str) -> object:
    """Return the value of an array, map or tuple, such as `['a', 'b']`, `{'a': 1}` or `('a', 1)`."""
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise typer.BadParameter(f"--param {name} does not read as a list such as ['a', 'b'].") from error
