"""A request in ClickHouse's terms: the query, its settings, its session, and the counts of rows and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from deploy.embedded.chdb_http.codec import BLOCKS, accepted_encoding
from deploy.embedded.chdb_http.errors import Code, EngineError

if TYPE_CHECKING:
    from starlette.requests import Request

    from deploy.embedded.chdb_http.settings import Role

# The parameters that the HTTP interface itself reads. Every other name is a setting of the engine.
_OWN = {
    "add_http_cors_header", "buffer_size", "client_protocol_version", "close_session", "compress", "database",
    "decompress", "default_format", "log_comment", "password", "query", "query_id", "quota_key", "role",
    "session_check", "session_id", "session_timeout", "stacktrace", "user", "wait_end_of_query",
}  # fmt: skip
# `log_comment` is one of them because the engine's own is the mark by which a query is ended.
_MOST_DIGITS = 9
_SESSION_SECONDS = "60"


@dataclass
class Summary:
    """The rows and bytes that a query has read, written and returned so far, as the engine counts them."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0

    def add(self, part: Any) -> None:
        """Add the counts of one result, or of one piece of a result."""
        self.read_rows += part.storage_rows_read()
        self.read_bytes += part.storage_bytes_read()
        self.written_rows += part.rows_written()
        self.written_bytes += part.bytes_written()
        self.result_rows += part.rows_read()
        self.result_bytes += part.bytes_read()


@dataclass(frozen=True)
class Query:
    """A query for the engine. Parameters are escaped texts, under their names without `param_`.

    `protocol` is the version of ClickHouse's protocol that the client reads, or 0 if the client sends none.
    """

    text: bytes
    output_format: str = "TabSeparated"
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    reading: bool = False
    protocol: int = 0


@dataclass(frozen=True)
class Call:
    """One request without its body."""

    role: Role
    query: Query
    query_id: str
    session: str | None
    session_seconds: int
    session_check: bool
    wait_end: bool
    encoding: str | None
    timezone: str


def read_call(request: Request, parameters: Mapping[str, str], role: Role) -> Call:
    """Return the call that a request's parameters and headers describe.

    Raises:
        EngineError: the request uses an unsupported feature, or a value is not a number.
    """
    if parameters.get("decompress") == "1":
        raise EngineError(
            Code.NOT_IMPLEMENTED,
            "ClickHouse's own blocks are not read in a request: send it plain, or compressed by Content-Encoding",
        )
    settings = {name: value for name, value in parameters.items() if name not in _OWN and not name.startswith("param_")}
    bound = {name[6:]: value for name, value in parameters.items() if name.startswith("param_")}
    query = Query(
        text=parameters.get("query", "").encode(),
        output_format=(
            parameters.get("default_format") or request.headers.get("x-clickhouse-format") or "TabSeparated"
        ),
        parameters=bound,
        settings=settings,
        database=parameters.get("database") or request.headers.get("x-clickhouse-database"),
        reading=request.method != "POST",
        protocol=_whole_number(
            parameters.get("client_protocol_version") or "0", "client_protocol_version", Code.BAD_ARGUMENTS
        ),
    )
    return Call(
        role=role,
        query=query,
        query_id=parameters.get("query_id") or str(uuid4()),
        session=parameters.get("session_id") or None,
        session_seconds=_whole_number(
            parameters.get("session_timeout") or _SESSION_SECONDS, "session_timeout", Code.INVALID_SESSION_TIMEOUT
        ),
        session_check=parameters.get("session_check") == "1",
        wait_end=parameters.get("wait_end_of_query") == "1",
        encoding=_encoding(request, parameters),
        timezone=settings.get("session_timezone") or "UTC",
    )


def _encoding(request: Request, parameters: Mapping[str, str]) -> str | None:
    if parameters.get("compress") == "1":
        return BLOCKS
    wanted = parameters.get("enable_http_compression", "1") == "1"
    return accepted_encoding(request.headers.get("accept-encoding", "")) if wanted else None


def _whole_number(text: str, what: str, code: Code) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise EngineError(code, f"{what} is not a whole number of at most {_MOST_DIGITS} digits")
    return int(text)
