"""The answer of a query on its way to the client: compressed, in large pieces, and either complete or still running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.errors import EngineError

if TYPE_CHECKING:
    from deploy.embedded.chdb_http.codec import Encoder
    from deploy.embedded.chdb_http.connection import Connection
    from deploy.embedded.chdb_http.request import Query, Summary

_ANSWER_PIECE = 1024 * 1024
_IN_MEMORY = 64 * _ANSWER_PIECE


@dataclass(frozen=True)
class Result:
    """An answer. `length` is its size in bytes, or None while the query runs and may still fail."""

    pieces: Iterator[bytes]
    length: int | None
    summary: Summary
    format: str
    encoder: Encoder


def begin(connection: Connection, query: Query, encoder: Encoder, wait_end: bool) -> Result:
    """Run a query up to its first mebibyte, or with `wait_end` to its end. A large complete answer lies on disk.

    Raises:
        EngineError: the query fails. The pieces of an answer without a length raise it too.
    """
    chunks, summary, output_format = connection.ask(query)
    pieces = _gathered(_encoded(chunks, encoder))
    if wait_end:
        stored, length = _stored(pieces)
        return Result(stored, length, summary, output_format, encoder)
    first = next(pieces, b"")
    second = next(pieces, b"") if first else b""
    if not second:
        return Result(iter([first]), len(first), summary, output_format, encoder)
    return Result(chain([first, second], pieces), None, summary, output_format, encoder)


def _encoded(chunks: Iterator[bytes], encoder: Encoder) -> Iterator[bytes]:
    for chunk in chunks:
        yield encoder.feed(chunk)
    yield encoder.finish()


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces of a mebibyte. A piece that an error cuts short is sent too, and the error's mark follows it."""
    gathered: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            gathered.append(piece)
            size += len(piece)
            if size >= _ANSWER_PIECE:
                yield b"".join(gathered)
                gathered, size = [], 0
    except EngineError:
        if size:
            yield b"".join(gathered)
        raise
    if size:
        yield b"".join(gathered)


def _stored(pieces: Iterator[bytes]) -> tuple[Iterator[bytes], int]:
    store = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  it outlives this function
    length = sum(store.write(piece) for piece in pieces)
    store.seek(0)
    return _read(store), length


def _read(store: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with store:
        while piece := store.read(_ANSWER_PIECE):
            yield piece
