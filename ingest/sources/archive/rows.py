"""The rows of a CSV file, each as a JSON object keyed by the names of the columns. A bad row costs no other row."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, Self

import msgspec

from ingest.transport.files import LONGEST_LINE, BrokenLine, Line

REREAD = 4
"""How often, on average, a line may be read again. Only a hostile file needs more."""


def read_header(head: bytes) -> frozenset[str]:
    """Return the names in the first line of a table, or an empty set if the line is not CSV."""
    first = head.decode("utf-8-sig", errors="replace").splitlines()[:1]
    with suppress(csv.Error):
        return frozenset(next(_reader(first), []))
    return frozenset()


def read_rows(where: str, stream: IO[bytes]) -> Iterator[Line]:
    """Yield a table's rows. `number` is the last line of the row, or the line with a quote that is never closed."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    try:
        yield from _rows(where, _Lines(text))
    finally:
        text.detach()


def _rows(where: str, lines: _Lines) -> Iterator[Line]:
    reader = _reader(lines, strict=True)
    header: list[str] | None = None
    while True:
        lines.begin_row()
        row: list[str] | BrokenLine | None
        try:
            row = next(reader, None)
        except csv.Error:
            row = lines.recover()
        if row is None:
            return
        if isinstance(row, list) and header is None:
            header = row or None
        elif row:
            content = row if isinstance(row, BrokenLine) else _content(row, header or [])
            yield Line(f"{where} line {lines.number}", lines.number, content)
            if header is None:
                return


def _content(row: list[str], header: list[str]) -> bytes | BrokenLine:
    if len(row) > len(header):
        return BrokenLine(f"The row has {len(row)} fields, and {len(header)} columns.")
    return msgspec.json.encode(dict(zip(header, row, strict=False)))


def _reader(lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
    """Return a reader for rows of any length.

    By default, the library refuses a cell of more than 131,072 characters.
    """
    csv.field_size_limit(LONGEST_LINE)
    return csv.reader(lines, strict=strict)


class _Lines:
    """The lines of a table, for the reader of its rows. The length of a row, which may span lines, is bounded.

    If a row of several lines cannot be read, a quote on its first line is never closed. That line is given up, and the
    following lines are read again as rows of their own.
    """

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.number = 0
        self._text = text
        self._row: list[str] = []
        self._length = 0
        self._again: deque[str] = deque()
        self._rereadable = LONGEST_LINE

    def begin_row(self) -> None:
        """Treat the next line as the first of a row."""
        self._row, self._length = [], 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self._row.append(line)
        self._length += len(line)
        if self._length > LONGEST_LINE:
            raise csv.Error("too long")
        return line

    def _read(self) -> str:
        """Return the next line. A line that is too long is cut just beyond the limit."""
        line = rest = self._text.readline(LONGEST_LINE + 1)
        while len(line) > LONGEST_LINE and rest and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(LONGEST_LINE)
        self._rereadable += REREAD * len(line)
        return line

    def recover(self) -> list[str] | BrokenLine:
        """Return the readable part of a row that the strict reader refuses.

        The cells of a single line are read leniently.
        """
        if len(self._row) > 1:
            return self._give_up_first()
        if self._length > LONGEST_LINE:
            return BrokenLine(f"The row cannot be read: it is longer than {LONGEST_LINE} characters.")
        try:
            return list(next(_reader(self._row), []))
        except csv.Error as error:
            return BrokenLine(f"The row cannot be read: {error}.")

    def _give_up_first(self) -> BrokenLine:
        behind, first = self._row[1:], self.number - len(self._row) + 1
        if self._length > self._rereadable:
            return BrokenLine(f"The rows from line {first} on cannot be read: a quote in them is never closed.")
        self._rereadable -= self._length
        self._again.extendleft(reversed(behind))
        self.number = first
        return BrokenLine("The row cannot be read: a quote in it is never closed.")
