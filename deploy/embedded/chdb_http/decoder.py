"""Decompression of bodies: gzip, deflate, zstd and LZ4 frames, in pieces of bounded size.

A body may hold several compressed streams in a row; clickhouse-connect sends one LZ4 frame for each block. A decoder
starts again at the end of each stream. It refuses a body that ends inside a stream, so no data are lost silently.

A few bytes can stand for gigabytes, so no call returns more than `LARGEST_PIECE` bytes. The caller decides after each
piece whether to go on.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import lz4.frame
import zstandard

from deploy.embedded.chdb_http.errors import Code, EngineError

_UNPACKED_PIECE = 256 * 1024
_SLICE = 16 * 1024
# zstandard does not bound the output of a call. Four bytes of input can stand for a block, and a block holds 128 KiB.
_ZSTD_SLICE = 32
_ZSTD_MOST = (_ZSTD_SLICE // 4 + 1) * 128 * 1024
_ZSTD_WINDOW = 8 * 1024 * 1024
"""The largest window, in bytes, that RFC 9659 allows for a Content-Encoding. Each open body holds one in memory."""

LARGEST_PIECE = _UNPACKED_PIECE + _ZSTD_MOST
_GZIP = 31
_EITHER_DEFLATE = 15
_BROKEN = (zlib.error, zstandard.ZstdError, RuntimeError)


class _Stream(Protocol):
    """One compressed stream. `behind` holds the bytes after the stream's end, or None before the end."""

    behind: bytes | None

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._stream = zlib.decompressobj(window_bits)
        self.behind: bytes | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        piece = self._stream.decompress(data, _UNPACKED_PIECE)
        yield piece
        while not self._stream.eof and (len(piece) == _UNPACKED_PIECE or self._stream.unconsumed_tail):
            piece = self._stream.decompress(self._stream.unconsumed_tail, _UNPACKED_PIECE)
            yield piece
        self.behind = self._stream.unused_data if self._stream.eof else None


class _Lz4:
    def __init__(self) -> None:
        self._stream = lz4.frame.LZ4FrameDecompressor()
        self.behind: bytes | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._stream.decompress(data, _UNPACKED_PIECE)
        while not (self._stream.needs_input or self._stream.eof):
            yield self._stream.decompress(b"", _UNPACKED_PIECE)
        self.behind = (self._stream.unused_data or b"") if self._stream.eof else None


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        self.behind: bytes | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_SLICE):
            yield self._stream.decompress(data[start : start + _ZSTD_SLICE])
            if self._stream.eof:
                self.behind = self._stream.unused_data + data[start + _ZSTD_SLICE :]
                return


_STREAMS: dict[str, Callable[[], _Stream]] = {
    "gzip": lambda: _Zlib(_GZIP),
    "deflate": lambda: _Zlib(_EITHER_DEFLATE),
    "zstd": _Zstd,
    "lz4": _Lz4,
}


class Decoder:
    """Decompresses a body that arrives in pieces.

    Raises:
        EngineError: the encoding is unknown, the bytes do not decompress, or the body is incomplete.
    """

    def __init__(self, encoding: str) -> None:
        if encoding and encoding not in _STREAMS:
            known = ", ".join(_STREAMS)
            raise EngineError(
                Code.UNKNOWN_COMPRESSION_METHOD, f"Content-Encoding {encoding!r} is not known: send {known}"
            )
        self._encoding = encoding
        self._current: _Stream | None = None

    @property
    def works(self) -> bool:
        """Whether the body is compressed."""
        return bool(self._encoding)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the decompressed bytes, stream after stream, in pieces of at most `LARGEST_PIECE` bytes."""
        if not self._encoding:
            yield data
            return
        gathered = bytearray()
        for piece in self._pieces(data):
            gathered += piece
            if len(gathered) >= _UNPACKED_PIECE:
                yield bytes(gathered)
                gathered.clear()
        if gathered:
            yield bytes(gathered)

    def finish(self) -> None:
        """End the body.

        Raises:
            EngineError: the body ends inside a compressed stream.
        """
        if self._current is not None:
            raise EngineError(
                Code.CANNOT_DECOMPRESS, f"The body ends inside a {self._encoding} stream: it was cut short"
            )

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _SLICE):
            rest: bytes | None = data[start : start + _SLICE]
            while rest:
                self._current = self._current or _STREAMS[self._encoding]()
                try:
                    yield from self._current.feed(rest)
                except _BROKEN as error:
                    raise EngineError(
                        Code.CANNOT_DECOMPRESS, f"The body is not valid {self._encoding}: {error}"
                    ) from error
                rest = self._current.behind
                if rest is not None:
                    self._current = None
