"""What is asked of the engine, and what it counts while it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Summary:
    """What a query read, wrote and gave, as the engine counted it so far."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0

    def add(self, part: Any) -> None:
        """Count one result, or one piece of a result, of the engine."""
        self.read_rows += part.storage_rows_read()
        self.read_bytes += part.storage_bytes_read()
        self.written_rows += part.rows_written()
        self.written_bytes += part.bytes_written()
        self.result_rows += part.rows_read()
        self.result_bytes += part.bytes_read()


@dataclass(frozen=True)
class Query:
    """What is asked of the engine. Parameters are escaped text without `param_`, as the HTTP interface has them.

    `protocol` is the version of ClickHouse's protocol that the client reads; 0 where it says none.
    """

    text: bytes
    output_format: str = "TabSeparated"
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    reading: bool = False
    protocol: int = 0
