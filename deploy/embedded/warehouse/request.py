"""A request read in ClickHouse's terms: the query, its data, its settings and its session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from typing import TYPE_CHECKING
from uuid import uuid4

from deploy.embedded.warehouse.codec import Decoder, accepted_encoding
from deploy.embedded.warehouse.errors import Code, EngineError
from deploy.embedded.warehouse.query import Query
from deploy.embedded.warehouse.sessions import DEFAULT_SECONDS, SessionKey
from deploy.embedded.warehouse.statement import InsertHead, Need, split_insert

if TYPE_CHECKING:
    from starlette.requests import Request

    from deploy.embedded.warehouse.settings import Role

# What the HTTP interface itself reads; every other name is a setting of the engine.
_OWN = {
    "add_http_cors_header",
    "buffer_size",
    "client_protocol_version",
    "close_session",
    "compress",
    "database",
    "decompress",
    "default_format",
    "password",
    "query",
    "query_id",
    "quota_key",
    "role",
    "session_check",
    "session_id",
    "session_timeout",
    "stacktrace",
    "user",
    "wait_end_of_query",
}
_LONGEST_HEAD = 256 * 1024
_LONGEST_QUERY = 16 * 1024 * 1024


@dataclass(frozen=True)
class Call:
    """One request, without its body."""

    role: Role
    query: Query
    query_id: str
    session: SessionKey | None
    session_seconds: int
    session_check: bool
    wait_end: bool
    encoding: str | None
    timezone: str


@dataclass(frozen=True)
class Insertion:
    """An insert and the stream of its data; the head has been read off it."""

    head: InsertHead
    data: AsyncIterator[bytes]


def read_call(request: Request, parameters: Mapping[str, str], role: Role) -> Call:
    """Read the parameters and headers of a request.

    Raises:
        EngineError: for what this interface does not do, or a value that is no number.
    """
    if parameters.get("compress") == "1" or parameters.get("decompress") == "1":
        raise EngineError(
            Code.NOT_IMPLEMENTED,
            "ClickHouse's own block compression is not supported: say compress=false, and use HTTP's",
        )
    settings = {name: value for name, value in parameters.items() if name not in _OWN and not name.startswith("param_")}
    bound = {name[6:]: value for name, value in parameters.items() if name.startswith("param_")}
    wants_encoding = parameters.get("enable_http_compression", "1") == "1"
    query = Query(
        text=parameters.get("query", "").encode(),
        output_format=(
            parameters.get("default_format") or request.headers.get("x-clickhouse-format") or "TabSeparated"
        ),
        parameters=bound,
        settings=settings,
        database=parameters.get("database") or request.headers.get("x-clickhouse-database"),
        reading=request.method != "POST",
        protocol=_whole_number(parameters.get("client_protocol_version") or "0"),
    )
    session = parameters.get("session_id")
    return Call(
        role=role,
        query=query,
        query_id=parameters.get("query_id") or str(uuid4()),
        session=SessionKey(role, session) if session else None,
        session_seconds=_whole_number(parameters.get("session_timeout") or str(DEFAULT_SECONDS)),
        session_check=parameters.get("session_check") == "1",
        wait_end=parameters.get("wait_end_of_query") == "1",
        encoding=accepted_encoding(request.headers.get("accept-encoding", "")) if wants_encoding else None,
        timezone=settings.get("session_timezone") or "UTC",
    )


async def body(request: Request, stall_seconds: int) -> AsyncIterator[bytes]:
    """The request's body, decompressed, as it arrives.

    Raises:
        EngineError: when it does not decompress, or when nothing arrives for too long.
        ClientDisconnect: of starlette, when the client leaves before its end.
    """
    decoder = Decoder(request.headers.get("content-encoding", "").replace("identity", ""))
    arriving = request.stream()
    while True:
        try:
            async with asyncio.timeout(stall_seconds):
                data = await anext(arriving, None)
        except TimeoutError as error:
            raise EngineError(Code.SOCKET_TIMEOUT, "The rest of the body did not arrive in time") from error
        if data is None:
            break
        for piece in decoder.feed(data):
            if piece:
                yield piece
    decoder.finish()


async def command(query: bytes, data: AsyncIterator[bytes]) -> bytes | Insertion:
    """Put the query of the URL and the body together: the text of a query, or an insert with its data.

    Raises:
        EngineError: for a query that is too long.
    """
    text = query + b"\n" if query else b""
    found = split_insert(text, complete=False) if query else Need.MORE
    async for piece in data:
        text += piece
        if found is Need.MORE:
            # The first piece alone may be longer than any head: how much arrives at once is the sender's to choose.
            found = split_insert(text[:_LONGEST_HEAD], complete=False)
            if found is Need.MORE and len(text) >= _LONGEST_HEAD:
                found = Need.NOTHING
        if isinstance(found, InsertHead):
            return Insertion(found, _from(text[found.data :], data))
        if len(text) > _LONGEST_QUERY:
            raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The query is longer than {_LONGEST_QUERY} bytes")
    if not isinstance(found, InsertHead):
        found = split_insert(text, complete=True)
    return Insertion(found, _from(text[found.data :], data)) if isinstance(found, InsertHead) else text


async def form(request: Request, data: AsyncIterator[bytes]) -> dict[str, str]:
    """The fields of a multipart form: clients send long queries and parameters so.

    Raises:
        EngineError: for a form that is too long, or that carries files (external tables).
    """
    raw = b""
    async for piece in data:
        raw += piece
        if len(raw) > _LONGEST_QUERY:
            raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The form is longer than {_LONGEST_QUERY} bytes")
    kind = request.headers.get("content-type", "").encode("latin-1")
    message = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + raw, policy=HTTP)
    fields = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None:
            raise EngineError(Code.NOT_IMPLEMENTED, "External tables are not supported: use a temporary table")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            fields[name] = value.decode("utf-8", "replace")
    return fields


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in rest:
        yield piece


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise EngineError(Code.INVALID_SESSION_TIMEOUT, f"{text!r} is not a number of seconds")
    return int(text)
