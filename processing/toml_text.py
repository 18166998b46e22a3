"""A TOML file that people write: its values, its version, and the line of each key for errors."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

Key = tuple[str | int, ...]
"""The way to a value: names of tables and keys, and indexes in arrays of tables."""

_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""+' r"|'''.*?'''+" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'" r"|#[^\n]*|\n|[\[\]{}]", re.DOTALL
)
"""What decides where a statement ends. A bracket or a line end inside a string or a comment does not count."""

_STATEMENT = re.compile(r"""\s*(\[\[?)?((?:"(?:\\.|[^"\\])*"|'[^']*'|[^="'\[\]\#])+)""")
"""The brackets of a table's header, and a dotted key."""

_BRACKETS = {"[": 1, "{": 1, "]": -1, "}": -1}


class NotToml(ValueError):
    """The text is not TOML, or the file cannot be read. The message is one sentence with the file and the place."""


class TomlText:
    """The text of a TOML file. `name` is the file's name in errors.

    Raises:
        NotToml: the text is not TOML.
    """

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = _PLACE.search(str(error))
            where = f", line {place[1]}, column {place[2]}" if place else ""
            raise NotToml(f"{name}{where}: not TOML: {_PLACE.sub('', str(error))}.") from None

    @classmethod
    def read(cls, path: Path, what: str) -> TomlText:
        """Return the text of a file. `what` says in errors what the file holds.

        Raises:
            NotToml: the file cannot be read, or it is not TOML.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotToml(f"{path}: {what} cannot be read: {error}.") from error
        return cls(text, str(path))

    @property
    def version(self) -> str:
        """A hash of the text: another text has another version."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()[:12]

    def offset(self, key: Key) -> int:
        """Return where the key stands in the text, or else the nearest table around it; -1 if nothing of it does."""
        return next(
            (self._offsets[key[:length]] for length in range(len(key), 0, -1) if key[:length] in self._offsets), -1
        )

    def line(self, offset: int) -> int:
        """Return the number of the line at an offset; the first line is 1."""
        return self.text.count("\n", 0, offset) + 1

    def column(self, offset: int) -> int:
        """Return the number of the character in its line; the first character is 1."""
        return offset - self.text.rfind("\n", 0, offset)

    @cached_property
    def _offsets(self) -> dict[Key, int]:
        """The first offset of each table and key. Keys inside an inline table have that of the inline table."""
        offsets: dict[Key, int] = {}
        last: dict[Key, int] = {}
        table: Key = ()
        for brackets, names, at in _statements(self.text):
            if brackets == "[[":
                array = (*_resolved((), names[:-1], last), names[-1])
                last[array] = last.get(array, -1) + 1
            key = _resolved(() if brackets else table, names, last)
            if brackets:
                table = key
            for length in range(1, len(key) + 1):
                offsets.setdefault(key[:length], at)
        return offsets


def _resolved(table: Key, names: tuple[str, ...], last: dict[Key, int]) -> Key:
    """Return the key with the index of the last element wherever a name is an array of tables."""
    key = table
    for name in names:
        key = (*key, name)
        key = (*key, last[key]) if key in last else key
    return key


def _statements(text: str) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield the opening brackets, the names of the key, and the offset of each header and each `key = value`."""
    for begin, end in _spans(text):
        found = _STATEMENT.match(text, begin, end)
        if found and found[2].strip():
            start = found.start(1) if found[1] else found.start(2)
            yield found[1] or "", _names(found[2]), start


def _names(dotted: str) -> tuple[str, ...]:
    names: list[str] = []
    value: object = tomllib.loads(f"{dotted.strip()} = 0")
    while isinstance(value, dict):
        ((name, value),) = value.items()
        names.append(name)
    return tuple(names)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the begin and the end of each statement, and of each line without one."""
    begin = depth = 0
    for token in _TOKEN.finditer(text):
        depth += _BRACKETS.get(token[0], 0)
        if token[0] == "\n" and depth == 0:
            yield begin, token.start()
            begin = token.end()
    yield begin, len(text)
