"""A query that can be shown: its SQL with its values, ready for `banwatch sql`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import dedent

import msgspec

from processing.queries.reader import Reader
from processing.store.client import Row

Value = (
    str
    | bool
    | int
    | float
    | datetime
    | Sequence[str]
    | Sequence[datetime]
    | Sequence[tuple[int | str | datetime, ...]]
)

_PARAMETER = re.compile(r"\{(\w+):((?:[^{}'\"]|'[^']*')+)\}")


class Statement(msgspec.Struct, frozen=True):
    """SQL with `{name:Type}` in place of values, and the values.

    `paste` is the SQL with every value written out, for people to paste; banwatch never runs it.
    """

    sql: str
    parameters: dict[str, Value]
    paste: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "sql", dedent(self.sql).strip())
        msgspec.structs.force_setattr(self, "paste", _PARAMETER.sub(self._written, self.sql))

    def rows(self, reader: Reader) -> list[Row]:
        """Run the query and return its rows."""
        return reader.query(self.sql, self.parameters)

    def _written(self, found: re.Match[str]) -> str:
        return f"CAST({literal(self.parameters[found[1]])}, {literal(found[2])})"


def literal(value: Value | tuple[int | str | datetime, ...]) -> str:
    """Return a value as a literal of ClickHouse's SQL. A tuple becomes a tuple, any other sequence an array.

    A bool is also an int, and a string is also a sequence, so the order of the cases matters.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return f"'{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
            return f"'{escaped}'"
        case tuple():
            return f"({', '.join(literal(part) for part in value)})"
        case _:
            return f"[{', '.join(literal(part) for part in value)}]"
