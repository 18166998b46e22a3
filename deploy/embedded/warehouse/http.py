"""ClickHouse's HTTP interface over the embedded engine: an ASGI application.

A request holds a thread only while the engine works for it, each user has threads of its own, and `/ping`
needs none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from deploy.embedded.warehouse import reply
from deploy.embedded.warehouse.access import authenticate, refuse_web_pages
from deploy.embedded.warehouse.answer import Answer, begin
from deploy.embedded.warehouse.codec import Encoder
from deploy.embedded.warehouse.errors import Code, EngineError
from deploy.embedded.warehouse.request import Call, Insertion, body, command, form, read_call
from deploy.embedded.warehouse.workers import Workers
from processing.store.proof import PATH, is_question, proof

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from deploy.embedded.warehouse.connection import Connection
    from deploy.embedded.warehouse.engine import Engine
    from deploy.embedded.warehouse.settings import WarehouseSettings

_PIECE = 1024 * 1024
_DRAIN_SECONDS = 10


class Gateway:
    """The application. `close` comes after the server has stopped and before the engine does."""

    def __init__(self, engine: Engine, settings: WarehouseSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._workers = Workers(engine, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        incoming = _Incoming(receive)
        try:
            await self._respond(Request(scope, incoming), incoming, send)
        except ClientDisconnect:
            return
        except EngineError as error:
            await incoming.drain()
            await reply.failure(error, self._engine.version)(scope, incoming, send)

    def close(self) -> bool:
        """End what still runs. False when a query does not end."""
        return self._workers.close()

    async def _respond(self, request: Request, incoming: _Incoming, send: Send) -> None:
        refuse_web_pages(request.headers, self._settings)
        if (fixed := _fixed(request, self._settings)) is not None:
            await fixed(request.scope, incoming, send)
            return
        parameters = dict(request.query_params)
        role = authenticate(request.headers, parameters, self._settings)
        data = body(request, self._settings.stall_seconds)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            parameters |= await form(request, data)
        call = read_call(request, parameters, role)
        found = await command(call.query.text, data)
        if isinstance(found, Insertion):
            await self._insert(call, found, request, send)
        elif found or request.method == "POST":
            await self._query(call, found, incoming, send)
        else:
            await PlainTextResponse("Ok.\n")(request.scope, incoming, send)

    async def _insert(self, call: Call, insertion: Insertion, request: Request, send: Send) -> None:
        began = time.monotonic_ns()
        async with self._workers.lease(call) as connection:
            load = await self._workers.run(call.role, connection.load, call.query, insertion.head)
            async for block in _blocks(insertion.data):
                await self._workers.run(call.role, load.append, block)
            written = await self._workers.run(call.role, load.finish)
        headers = reply.headers(call, insertion.head.format, written, time.monotonic_ns() - began)
        await Response(headers=headers)(request.scope, request.receive, send)

    async def _query(self, call: Call, text: bytes, incoming: _Incoming, send: Send) -> None:
        began = time.monotonic_ns()
        if not text.strip():
            raise EngineError(Code.SYNTAX_ERROR, "Empty query")
        query = replace(call.query, text=text)
        encoder = Encoder(call.encoding)
        gone = asyncio.ensure_future(incoming.disconnected())
        try:
            async with self._workers.lease(call) as connection:
                answer = await self._workers.watched(connection, gone, begin, connection, query, encoder, call.wait_end)
                headers = reply.headers(call, answer.format, answer.summary, time.monotonic_ns() - began)
                tag = reply.new_tag()
                await self._send(send, _start(headers, answer, call.encoding, tag))
                if answer.length is None:
                    await self._stream(answer, tag, connection, gone, send)
            if answer.length is not None:
                for piece in answer.pieces:
                    await self._send(send, _body(piece))
            await self._send(send, _body(b"", more=False))
        finally:
            gone.cancel()

    async def _stream(
        self, answer: Answer, tag: str, connection: Connection, gone: asyncio.Future[None], send: Send
    ) -> None:
        """Send an answer as it comes; one that breaks off ends in a mark and without HTTP's own end."""
        try:
            while piece := await self._workers.watched(connection, gone, next, answer.pieces, b""):
                await self._send(send, _body(piece))
                if gone.done():
                    raise ClientDisconnect
        except EngineError as error:
            mark = reply.broken_off(error, tag, self._engine.version)
            await self._send(send, _body(answer.encoder.feed(mark) + answer.encoder.finish()))
            raise ClientDisconnect from error

    async def _send(self, send: Send, message: Message) -> None:
        try:
            async with asyncio.timeout(self._settings.stall_seconds):
                await send(message)
        except TimeoutError as error:
            raise ClientDisconnect from error


class _Incoming:
    """The messages of one request, and whether its body has ended."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if not message.get("more_body", False):
            self._ended = True
        return message

    async def disconnected(self) -> None:
        """Return when the client has left; the body has been read before."""
        while (await self())["type"] != "http.disconnect":
            pass

    async def drain(self) -> None:
        """Read what is left of the body: a client that still sends would not see its answer otherwise."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._ended:
                    await self()
        except TimeoutError:
            return


def _fixed(request: Request, settings: WarehouseSettings) -> Response | None:
    """The answers that need neither a user nor the engine."""
    if request.url.path in {"/ping", "/replicas_status"}:
        return PlainTextResponse("Ok.\n")
    question = request.query_params.get("question", "")
    if settings.proves and request.url.path == PATH and is_question(question):
        host, port = request.scope["server"]
        return PlainTextResponse(proof(settings.writer_password, (host, port), question))
    if request.url.path != "/":
        return PlainTextResponse(f"There is no handle {request.url.path}\n", status_code=404)
    if request.method not in {"GET", "HEAD", "POST"}:
        return PlainTextResponse("Only GET, HEAD and POST are known here\n", status_code=405)
    return None


async def _blocks(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Gather what arrives into pieces that are worth a call."""
    gathered: list[bytes] = []
    size = 0
    async for piece in data:
        gathered.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def _start(headers: dict[str, str], answer: Answer, encoding: str | None, tag: str) -> Message:
    if encoding:
        headers["Content-Encoding"] = encoding
    if answer.length is None:
        headers["X-ClickHouse-Exception-Tag"] = tag
    else:
        headers["Content-Length"] = str(answer.length)
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def _body(piece: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": more}
