"""A query that can be shown: its SQL with the values it was asked with, ready for `banwatch sql`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import dedent

import msgspec

from processing.queries.reader import Reader
from processing.store.client import Row

Value = str | bool | int | float | datetime | Sequence[str]

_PARAMETER = re.compile(r"\{(\w+):((?:[^{}'\"]|'[^']*')+)\}")


class Query(msgspec.Struct, frozen=True):
    """SQL with `{name:Type}` where values go, and the values."""

    sql: str
    parameters: dict[str, Value]

    def rows(self, reader: Reader) -> list[Row]:
        """Ask."""
        return reader.query(self.sql, self.parameters)

    @property
    def written_out(self) -> str:
        """The SQL with every value in its place, for people to paste; never for us to run."""
        text = dedent(self.sql).strip()
        return _PARAMETER.sub(lambda found: f"CAST({literal(self.parameters[found[1]])}, {literal(found[2])})", text)


def literal(value: Value) -> str:
    """A value as a literal of ClickHouse's SQL.

    A bool is an int too, and a string is a sequence: the order of the questions matters.
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
        case _:
            return f"[{', '.join(literal(part) for part in value)}]"
