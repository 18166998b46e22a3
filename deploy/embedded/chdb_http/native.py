"""Conversion of Native blocks for newer clients, which expect a block info before a block and a flag after each type.

A client that sends `client_protocol_version` expects these bytes; clickhouse-go and Grafana do. chDB writes Native for
version 0. The data bytes are the same in both, so this module walks through a block and adds the missing bytes. The
layout is ClickHouse's own (`NativeWriter` and the serializations of its types).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from deploy.embedded.chdb_http.errors import Code, EngineError

FIRST_WITH_FLAGS = 54454
"""From this version on, a byte after each type says whether its column has a special serialization."""

_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"  # no overflow row, no bucket
_USUAL = b"\x00"
_WIDTHS = {f"{sign}Int{bits}": bits // 8 for sign in ("", "U") for bits in (8, 16, 32, 64, 128, 256)}
_WIDTHS |= {"Float32": 4, "Float64": 8, "BFloat16": 2, "Bool": 1, "Enum8": 1, "Enum16": 2, "UUID": 16, "Nothing": 1}
_WIDTHS |= {"Date": 2, "Date32": 4, "DateTime": 4, "DateTime64": 8, "Time": 4, "Time64": 8, "IPv4": 4, "IPv6": 16}
_WIDTHS |= {"Decimal32": 4, "Decimal64": 8, "Decimal128": 16, "Decimal256": 32}
_TYPE = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_NAMED = re.compile(r"(?:\w+|`(?:[^`\\]|\\.)*`) (?=[A-Z])")
_INDEX_WIDTH = {0: 1, 1: 2, 2: 4, 3: 8}


def reframed(data: bytes) -> bytes:
    """Return whole blocks, rewritten for a client of version `FIRST_WITH_FLAGS` or later.

    Raises:
        EngineError: NOT_IMPLEMENTED for a type with an unknown layout.
    """
    return b"".join(_blocks(data))


def _blocks(data: bytes) -> Iterator[bytes]:
    walk = _Walk(data)
    while walk.at < len(data):
        begun = walk.at
        columns, rows = walk.number(), walk.number()
        yield _BLOCK_INFO + data[begun : walk.at]
        for _ in range(columns):
            begun = walk.at
            walk.text()
            kind = walk.text().decode()
            yield data[begun : walk.at] + _USUAL
            begun = walk.at
            if rows:
                walk.prefix(kind)
                walk.column(kind, rows)
            yield data[begun : walk.at]


class _Walk:
    """A position in the bytes of blocks, with methods that move past each kind of value."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def number(self) -> int:
        """Read a number with seven bits in each byte."""
        value = shift = 0
        while True:
            byte = self._data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def text(self) -> bytes:
        """Read a length and a string of this length."""
        length = self.number()
        self.at += length
        return self._data[self.at - length : self.at]

    def prefix(self, kind: str) -> None:
        """Move past the prefix of a column: the version of each LowCardinality in its type."""
        name, inner = _parsed(kind)
        if name == "LowCardinality":
            self.at += 8
        elif name != "FixedString":
            for each in inner:
                self.prefix(each)

    def column(self, kind: str, rows: int) -> None:
        """Move past the data of `rows` rows."""
        name, inner = _parsed(kind)
        if rows == 0:
            return
        match name:
            case "String":
                for _ in range(rows):
                    length = self.number()
                    self.at += length
            case "Nullable":
                self.at += rows
                self.column(inner[0], rows)
            case "Array":
                self.at += 8 * rows
                self.column(inner[0], int.from_bytes(self._data[self.at - 8 : self.at], "little"))
            case "Tuple":
                for each in inner:
                    self.column(each, rows)
            case "LowCardinality":
                self._dictionary(inner[0])
            case "FixedString":
                self.at += rows * int(inner[0])
            case _:
                self.at += rows * _WIDTHS[name]

    def _dictionary(self, kind: str) -> None:
        flags = self._eight()
        self.column(kind.removeprefix("Nullable(").removesuffix(")") if kind.startswith("N") else kind, self._eight())
        rows = self._eight()
        self.at += rows * _INDEX_WIDTH[flags & 15]

    def _eight(self) -> int:
        self.at += 8
        return int.from_bytes(self._data[self.at - 8 : self.at], "little")


@lru_cache(maxsize=512)
def _parsed(kind: str) -> tuple[str, tuple[str, ...]]:
    """Return the name of a type and its inner types. A type stored like another type is returned as that type."""
    found = _TYPE.fullmatch(kind)
    name, arguments = (found[1], _split(found[2] or "")) if found else (kind, ())
    match name:
        case "Map":
            return "Array", (f"Tuple({', '.join(arguments)})",)
        case "SimpleAggregateFunction":
            return _parsed(arguments[1])
        case "Tuple":
            return name, tuple(_NAMED.sub("", each, count=1) if _NAMED.match(each) else each for each in arguments)
        case "Decimal":
            digits = int(arguments[0])
            return next(
                f"Decimal{bits}" for bits, most in ((32, 9), (64, 18), (128, 38), (256, 76)) if digits <= most
            ), ()
        case _ if name.startswith("Interval"):
            return "Int64", ()
        case "String" | "Nullable" | "Array" | "LowCardinality" | "FixedString":
            return name, arguments
        case _ if name in _WIDTHS:
            return name, ()
    raise EngineError(Code.NOT_IMPLEMENTED, f"A column of type {kind} is not sent to this client: cast it to String")


def _split(arguments: str) -> tuple[str, ...]:
    """Split at the commas outside brackets and quotes."""
    parts, depth, quote, begun, at = [], 0, "", 0, 0
    while at < len(arguments):
        sign = arguments[at]
        if quote:
            at += sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "'`":
            quote = sign
        elif sign == "," and depth == 0:
            parts.append(arguments[begun:at].strip())
            begun = at + 1
        depth += 0 if quote else (sign == "(") - (sign == ")")
        at += 1
    return (*parts, arguments[begun:].strip()) if arguments else ()
