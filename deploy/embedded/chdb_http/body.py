"""The body of a request: decompressed, bounded, and read as a query or as an insert with its data.

The size of a body is checked before its contents. Slow work runs in a thread of the user that sends the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from deploy.embedded.chdb_http.bounds import longest_body, longest_form, longest_query
from deploy.embedded.chdb_http.decoder import Decoder
from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.form import form_fields
from deploy.embedded.chdb_http.statement import InsertHead, Need, split_insert

if TYPE_CHECKING:
    from starlette.requests import Request

    from deploy.embedded.chdb_http.settings import Role

T = TypeVar("T")

AT_ONCE = 4 * 1024
"""The most bytes that the event loop reads at once. A longer text is read in a thread of its user."""

_LONGEST_HEAD = 256 * 1024
_INSERT_PIECE = 1024 * 1024


class Read(Protocol):
    """A function that runs some reading in a thread of the requesting user."""

    async def __call__(self, work: Callable[..., T], /, *arguments: Any) -> T: ...


@dataclass(frozen=True)
class Insertion:
    """An insert and the stream of its data. The head is no longer in the stream."""

    head: InsertHead
    data: AsyncIterator[bytes]


async def body(request: Request, role: Role, stall_seconds: int, read: Read) -> AsyncIterator[bytes]:
    """Yield the request's body, decompressed, as it arrives.

    Raises:
        EngineError: the body does not decompress, is too long for this user, or stops arriving for too long.
        ClientDisconnect: starlette's error when the client leaves before the end of the body.
    """
    decoder = Decoder(request.headers.get("content-encoding", "").replace("identity", ""))
    longest = longest_body(role, form=is_form(request))
    arriving, arrived = request.stream(), 0
    while True:
        try:
            async with asyncio.timeout(stall_seconds):
                data = await anext(arriving, None)
        except TimeoutError as error:
            raise EngineError(Code.SOCKET_TIMEOUT, "The rest of the body did not arrive in time") from error
        if data is None:
            break
        arrived += len(data)
        if longest is not None and arrived > longest:
            raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The body is longer than {longest} bytes")
        pieces = decoder.feed(data)
        while piece := await read(next, pieces, b"") if decoder.works else next(pieces, b""):
            yield piece
    decoder.finish()


async def command(query: bytes, data: AsyncIterator[bytes], role: Role, read: Read) -> bytes | Insertion:
    """Join the URL's query and the body. Return the text of a query, or an insert with its data.

    A growing text is read again each time its length has doubled, so bytes that arrive one by one are not read over and
    over. A long text is read in a thread. The head of an insert lies in the first `_LONGEST_HEAD` bytes.

    Raises:
        EngineError: the query is too long.
    """
    text = bytearray(query + b"\n" if query else b"")
    longest = longest_query(role)
    if len(text) > longest:
        raise _too_long(longest)
    looking, look_at = True, 1
    while True:
        if looking and len(text) >= look_at:
            found = await _look(text, read, complete=False)
            if isinstance(found, InsertHead):
                return Insertion(found, _from(bytes(memoryview(text)[found.data :]), data))
            looking, look_at = found is Need.MORE and len(text) < _LONGEST_HEAD, 2 * len(text)
        piece = await anext(data, None)
        if piece is None:
            break
        if len(text) + len(piece) > longest:
            raise _too_long(longest)
        text += piece
    found = await _look(text, read, complete=True) if looking else Need.NOTHING
    if isinstance(found, InsertHead):
        return Insertion(found, _from(bytes(memoryview(text)[found.data :]), data))
    return bytes(text)


async def _look(text: bytearray, read: Read, *, complete: bool) -> InsertHead | Need:
    head = bytes(memoryview(text)[:_LONGEST_HEAD])
    look = partial(split_insert, head, complete=complete and len(text) <= _LONGEST_HEAD)
    return look() if len(head) <= AT_ONCE else await read(look)


def _too_long(longest: int) -> EngineError:
    return EngineError(Code.QUERY_IS_TOO_LARGE, f"The query is longer than {longest} bytes")


def is_form(request: Request) -> bool:
    """Return whether the body is a form whose fields are parameters."""
    return request.headers.get("content-type", "").startswith("multipart/form-data")


async def form(request: Request, data: AsyncIterator[bytes], role: Role, read: Read) -> dict[str, str]:
    """Return the fields of a multipart form.

    Raises:
        EngineError: the form is too long or malformed.
    """
    longest = longest_form(role)
    raw = bytearray()
    async for piece in data:
        if len(raw) + len(piece) > longest:
            raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The form is longer than {longest} bytes")
        raw += piece
    return await read(form_fields, request.headers.get("content-type", ""), bytes(raw))


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in rest:
        yield piece


async def blocks(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield blocks of at least `_INSERT_PIECE` bytes.

    Each call of the engine has a cost, so small pieces are gathered.
    """
    gathered: list[bytes] = []
    size = 0
    async for piece in data:
        gathered.append(piece)
        size += len(piece)
        if size >= _INSERT_PIECE:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
