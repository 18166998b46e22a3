"""The records of an archive, each with its form. A record is a line, an element of JSON or a row of a table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ingest.sources.archive.formats import FOURCAT_ROWS, POSTS, Format, recognise, table_format
from ingest.sources.archive.json import is_document, values_of
from ingest.sources.archive.rows import read_rows
from ingest.sources.archive.table import Columns, is_fourcat
from ingest.transport.files import BrokenLine, Line, numbered_lines, read_lines

BLOCK = 1_000
"""Records between two entries of an outline. It is also the most records that are passed over between two steps."""


class ArchiveRecord(NamedTuple):
    """One record of an archive, with its place and its form. `number` counts the records of all files from 1."""

    number: int
    where: str
    content: bytes | BrokenLine
    format: Format


def read_records(paths: tuple[Path, ...], columns: Columns | None, after: int = 0) -> Iterator[ArchiveRecord]:
    """Yield the records of an archive. `columns` is the user's mapping for tables; other files ignore it.

    Nobody needs the first `after` records. Some of them are yielded all the same: at least the last of each `BLOCK`.
    """
    reader = _Reader(columns, after)
    for path in paths:
        yield from reader.records(path)


class _Reader:
    """Reads files one after the other, counts the records, and remembers the form of the present content."""

    def __init__(self, columns: Columns | None, after: int) -> None:
        self._columns = columns
        self._after = after
        self._number = 0
        self._form: Format | None = None

    def records(self, path: Path) -> Iterator[ArchiveRecord]:
        for line in read_lines(path, self._read):
            self._number += 1
            if self._form is None and not isinstance(line.content, BrokenLine):
                self._form = recognise(line.content)
            yield ArchiveRecord(self._number, line.where, line.content, self._form or POSTS)

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
        return self._lines(where, stream) if self._form is None else read_rows(where, stream)

    def _lines(self, where: str, stream: io.BufferedReader) -> Iterator[Line]:
        """Yield the lines of a content. Lines that nobody needs are only counted, once the form is known."""
        lines = numbered_lines(stream)
        for number, content in lines:
            yield Line(f"{where} line {number}", number, content)
            if self._number < self._after and self._form is not None:
                # The last line of a block is yielded, and so is the last line of all: its place is known then.
                most = min(BLOCK - self._number % BLOCK, self._after - self._number) - 1
                for _ in islice(lines, most):
                    self._number += 1
