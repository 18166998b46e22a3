"""What can be told from a query's text without running it: where an insert's data begins, and its FORMAT.

Only the shape of the text is read here. What a query may do is the engine's own parser's to say (see `guard`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

# What is opened and not closed reaches to the end: looked for again from each of its signs, an end that is not there
# would take the square of the text's length.
_TOKEN = re.compile(
    rb"""
    (?P<space>  \s+ | --[^\n]* | \#[ !][^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<quoted> '(?:[^'\\]|\\.|'')*+(?:'|\\?\Z) | "(?:[^"\\]|\\.|"")*+(?:"|\\?\Z) | `(?:[^`\\]|\\.|``)*+(?:`|\\?\Z)
              | (?<![\w$])\$(\w*)\$.*?(?:\$\3\$|\Z) )
  | (?P<word>   \w+ )
  | (?P<other>  . )
    """,
    re.VERBOSE | re.DOTALL,
)
_NOTHING = re.compile(rb"(?:\s+|--[^\n]*(?:\n|$)|#[ !][^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_BEFORE_DATA = re.compile(rb"[ \t\f]*\r?\n?")
_OPENING, _CLOSING = b"([{", b")]}"
_NOT_A_FORMAT = {b"FROM", b"AS", b"IN", b"IS", b"AND", b"OR"}

# Formats whose pieces, put one behind another, are one valid whole: no header, no footer, no state between rows.
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
    """What stands in the way of finding an insert's data."""

    MORE = "more of the text must be read"
    NOTHING = "the text is a query without data of its own"


@dataclass(frozen=True)
class InsertHead:
    """An INSERT whose data follows: its text without the FORMAT clause, the format, and where the data begins.

    `settings` is where its SETTINGS clause begins, the end of the text where it has none.
    """

    text: bytes
    format: str
    data: int
    settings: int

    def out_of(self, path: str) -> str:
        """The same INSERT, with its data in a file."""
        target, settings = self.text[: self.settings].decode(), self.text[self.settings :].decode()
        return f"{target} FROM INFILE '{path}' {settings} FORMAT {self.format}"


@dataclass(frozen=True)
class Outline:
    """The outline of a query: its first word, its FORMAT if it names one, and whether it has to be run whole."""

    first_word: str
    format: str | None
    whole: bool
    names_a_file: bool

    @property
    def selects(self) -> bool:
        """Whether it is a SELECT, however it begins."""
        return self.first_word in {"SELECT", "WITH", "FROM"}

    def streams(self, output_format: str) -> bool:
        """Whether the answer can go out piece by piece in this format."""
        return self.selects and not self.whole and output_format in _CONCATENABLE


def _tokens(text: bytes) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield (upper-case word or sign, start, end, depth of brackets) without blanks and comments."""
    depth = 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "space" or match["space"] is not None:
            continue
        token = match[0].upper() if match["word"] else match[0]
        depth -= token in _CLOSING and len(token) == 1
        yield token, match.start(), match.end(), depth
        depth += token in _OPENING and len(token) == 1


def first_word(text: bytes) -> str:
    """The first word in upper case, behind blanks, comments and opening brackets; empty when there is none."""
    begin = _NOTHING.match(text)
    match = re.compile(rb"[\s(]*(\w+)").match(text, begin.end() if begin else 0)
    return match[1].decode("utf-8", "replace").upper() if match else ""


def outline(text: bytes) -> Outline:
    """Read the outline of a query that carries no data."""
    upper = text.upper()
    if not any(word in upper for word in (b"FORMAT", b"TOTALS", b"EXTREMES", b"OUTFILE", b"INFILE", b"INPUT")):
        return Outline(first_word(text), None, whole=False, names_a_file=False)
    tokens = list(_tokens(text))
    words = {token for token, *_ in tokens}
    pairs = {(before[0], after[0]) for before, after in pairwise(tokens)}
    return Outline(
        first_word(text),
        _format_clause(text, tokens),
        whole=bool(words & {b"TOTALS", b"EXTREMES"}),
        names_a_file=bool(pairs & {(b"INTO", b"OUTFILE"), (b"FROM", b"INFILE")}),
    )


def reads_input(text: bytes) -> bool:
    """Whether the query calls `input()`, which wants data that this interface cannot give it."""
    tokens = [token for token, *_ in _tokens(text)]
    return any(pair == (b"INPUT", b"(") for pair in pairwise(tokens))


def split_insert(text: bytes, *, complete: bool) -> InsertHead | Need:
    """Find where the data of `INSERT INTO ... FORMAT x` or `... VALUES` begins, in a text that may still grow."""
    word = first_word(text)
    if word != "INSERT":
        return Need.MORE if not complete and "INSERT".startswith(word) else Need.NOTHING
    before = b""
    clause: int | None = None
    settings: int | None = None
    for token, start, end, depth in _tokens(text):
        if not complete and (end == len(text) or _opens(before, token)):
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


def _opens(before: bytes, token: bytes) -> bool:
    """Whether a quotation or a comment begins here that the text does not end yet."""
    return token in {b"'", b'"', b"`"} or (before, token) == (b"/", b"*")


def _behind_format(
    text: bytes, clause: int, start: int, end: int, settings: int | None, *, complete: bool
) -> InsertHead | Need:
    blank = _BEFORE_DATA.match(text, end)
    data = blank.end() if blank else end
    if data == len(text) and text[-1:] != b"\n" and not complete:
        return Need.MORE
    name = text[start:end].decode("ascii", "replace")
    return InsertHead(text[:clause], name, data, clause if settings is None else settings)


def _format_clause(text: bytes, tokens: list[tuple[bytes, int, int, int]]) -> str | None:
    found = None
    ending = [(b";", 0, 0, 0)]
    for here, name, after in zip(tokens, tokens[1:], [*tokens[2:], *ending], strict=False):
        clause = here[0] == b"FORMAT" and here[3] == 0 and name[0] not in _NOT_A_FORMAT
        if clause and after[0] in {b";", b"SETTINGS", b"INTO"}:
            found = text[name[1] : name[2]].decode("ascii", "replace")
    return found
