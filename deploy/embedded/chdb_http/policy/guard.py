"""The guard decides which queries a user may run, beyond the engine's own refusals under `readonly = 1`.

Measured on chDB 4.4, `readonly = 1` still lets a query do the following:

- write files (INTO OUTFILE);
- read any file, through the function `file` or a computed text: columns of `values`, parameters of `arrayReduce`,
  the argument of `structureToProtobufSchema`;
- open addresses and Python objects (DESCRIBE of a table function);
- call paid services (the `ai...` functions);
- see other people's queries (`system.processes`), end them (KILL), and stop merges (SYSTEM).

A reader may therefore run only the queries whose syntax tree `allowed` accepts. The engine writes no tree for a few
statements; each of these passes in one plain spelling.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from deploy.embedded.chdb_http.errors import Code, EngineError, engine_error
from deploy.embedded.chdb_http.policy.allowed import Policy, denied
from deploy.embedded.chdb_http.policy.functions import Catalog
from deploy.embedded.chdb_http.policy.syntax_tree import NoTree, parse, require_readable
from deploy.embedded.chdb_http.settings import Role
from deploy.embedded.chdb_http.statement import first_word, outline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.embedded.chdb_http.policy.syntax_tree import Node

_NAME = r"""([a-z_]\w*|`[^`\\/\x00-\x1f\x7f]+`|"[^"\\/\x00-\x1f\x7f]+")"""
# Possessive (`*+`, `?+`), so blanks without an end after them are read once, not divided in every possible way.
_REMARK = r"\s*+(?:(?:/\*[^*/]*+\*/|--[^\n]*+\n)\s*+)*+"
_END = r"(?:\s++FORMAT\s++\w++)?+\s*+(?:;\s*+)?+"
_ABOUT = r"(?:EXISTS(?:\s+TABLE|\s+VIEW)?|SHOW\s+CREATE(?:\s+TABLE|\s+VIEW)?|DESC(?:RIBE)?(?:\s+TABLE)?)"
_FLAGS = re.IGNORECASE | re.ASCII
# The statements without a tree, each in one spelling. DESCRIBE of a query is allowed if the query is.
_OF_A_TABLE = re.compile(rf"{_REMARK}{_ABOUT}\s+(?:{_NAME}\s*\.\s*)?{_NAME}{_END}", _FLAGS)
_OF_A_DATABASE = re.compile(rf"{_REMARK}(?:EXISTS|SHOW\s+CREATE)\s+DATABASE\s+{_NAME}{_END}", _FLAGS)
_OF_A_QUERY = re.compile(rf"{_REMARK}DESC(?:RIBE)?(?:\s+TABLE)?\s*\((.*)\){_END}", _FLAGS | re.DOTALL)
_OF_NOTHING = re.compile(
    rf"{_REMARK}SHOW\s+(?:ENGINES|SETTING\s+\w+|FUNCTIONS(?:\s+I?LIKE\s+'[^'\\]*')?){_END}", _FLAGS
)
_TABLES = """
    SELECT DISTINCT name FROM system.tables
    WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
"""


class Kind(Enum):
    """The kind of a query, as the engine's own parser classifies it."""

    READING = "READ_ONLY"
    WRITING = "MUTATING"
    WRITING_EVERYWHERE = "MUTATING_GLOBAL"
    CONTROL = "CONTROL"
    UNREADABLE = "UNKNOWN"


class Guard:
    """Checks a query before it runs, with the engine's own lists. `readable` holds the tables granted to readers."""

    def __init__(self, connection: Any, readable: frozenset[str]) -> None:
        self._policy = Policy(_catalog(connection), readable)

    def check(self, connection: Any, role: Role, text: bytes, parameters: Mapping[str, str], *, reading: bool) -> Kind:
        """Return the kind of the query, or refuse it. `reading` marks a request that must not change anything.

        Raises:
            EngineError: this user, or this kind of request, may not run the query.
        """
        readable = text.decode("utf-8", "replace")
        if role is Role.READER and (b"\0" in text or readable.encode() != text):
            raise EngineError(Code.SYNTAX_ERROR, "The query is not text in UTF-8")  # what is judged is what runs
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

    def check_database(self, name: str) -> None:
        """Refuse a database that a reader may not make the current one.

        Raises:
            EngineError: ACCESS_DENIED.
        """
        self._policy.check_database(name)

    def _check_reader(self, connection: Any, kind: Kind, text: str, parameters: Mapping[str, str]) -> None:
        if kind is Kind.UNREADABLE:
            require_readable(connection, text)
        elif kind is not Kind.READING and first_word(text.encode()) != "USE":
            raise EngineError(Code.READONLY, "reader: Cannot execute query in readonly mode.")
        around = _Surroundings(connection)
        if described := _OF_A_QUERY.fullmatch(text):
            text = described[1]
        try:
            self._policy.check(parse(connection, text), parameters, around)
        except NoTree:
            self._check_spelling(text, around)

    def _check_spelling(self, text: str, around: _Surroundings) -> None:
        if found := _OF_A_TABLE.fullmatch(text):
            database, table = (name and name.strip('`"') for name in found.groups())
            self._policy.check_schema_of(database or around.database(), str(table))
        elif found := _OF_A_DATABASE.fullmatch(text):
            self._policy.check_database(found[1].strip('`"'))
        elif not _OF_NOTHING.fullmatch(text):
            raise denied("this kind of statement, or for this spelling of it")


class _Surroundings:
    """The policy's questions to the engine. Each question is asked once a query."""

    def __init__(self, connection: Any) -> None:
        asked = partial(_listed, connection)
        self.database = cache(lambda: next(iter(asked("SELECT currentDatabase()"))))
        self.databases = cache(lambda: asked("SELECT name FROM system.databases"))
        self.tables = cache(lambda: asked(_TABLES))
        self._connection = connection

    def columns(self, text: str) -> Node:
        """Return the tree of a table with these columns.

        The closing bracket is on a new line, outside a comment in `text`.
        """
        return parse(self._connection, f"CREATE TABLE columns ({text}\n) ENGINE = Memory")


def _catalog(connection: Any) -> Catalog:
    rows = _rows(connection, "SELECT lower(name), lower(alias_to), is_aggregate, categories FROM system.functions")
    functions = [row for row in rows if not row[1]]
    return Catalog(
        categories={
            name: "Aggregate Functions" if is_aggregate == "1" else kind for name, _, is_aggregate, kind in functions
        },
        aliases={name: alias_to for name, alias_to, *_ in rows if alias_to},
        combinators=tuple(
            _listed(connection, "SELECT lower(name) FROM system.aggregate_function_combinators WHERE NOT is_internal")
        ),
        table_functions=_listed(connection, "SELECT lower(name) FROM system.table_functions"),
        types=_listed(connection, "SELECT lower(name) FROM system.data_type_families"),
    )


def _listed(connection: Any, query: str) -> frozenset[str]:
    return frozenset(name for (name,) in _rows(connection, query))


def _rows(connection: Any, query: str) -> list[list[str]]:
    try:
        answer = connection.query(query, "TabSeparatedRaw")
    except RuntimeError as error:
        raise engine_error(error) from error
    return [line.split("\t") for line in answer.bytes().decode().splitlines()]
