"""What each user may run, beside what the engine itself refuses under `readonly = 1`.

Measured on chDB 4.4, `readonly = 1` still lets a query write files (INTO OUTFILE), read any file (the function `file`,
also from a column list given as a string to the table functions `values` and `format`), open addresses and Python
objects (DESCRIBE of a table function), ask paid services (the `ai...` functions), see other people's queries
(`system.processes`), end other queries (KILL) and stop merges (SYSTEM). So a reader may run only what the engine's
parser classes as reading, of the kinds listed here, with the table functions and system tables listed here, and
without the functions that reach out of the data. What a query names is read off the engine's own syntax tree
(see `syntax`); names that the tree leaves out are looked for in the engine's own rewriting of the query, where
comments are gone and no name is spelled with escapes.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from deploy.embedded.warehouse.errors import Code, EngineError, engine_error
from deploy.embedded.warehouse.quoting import escaped
from deploy.embedded.warehouse.settings import Role
from deploy.embedded.warehouse.statement import first_word, outline
from deploy.embedded.warehouse.syntax import Syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.embedded.warehouse.syntax import Node

_QUOTED = re.compile(r"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'", re.DOTALL)
_LONGEST_READ = 256 * 1024  # the engine's own max_query_size, asked before anything parses the text
_IN = re.compile(r"Function (?:global)?(?:not)?(?:null)?in(?:ignoreset)?", re.IGNORECASE)
_TABLE_FUNCTIONS = "SELECT lower(name) FROM system.table_functions"
_FUNCTIONS = "SELECT lower(name) FROM system.functions"
_STATEMENTS = re.compile(
    r"Select\w+|Explain (?!EXPLAIN TABLE OVERRIDE).*|DescribeQuery|UseQuery .*"
    r"|Show(?:Tables|Columns|Indexes|Functions|EngineQuery|Setting)"
    r"|ShowCreate(?:Table|View|Database)Query .*"
    r"|Exists(?:Table|View|Database|Dictionary)Query .*"
)
_TABLE_SOURCES = {
    *("generate_series", "generateseries", "numbers", "numbers_mt", "primes", "values", "view", "zeros", "zeros_mt"),
}
# In the column list that `values` takes as a string: an expression there is computed, and may call anything.
_EXPRESSION = re.compile(r"\b(?:DEFAULT|MATERIALIZED|ALIAS|EPHEMERAL|TTL|CODEC|STATISTICS)\b", re.IGNORECASE)
# What clients ask to show a schema and complete a query, and nothing that tells of other people, of this machine
# or of what the writer set up.
_SYSTEM_TABLES = {
    *("aggregate_function_combinators", "build_options", "codecs", "collations", "columns", "contributors"),
    *("data_skipping_index_types", "data_skipping_indices", "data_type_families", "database_engines", "databases"),
    *("documentation", "formats", "functions", "keywords", "licenses", "numbers", "numbers_mt", "one", "primes"),
    *("settings", "table_engines", "table_functions", "tables", "time_zones", "unicode", "zeros", "zeros_mt"),
}
# Beside these, every `ai...` function (they ask a paid service) and every `__...` (internal ones).
_OUTWARD = {
    *("catboostevaluate", "file", "filesystemavailable", "filesystemcapacity", "filesystemunreserved"),
    *("getclienthttpheader", "getmacro", "getoskernelversion", "getserverport", "getserversetting", "logtrace"),
    *("showcertificate",),
}


class Kind(Enum):
    """What a query does, by the engine's own parser."""

    READING = "READ_ONLY"
    WRITING = "MUTATING"
    WRITING_EVERYWHERE = "MUTATING_GLOBAL"
    CONTROL = "CONTROL"
    UNREADABLE = "UNKNOWN"


class Guard:
    """Decides before a query runs. Built from one engine's own lists of functions."""

    def __init__(self, connection: Any) -> None:
        functions = _listed(connection, _FUNCTIONS)
        self._sources = _listed(connection, _TABLE_FUNCTIONS)
        self._only_sources = self._sources - functions - _TABLE_SOURCES
        self._outward = _OUTWARD | {name for name in functions if re.fullmatch(r"ai[a-z]+|__.*", name)}
        self._outward_word = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._outward))})\b", re.IGNORECASE)

    def check(self, connection: Any, role: Role, text: bytes, parameters: Mapping[str, str], *, reading: bool) -> Kind:
        """Say what the query is, or refuse it. `reading` marks a request that must not change anything.

        Raises:
            EngineError: when this user, or this kind of request, may not run it.
        """
        if role is Role.READER and len(text) > _LONGEST_READ:
            raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The query is longer than {_LONGEST_READ} bytes")
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

    def _check_reader(self, connection: Any, kind: Kind, text: str, parameters: Mapping[str, str]) -> None:
        if kind is Kind.UNREADABLE:
            _rewritten(connection, text)
            raise EngineError(Code.SYNTAX_ERROR, "The query cannot be read")
        if kind is not Kind.READING and first_word(text.encode()) != "USE":
            raise EngineError(Code.READONLY, "reader: Cannot execute query in readonly mode.")
        syntax = Syntax.of(connection, text, parameters)
        if not _STATEMENTS.fullmatch(syntax.statement):
            raise _denied("this kind of statement")
        if syntax.statement == "UseQuery system":
            refuse_system()
        for node in syntax.nodes:
            self._check_node(node)
        self._check_words(connection, text, parameters)

    def _check_node(self, node: Node) -> None:
        name = node.name.lower()
        if node.parent.lower() == "function values":
            plain = node.kind == "Literal" or (node.kind == "Function" and name == "tuple")
            if not plain or _EXPRESSION.search(node.name):
                raise _denied("expressions in the columns of the table function values")
        if node.kind == "Literal":
            return
        if node.kind == "Function":
            takes_a_table = node.parent in {"TableExpression", "Explain EXPLAIN TABLE OVERRIDE"}
            if takes_a_table and name not in _TABLE_SOURCES:
                raise _denied(f"the table function {node.name}")
            if name in self._only_sources or (name in self._sources and _IN.fullmatch(node.parent)):
                raise _denied(f"the table function {node.name}")
        elif _hidden_system_table(name):
            raise _denied(f"{node.name}")
        if name in self._outward:
            raise _denied(f"the function {node.name}")

    def _check_words(self, connection: Any, text: str, parameters: Mapping[str, str]) -> None:
        """Find a forbidden function where the tree does not show it, as in `* APPLY(f)`."""
        if "\\" in text or self._outward_word.search(text):
            plain = _QUOTED.sub(_without_strings, _rewritten(connection, text))
            if self._outward_word.search(plain):
                raise _denied("this function")
        named = {value.replace("\\", "").strip(' `"').lower() for value in parameters.values()}
        if "Identifier" in text and (named & self._outward or any("\\" in value for value in parameters.values())):
            raise _denied("a function named by a parameter")


def refuse_system(database: str = "system") -> None:
    """Keep `system` from being a reader's current database, where its tables need not be named in full.

    Raises:
        EngineError: ACCESS_DENIED.
    """
    if database == "system":
        raise _denied("the database system as the current one: name its tables in full")


def _listed(connection: Any, query: str) -> set[str]:
    return set(connection.query(query, "TabSeparated").bytes().decode().split())


def _hidden_system_table(name: str) -> bool:
    database, _, table = name.partition(".")
    return database.strip("`") == "system" and bool(table) and table.strip("`").split(".")[0] not in _SYSTEM_TABLES


def _denied(what: str) -> EngineError:
    return EngineError(Code.ACCESS_DENIED, f"reader: Not enough privileges for {what}.")


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
