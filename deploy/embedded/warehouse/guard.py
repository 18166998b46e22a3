"""What each user may run, beside what the engine itself refuses under `readonly = 1`.

Measured on chDB 4.4, `readonly = 1` still lets a query write files (INTO OUTFILE), read any file (the function
`file`, also from the column list that `values` takes as a string), open addresses and Python objects (DESCRIBE
of a table function), end other queries (KILL) and stop merges (SYSTEM). So a reader may run only what the
engine's parser classes as reading, without `file` and with a short list of table functions. Names are looked
for in the engine's own rewriting of the query, where comments are gone and no name is spelled with escapes.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from deploy.embedded.warehouse.errors import Code, EngineError, engine_error
from deploy.embedded.warehouse.quoting import escaped
from deploy.embedded.warehouse.settings import Role
from deploy.embedded.warehouse.statement import first_word, outline

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUOTED = re.compile(r"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'", re.DOTALL)
_TABLE_FUNCTIONS = (
    "SELECT name FROM system.table_functions WHERE lower(name) NOT IN (SELECT lower(name) FROM system.functions)"
)
_HARMLESS = {
    "numbers",
    "numbers_mt",
    "generateSeries",
    "generate_series",
    "primes",
    "zeros",
    "zeros_mt",
    "view",
    "merge",
}


class Kind(Enum):
    """What a query does, by the engine's own parser."""

    READING = "READ_ONLY"
    WRITING = "MUTATING"
    WRITING_EVERYWHERE = "MUTATING_GLOBAL"
    CONTROL = "CONTROL"
    UNREADABLE = "UNKNOWN"


class Guard:
    """Decides before a query runs. Built from one engine's own list of table functions."""

    def __init__(self, connection: Any) -> None:
        names = set(connection.query(_TABLE_FUNCTIONS, "TabSeparated").bytes().decode().split())
        called = "|".join(re.escape(name) for name in sorted(names - _HARMLESS))
        self._hint = re.compile(rf"\b(?:file|{called})\b", re.IGNORECASE)
        self._forbidden = re.compile(rf"\bfile\b|\b(?:{called})`?\s*\(", re.IGNORECASE)

    def check(self, connection: Any, role: Role, text: bytes, parameters: Mapping[str, str], *, reading: bool) -> Kind:
        """Say what the query is, or refuse it. `reading` marks a request that must not change anything.

        Raises:
            EngineError: when this user, or this kind of request, may not run it.
        """
        readable = text.decode("utf-8", "replace")
        found = connection._conn.classify_query(readable)  # noqa: SLF001  the only door to the engine's parser
        kind = Kind(found["query_class"].name)
        if found["statement_count"] > 1:
            raise EngineError(Code.SYNTAX_ERROR, "Multi-statements are not allowed: send one query a request")
        if outline(text).names_a_file:
            raise EngineError(Code.INTO_OUTFILE_NOT_ALLOWED, "INTO OUTFILE and FROM INFILE are not allowed here")
        if role is Role.READER:
            self._check_reader(connection, kind, readable, parameters)
        elif reading and kind not in {Kind.READING, Kind.UNREADABLE} and first_word(text) not in {"SET", "USE"}:
            raise EngineError(Code.READONLY, "A GET request only reads: use POST for a query that writes")
        return kind

    def _check_reader(self, connection: Any, kind: Kind, text: str, parameters: Mapping[str, str]) -> None:
        if kind is Kind.UNREADABLE:
            _rewritten(connection, text)
            raise EngineError(Code.SYNTAX_ERROR, "The query cannot be read")
        if kind is not Kind.READING and first_word(text.encode()) != "USE":
            raise EngineError(Code.READONLY, "reader: Cannot execute query in readonly mode.")
        if self._hint.search(text) or ("\\" in text and any(quote in text for quote in '`"\u201c\u201d')):
            plain = _QUOTED.sub(_without_strings, _rewritten(connection, text))
            if self._forbidden.search(plain):
                raise EngineError(Code.ACCESS_DENIED, "reader: Not enough privileges for this function.")
        if "Identifier" in text and any(_names_file(value) for value in parameters.values()):
            raise EngineError(Code.ACCESS_DENIED, "reader: Not enough privileges to name a function by parameter.")


def _rewritten(connection: Any, text: str) -> str:
    """The query as the engine writes it; raises its syntax error."""
    try:
        answer = connection.query(
            "SELECT formatQuerySingleLine({query:String})", "TabSeparatedRaw", params={"query": escaped(text)}
        )
    except RuntimeError as error:
        raise engine_error(error) from error
    return str(answer.bytes().decode("utf-8", "replace"))


def _without_strings(match: re.Match[str]) -> str:
    return "''" if match[0].startswith("'") else match[0]


def _names_file(value: str) -> bool:
    return "\\" in value or value.strip(' `"') == "file"
