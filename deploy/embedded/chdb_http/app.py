"""ClickHouse's HTTP interface over the embedded engine, as an ASGI application.

A request holds a thread only while the engine works for the request. Each user has threads of its own, and `/ping`
needs no thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from deploy.embedded.chdb_http import response as reply
from deploy.embedded.chdb_http.access import authenticate, refuse_web_pages
from deploy.embedded.chdb_http.body import AT_ONCE, Insertion, blocks, body, command, form, is_form
from deploy.embedded.chdb_http.bounds import require_fields, require_modest
from deploy.embedded.chdb_http.codec import BLOCKS, Encoder
from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.exchange import Exchange
from deploy.embedded.chdb_http.executor import Executor
from deploy.embedded.chdb_http.request import Call, read_call
from deploy.embedded.chdb_http.result import Result, begin
from deploy.embedded.chdb_http.settings import Role
from processing.store.proof import PATH, is_question, proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message, Receive, Scope, Send

    from deploy.embedded.chdb_http.connection import Connection
    from deploy.embedded.chdb_http.engine import Engine
    from deploy.embedded.chdb_http.places import Places
    from deploy.embedded.chdb_http.settings import WarehouseSettings

_log = logging.getLogger(__name__)
# If a request has one of these headers, the user comes from the header and not from a parameter.
_CREDENTIALS = ("x-clickhouse-user", "x-clickhouse-key", "authorization")


class Gateway:
    """The application. Call `close` after the server has stopped and before the engine closes."""

    def __init__(self, engine: Engine, settings: WarehouseSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._workers = Executor(engine, settings)

    @property
    def places(self) -> Mapping[Role, Places]:
        """The places of both users."""
        return self._workers.places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. An error is reported in ClickHouse's form, without a stack trace."""
        exchange = Exchange(receive, send, self._settings.stall_seconds)
        try:
            await self._respond(Request(scope, exchange.receive), exchange)
        except ClientDisconnect:
            return
        except EngineError as error:
            await self._fail(error, scope, exchange)
        except Exception as error:  # noqa: BLE001  the edge of a request: no error may reach the client as a trace
            _log.error("A request failed: %s at %s", type(error).__name__, _place(error))
            await self._fail(
                EngineError(Code.STD_EXCEPTION, f"The gateway cannot answer this request: {type(error).__name__}"),
                scope,
                exchange,
            )

    async def _fail(self, error: EngineError, scope: Scope, exchange: Exchange) -> None:
        """Answer with an error. If an answer has begun, end the connection without HTTP's own end mark."""
        if exchange.started:
            return
        await exchange.drain()
        with suppress(ClientDisconnect):
            await reply.failure(error, self._engine.version)(scope, exchange.receive, exchange.send)

    def close(self) -> bool:
        """End all running queries. Return False if a query does not end."""
        return self._workers.close()

    async def _respond(self, request: Request, exchange: Exchange) -> None:
        refuse_web_pages(request.headers, self._settings)
        if (fixed := _fixed(request, self._settings)) is not None:
            await fixed(request.scope, exchange.receive, exchange.send)
            return
        role, parameters = await self._who(request)
        request.state.role = role
        read = self._workers.places[role].read
        data = body(request, role, self._settings.stall_seconds, read)
        if is_form(request):
            parameters |= await form(request, data, role, read)
        call = read_call(request, parameters, role)
        found = await command(call.query.text, data, role, read)
        if isinstance(found, Insertion):
            await self._insert(call, found, request, exchange)
        elif found or request.method == "POST":
            await self._query(call, found, exchange)
        else:
            await PlainTextResponse("Ok.\n")(request.scope, exchange.receive, exchange.send)

    async def _who(self, request: Request) -> tuple[Role, dict[str, str]]:
        """Return the user and the parameters of the URL. A long query string is parsed in a thread of that user."""
        query_string: bytes = request.scope["query_string"]
        require_fields(query_string)
        if len(query_string) <= AT_ONCE:
            parameters = dict(request.query_params)
            return authenticate(request.headers, parameters, self._settings), parameters
        in_headers = any(name in request.headers for name in _CREDENTIALS)
        role = authenticate(request.headers, {}, self._settings) if in_headers else Role.READER
        parameters = dict(await self._workers.places[role].read(QueryParams, query_string))
        return role if in_headers else authenticate(request.headers, parameters, self._settings), parameters

    async def _insert(self, call: Call, insertion: Insertion, request: Request, exchange: Exchange) -> None:
        began = time.monotonic_ns()
        async with self._workers.lease(call) as connection:
            load = await self._workers.run(call.role, connection.load, call.query, insertion.head)
            async for block in blocks(insertion.data):
                await self._workers.run(call.role, load.append, block)
            written = await self._workers.run(call.role, load.finish)
        headers = reply.headers(call, insertion.head.format, written, time.monotonic_ns() - began)
        await Response(headers=headers)(request.scope, exchange.receive, exchange.send)

    async def _query(self, call: Call, text: bytes, exchange: Exchange) -> None:
        began = time.monotonic_ns()
        if not text.strip():
            raise EngineError(Code.SYNTAX_ERROR, "Empty query")
        if call.role is Role.READER:
            require_modest(text, call.query.parameters)
        query = replace(call.query, text=text)
        encoder = Encoder(call.encoding)
        gone = asyncio.ensure_future(exchange.disconnected())
        try:
            async with self._workers.lease(call) as connection:
                answer = await self._workers.watched(connection, gone, begin, connection, query, encoder, call.wait_end)
                headers = reply.headers(call, answer.format, answer.summary, time.monotonic_ns() - began)
                tag = reply.new_tag()
                await exchange.send(_start(headers, answer, call.encoding, tag))
                if answer.length is None:
                    await self._stream(answer, tag, connection, gone, exchange)
            if answer.length is not None:
                for piece in answer.pieces:
                    await exchange.send(_body(piece))
            await exchange.send(_body(b"", more=False))
        finally:
            gone.cancel()

    async def _stream(
        self, answer: Result, tag: str, connection: Connection, gone: asyncio.Future[None], exchange: Exchange
    ) -> None:
        """Send an answer piece by piece.

        After a failure, the answer ends with an error mark and without HTTP's own end mark.
        """
        try:
            while piece := await self._workers.watched(connection, gone, next, answer.pieces, b""):
                await exchange.send(_body(piece))
                if gone.done():
                    raise ClientDisconnect
        except EngineError as error:
            mark = reply.broken_off(error, tag, self._engine.version)
            await exchange.send(_body(answer.encoder.feed(mark) + answer.encoder.finish()))
            raise ClientDisconnect from error


def _fixed(request: Request, settings: WarehouseSettings) -> Response | None:
    """Return the answers that need neither a user nor the engine, or None for any other request."""
    if request.url.path in {"/ping", "/replicas_status"}:
        return PlainTextResponse("Ok.\n")
    # The query string is not parsed here. Its length is not bounded yet, and a long one would block the event loop.
    name, _, question = request.scope["query_string"].decode("latin-1").partition("=")
    if settings.proves and request.url.path == PATH and name == "question" and is_question(question):
        host, port = request.scope["server"]
        return PlainTextResponse(proof(settings.writer_password, (host, port), question))
    if request.url.path != "/":
        return PlainTextResponse(f"There is no handle {request.url.path}\n", status_code=404)
    if request.method not in {"GET", "HEAD", "POST"}:
        return PlainTextResponse("Only GET, HEAD and POST are known here\n", status_code=405)
    return None


def _start(headers: dict[str, str], answer: Result, encoding: str | None, tag: str) -> Message:
    if encoding and encoding != BLOCKS:
        headers["Content-Encoding"] = encoding
    if answer.length is None:
        headers["X-ClickHouse-Exception-Tag"] = tag
    else:
        headers["Content-Length"] = str(answer.length)
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def _body(piece: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": more}


def _place(error: Exception) -> str:
    """Return the file and line of an error.

    Its message may hold a query or a password, so the message is not logged.
    """
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{PurePath(last.filename).name}:{last.lineno}"
