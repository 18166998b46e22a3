"""The result of a query that a person wrote, read from ClickHouse's JSON line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FORMAT = "JSONCompactEachRowWithNamesAndTypes"
"""The format that `read_table` reads."""
_WRAPPED = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)")
_TIME = re.compile(r"DateTime(?:64)?(?:\(.*?(?:'([^']+)')?\))?")


class Kind(StrEnum):
    """What a column's values can be used for."""

    TIME = "time"
    NUMBER = "number"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True)
class Column:
    """A column of a result. `type` is ClickHouse's."""

    name: str
    type: str

    @property
    def plain_type(self) -> str:
        """The type without `Nullable` and `LowCardinality`."""
        plain = self.type
        while wrapped := _WRAPPED.fullmatch(plain):
            plain = wrapped[1]
        return plain

    @property
    def kind(self) -> Kind:
        """The kind of the column's values."""
        plain = self.plain_type
        if plain.startswith("Date"):
            return Kind.TIME
        if plain.startswith(("Int", "UInt", "Float", "BFloat", "Decimal")):
            return Kind.NUMBER
        return Kind.TEXT if plain.startswith(("String", "FixedString", "Enum", "Bool", "UUID", "IPv")) else Kind.OTHER


@dataclass(frozen=True)
class Table:
    """The result of a query. Values are numbers, texts, booleans, dates, times in UTC, None, or lists and dicts.

    `cut` means that the query has more rows than these.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool


def read_table(pieces: Iterable[bytes], *, most_rows: int, most_bytes: int) -> Table:
    """Return the result that arrives in pieces of `FORMAT`, at most `most_rows` rows and about `most_bytes` bytes."""
    lines = _lines(pieces)
    names, types = json.loads(next(lines, "[]")), json.loads(next(lines, "[]"))
    columns = tuple(Column(str(name), str(kind)) for name, kind in zip(names, types, strict=True))
    readers = [_reader_of(column) for column in columns]
    rows: list[tuple[Any, ...]] = []
    size = 0
    for line in lines:
        size += len(line)
        if len(rows) == most_rows or (rows and size > most_bytes):
            return Table(columns, tuple(rows), cut=True)
        rows.append(tuple(read(value) for read, value in zip(readers, json.loads(line), strict=True)))
    return Table(columns, tuple(rows), cut=False)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    left = b""
    for piece in pieces:
        *whole, left = (left + piece).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")  # a function may cut a letter in the middle
    if left:
        yield left.decode("utf-8", "replace")


def _reader_of(column: Column) -> Callable[[Any], Any]:
    """Return the function that reads a column's values from JSON. A value that it cannot read stays as it is."""
    plain = column.plain_type
    convert: Callable[[Any], Any] = _same
    if time_zone := _TIME.fullmatch(plain):
        convert = _time_in(time_zone[1] or "UTC")
    elif plain in {"Date", "Date32"}:
        convert = date.fromisoformat
    elif plain.startswith(("Int", "UInt")):
        convert = int
    elif column.kind is Kind.NUMBER:
        convert = float

    def read(value: Any) -> Any:
        try:
            return None if value is None else convert(value)
        except (ValueError, TypeError, OverflowError):
            return value

    return read


def _same(value: Any) -> Any:
    return value


def _time_in(name: str) -> Callable[[str], datetime]:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return lambda text: datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
