"""Compression of answers: HTTP's (gzip, deflate, zstd and LZ4 frames), and ClickHouse's own blocks."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Protocol

import lz4.block
import lz4.frame
import zstandard
from clickhouse_cityhash.cityhash import CityHash128

_GZIP = 31
_EITHER_DEFLATE = 15


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Lz4Compressor:
    """An LZ4 frame. The frame's header is sent with the first bytes."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes) -> bytes:
        header = b"" if self._begun else self._frame.begin()
        self._begun = True
        return bytes(header + self._frame.compress(data))

    def flush(self) -> bytes:
        return bytes(self.compress(b"") + self._frame.flush())


class _Blocks:
    """ClickHouse's compressed blocks, which clients ask for by `compress=1`.

    A block is CityHash128 (of ClickHouse's version of it) of what follows, the method (0x82 is LZ4), the sizes of the
    block with its head and of the data, and the compressed data. The numbers are little-endian.
    """

    def compress(self, data: bytes) -> bytes:
        return b"".join(_block(data[start : start + _BLOCK]) for start in range(0, len(data), _BLOCK))

    def flush(self) -> bytes:
        return b""


def _block(data: bytes) -> bytes:
    packed = lz4.block.compress(data, store_size=False)
    sealed = struct.pack("<BII", _LZ4, _HEAD + len(packed), len(data)) + packed
    high, low = divmod(CityHash128(sealed), 1 << 64)
    return bytes(struct.pack("<QQ", high, low) + sealed)


_BLOCK = 1024 * 1024
_LZ4 = 0x82
_HEAD = 9

BLOCKS = "clickhouse"
"""The name of ClickHouse's own blocks as an encoding. No header names it: the client has asked for it."""

_COMPRESSORS: dict[str, Callable[[], _Compressor]] = {
    "gzip": lambda: zlib.compressobj(level=3, wbits=_GZIP),
    "deflate": lambda: zlib.compressobj(level=3, wbits=_EITHER_DEFLATE),
    "zstd": lambda: zstandard.ZstdCompressor(level=1).compressobj(),
    "lz4": _Lz4Compressor,
}


class Encoder:
    """Compresses an answer as one stream. Without an encoding, the bytes pass unchanged."""

    def __init__(self, encoding: str | None) -> None:
        self.encoding = encoding
        self._compressor = _compressor(encoding) if encoding else None

    def feed(self, data: bytes) -> bytes:
        """Compress some bytes. The result may be shorter, because the compressor keeps bytes back."""
        return self._compressor.compress(data) if self._compressor else data

    def finish(self) -> bytes:
        """End the stream and return its last bytes."""
        return self._compressor.flush() if self._compressor else b""


def _compressor(encoding: str) -> _Compressor:
    return _Blocks() if encoding == BLOCKS else _COMPRESSORS[encoding]()


def accepted_encoding(header: str) -> str | None:
    """Return the first supported encoding of an Accept-Encoding header, or None."""
    for offer in header.split(","):
        name, _, weight = offer.strip().partition(";")
        if name.strip().lower() in _COMPRESSORS and weight.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name.strip().lower()
    return None
