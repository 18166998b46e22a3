"""The shape of a query's text: the place where the data of an insert begin, and the FORMAT.

This module reads only the shape. The engine's own parser decides what a query may do (see `guard`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, wraps
from itertools import chain, islice, pairwise, tee
from typing import TypeVar

from deploy.embedded.chdb_http.lexer import Token, tokens

T = TypeVar("T")
_WORD = re.compile(rb"\w[\w$]*")
_END: Token = (b";", 0, 0, 0)
_LONGEST_KEPT = 256 * 1024
_BEFORE_DATA = re.compile(rb"[ \t\f]*\r?\n?")
_NOT_A_FORMAT = {b"FROM", b"AS", b"IN", b"IS", b"AND", b"OR"}

# Formats whose pieces can be joined to a valid whole: no header, no footer, no state between rows.
_CONCATENABLE = {
    "Native",
    "RowBinary",
    "TabSeparated",
    "TSV",
    "TabSeparatedRaw",
    "TSVRaw",
    "CSV",
    "JSONEachRow",
    "JSONLines",
    "NDJSON",
    "JSONCompactEachRow",
    "JSONStringsEachRow",
    "JSONCompactStringsEachRow",
    "LineAsString",
}


class Need(Enum):
    """The reason why an insert's data have not been found."""

    MORE = "more of the text must be read"
    NOTHING = "the text is a query without data of its own"


@dataclass(frozen=True)
class InsertHead:
    """An INSERT whose data follow: its text without the FORMAT clause, the format, and the offset of the data.

    `settings` is the offset of the SETTINGS clause, or the end of the text without such a clause.
    """

    text: bytes
    format: str
    data: int
    settings: int

    def out_of(self, path: str) -> str:
        """Return the same INSERT, with its data in the file at `path`."""
        target, settings = self.text[: self.settings].decode(), self.text[self.settings :].decode()
        return f"{target} FROM INFILE '{path}' {settings} FORMAT {self.format}"


@dataclass(frozen=True)
class StatementOutline:
    """The outline of a query: its first word, its FORMAT if there is one, and whether it must run to its end."""

    first_word: str
    format: str | None
    whole: bool
    names_a_file: bool

    @property
    def selects(self) -> bool:
        """Whether the query is a SELECT, including one that begins with WITH or FROM."""
        return self.first_word in {"SELECT", "WITH", "FROM"}

    def streams(self, output_format: str) -> bool:
        """Return whether the answer can be sent piece by piece in this format."""
        return self.selects and not self.whole and output_format in _CONCATENABLE


def _kept(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Cache the results for the last texts of a usual length, because a request reads its text several times."""
    remembered = lru_cache(64)(read)

    @wraps(read)
    def reading(text: bytes) -> T:
        return remembered(text) if len(text) <= _LONGEST_KEPT else read(text)

    return reading


@_kept
def first_word(text: bytes) -> str:
    """Return the first word in upper case, after blanks, comments and opening brackets.

    Return an empty text without a word.
    """
    return _first_word(tokens(text))


def _first_word(cut: Iterator[Token]) -> str:
    first = next((token for token, *_ in cut if token != b"("), b"")
    return first.decode() if _WORD.fullmatch(first) else ""


@_kept
def outline(text: bytes) -> StatementOutline:
    """Return the outline of a query that carries no data."""
    upper = text.upper()
    if not any(word in upper for word in (b"FORMAT", b"TOTALS", b"EXTREMES", b"OUTFILE", b"INFILE")):
        return StatementOutline(first_word(text), None, whole=False, names_a_file=False)
    found, whole, names_a_file = None, False, False
    here, name, after = tee(chain(tokens(text), [_END, _END]), 3)
    for (word, *_, depth), (behind, start, end, _), (third, *_) in zip(
        here, islice(name, 1, None), islice(after, 2, None), strict=False
    ):
        whole |= word in {b"TOTALS", b"EXTREMES"}
        names_a_file |= (word, behind) in {(b"INTO", b"OUTFILE"), (b"FROM", b"INFILE")}
        clause = word == b"FORMAT" and depth == 0 and behind not in _NOT_A_FORMAT
        if clause and third in {b";", b"SETTINGS", b"INTO"}:
            found = text[start:end].decode("ascii", "replace")
    return StatementOutline(first_word(text), found, whole=whole, names_a_file=names_a_file)


def reads_input(text: bytes) -> bool:
    """Return whether the query calls `input()`, whose data this interface cannot supply."""
    return any((word, sign) == (b"INPUT", b"(") for (word, *_), (sign, *_) in pairwise(tokens(text)))


def split_insert(text: bytes, *, complete: bool) -> InsertHead | Need:
    """Return where the data of `INSERT INTO ... FORMAT x` or `... VALUES` begin, in a text that may still grow."""
    word = _first_word(tokens(text, complete=complete))
    if word != "INSERT":
        return Need.MORE if not complete and "INSERT".startswith(word) else Need.NOTHING
    before = b""
    clause: int | None = None
    settings: int | None = None
    for token, start, end, depth in tokens(text, complete=complete):
        if not complete and end == len(text):
            return Need.MORE
        if clause is not None:
            return _behind_format(text, clause, start, end, settings, complete=complete)
        if depth == 0 and before not in {b"INTO", b"TABLE", b"."}:
            if token in {b"SELECT", b"WITH", b"INFILE", b"WATCH"}:
                return Need.NOTHING
            if token == b"VALUES":
                return InsertHead(text[:start], "Values", end, start if settings is None else settings)
            settings = start if token == b"SETTINGS" else settings
            clause = start if token == b"FORMAT" else None
        before = token
    return Need.NOTHING if complete else Need.MORE


def _behind_format(
    text: bytes, clause: int, start: int, end: int, settings: int | None, *, complete: bool
) -> InsertHead | Need:
    blank = _BEFORE_DATA.match(text, end)
    data = blank.end() if blank else end
    if data == len(text) and text[-1:] != b"\n" and not complete:
        return Need.MORE
    name = text[start:end].decode("ascii", "replace")
    return InsertHead(text[:clause], name, data, clause if settings is None else settings)
