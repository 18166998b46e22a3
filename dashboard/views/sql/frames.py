"""A result as a data frame for the page, and as the bytes of a file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from processing.plain_text import displayable
from processing.queries import Column, Kind, Table

LONGEST_CELL = 2_000
Plain = Callable[[str], str]
_LARGEST = {"Int64": (-(2**63), 2**63 - 1), "UInt64": (0, 2**64 - 1)}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula, if a text begins with it (OWASP, CSV injection)."""


def displayed(table: Table) -> pd.DataFrame:
    """Return the result for the page: times without their zone, and texts as one can look at them."""
    return _frame(table, lambda value: displayable(value, LONGEST_CELL), zone=False)


def csv(table: Table) -> bytes:
    """Return the result as CSV. A text that a spreadsheet would take for a formula begins with an apostrophe.

    The mark at the start tells spreadsheets that the file is in UTF-8. Lines end as RFC 4180 says, so that a carriage
    return in a text is quoted.
    """
    frame = _frame(table, _harmless)
    frame.columns = pd.Index([_harmless(str(name)) for name in frame.columns])
    return frame.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig", "replace")


def parquet(table: Table) -> bytes:
    """Return the result as Parquet, with the types of its columns. Lists and dicts are JSON."""
    written = io.BytesIO()
    _frame(table, lambda value: value.encode("utf-8", "replace").decode()).to_parquet(written, index=False)
    return written.getvalue()


def names_of(columns: Sequence[Column]) -> list[str]:
    """Return a name for each column that no other column has."""
    return list(_unique(displayable(column.name, 200) or "?" for column in columns))


def _unique(names: Iterator[str]) -> Iterator[str]:
    given: set[str] = set()
    for name in names:
        number, free = 1, name
        while free in given:
            number += 1
            free = f"{name} ({number})"
        given.add(free)
        yield free


def _frame(table: Table, text: Plain, *, zone: bool = True) -> pd.DataFrame:
    names = names_of(table.columns)
    columns = zip(*table.rows, strict=True) if table.rows else ([] for _ in names)
    return pd.DataFrame(
        {
            name: _series(column, list(values), text, zone=zone)
            for name, column, values in zip(names, table.columns, columns, strict=True)
        }
    )


def _series(column: Column, values: list[Any], text: Plain, *, zone: bool) -> pd.Series[Any]:
    """Return the values as a series of the closest type. What does not fit is text."""
    known = [value for value in values if value is not None]
    if column.kind is Kind.NUMBER and all(isinstance(value, int) for value in known):
        for kind, (least, most) in _LARGEST.items():
            if all(least <= value <= most for value in known):
                return pd.Series(values, dtype=kind)
    elif column.kind is Kind.NUMBER:
        return pd.Series(values, dtype="Float64")
    elif known and all(isinstance(value, datetime) for value in known):
        times = pd.Series(pd.to_datetime(pd.Series(values), utc=True, errors="coerce"))
        return times if zone else times.dt.tz_localize(None)
    elif column.plain_type == "Bool":
        return pd.Series(values, dtype="boolean")
    return pd.Series([_text(value, text) for value in values], dtype="object")


def _text(value: Any, text: Plain) -> Any:
    if value is None:
        return None
    return text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"'))


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
