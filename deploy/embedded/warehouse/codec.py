"""Compressed bodies, both ways: gzip, deflate, zstd and LZ4 frames.

A body may be many compressed streams one behind another (clickhouse-connect sends one LZ4 frame a block), so a
decoder starts anew at the end of each and refuses a body that ends inside one: nothing is dropped in silence.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import lz4.frame
import zstandard

from deploy.embedded.warehouse.errors import Code, EngineError

# What one call may feed to a decompressor: it bounds what a hostile body can inflate to at a time.
_SLICE = 16 * 1024
_GZIP = 31
_EITHER_DEFLATE = 15


class _Decompressor(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Lz4Compressor:
    """An LZ4 frame whose header goes out with its first bytes."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes) -> bytes:
        header = b"" if self._begun else self._frame.begin()
        self._begun = True
        return bytes(header + self._frame.compress(data))

    def flush(self) -> bytes:
        return bytes(self.compress(b"") + self._frame.flush())


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    "gzip": lambda: zlib.decompressobj(_GZIP),
    "deflate": lambda: zlib.decompressobj(_EITHER_DEFLATE),
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj(),
    "lz4": lz4.frame.LZ4FrameDecompressor,
}
_COMPRESSORS: dict[str, Callable[[], _Compressor]] = {
    "gzip": lambda: zlib.compressobj(level=3, wbits=_GZIP),
    "deflate": lambda: zlib.compressobj(level=3, wbits=_EITHER_DEFLATE),
    "zstd": lambda: zstandard.ZstdCompressor(level=1).compressobj(),
    "lz4": _Lz4Compressor,
}
_BROKEN = (zlib.error, zstandard.ZstdError, RuntimeError)


class Decoder:
    """Turns a body that arrives in pieces into what it was before compression.

    Raises:
        EngineError: for an encoding that is not known, bytes that do not decompress, or a body cut short.
    """

    def __init__(self, encoding: str) -> None:
        if encoding and encoding not in _DECOMPRESSORS:
            known = ", ".join(_DECOMPRESSORS)
            raise EngineError(
                Code.UNKNOWN_COMPRESSION_METHOD, f"Content-Encoding {encoding!r} is not known: send {known}"
            )
        self._encoding = encoding
        self._current: _Decompressor | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes decompress to, stream after stream."""
        if not self._encoding:
            yield data
            return
        for start in range(0, len(data), _SLICE):
            yield from self._feed_slice(data[start : start + _SLICE])

    def finish(self) -> None:
        """Say that the body has ended."""
        if self._current is not None:
            raise EngineError(
                Code.CANNOT_DECOMPRESS, f"The body ends inside a {self._encoding} stream: it was cut short"
            )

    def _feed_slice(self, data: bytes) -> Iterator[bytes]:
        rest: bytes | None = data
        while rest:
            self._current = self._current or _DECOMPRESSORS[self._encoding]()
            try:
                yield self._current.decompress(rest)
            except _BROKEN as error:
                raise EngineError(Code.CANNOT_DECOMPRESS, f"The body is not valid {self._encoding}: {error}") from error
            rest = self._current.unused_data if self._current.eof else None
            if self._current.eof:
                self._current = None


class Encoder:
    """Compresses an answer as one stream; with no encoding it passes the bytes through."""

    def __init__(self, encoding: str | None) -> None:
        self.encoding = encoding
        self._compressor = _COMPRESSORS[encoding]() if encoding else None

    def feed(self, data: bytes) -> bytes:
        """Compress some bytes; what comes out may lag behind."""
        return self._compressor.compress(data) if self._compressor else data

    def finish(self) -> bytes:
        """End the stream."""
        return self._compressor.flush() if self._compressor else b""


def accepted_encoding(header: str) -> str | None:
    """Choose the first encoding of an Accept-Encoding header that is known here."""
    for offer in header.split(","):
        name, _, weight = offer.strip().partition(";")
        if name.strip().lower() in _COMPRESSORS and weight.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name.strip().lower()
    return None
