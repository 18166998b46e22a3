"""The records of an archive, each with its form. A record is a line, an element of JSON or a row of a table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.sources.archive.formats import FOURCAT_ROWS, POSTS, Format, recognise, table_format
from ingest.sources.archive.json import is_document, values_of
from ingest.sources.archive.rows import read_rows
from ingest.sources.archive.table import Columns, is_fourcat
from ingest.transport.files import BrokenLine, Line, lines_of, read_lines


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """One record of an archive, with its place and its form."""

    where: str
    content: bytes | BrokenLine
    format: Format


def read_records(paths: tuple[Path, ...], columns: Columns | None) -> Iterator[ArchiveRecord]:
    """Yield the records of an archive. `columns` is the user's mapping for tables; other files ignore it."""
    for path in paths:
        yield from _Reader(columns).records(path)


class _Reader:
    """Reads one file, and remembers the form of the present content."""

    def __init__(self, columns: Columns | None) -> None:
        self._columns = columns
        self._form: Format | None = None

    def records(self, path: Path) -> Iterator[ArchiveRecord]:
        for line in read_lines(path, self._read):
            if self._form is None and not isinstance(line.content, BrokenLine):
                self._form = recognise(line.content)
            yield ArchiveRecord(line.where, line.content, self._form or POSTS)

    def _read(self, where: str, stream: io.BufferedReader) -> Iterator[Line]:
        """Yield the lines of a content, the values of a document, or the rows of a table."""
        self._form = None
        head = stream.peek(1)
        if is_document(head):
            return values_of(where, stream, lambda value: recognise(value) is not None)
        if not head.lstrip(b" \t\r\n").startswith(b"{"):
            if is_fourcat(head):
                self._form = FOURCAT_ROWS
            elif self._columns is not None:
                self._form = table_format("CSV", self._columns)
        return lines_of(where, stream) if self._form is None else read_rows(where, stream)
