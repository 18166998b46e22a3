"""Compression of answers: gzip, deflate, zstd and LZ4 frames."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import lz4.frame
import zstandard

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
        self._compressor = _COMPRESSORS[encoding]() if encoding else None

    def feed(self, data: bytes) -> bytes:
        """Compress some bytes. The result may be shorter, because the compressor keeps bytes back."""
        return self._compressor.compress(data) if self._compressor else data

    def finish(self) -> bytes:
        """End the stream and return its last bytes."""
        return self._compressor.flush() if self._compressor else b""


def accepted_encoding(header: str) -> str | None:
    """Return the first supported encoding of an Accept-Encoding header, or None."""
    for offer in header.split(","):
        name, _, weight = offer.strip().partition(";")
        if name.strip().lower() in _COMPRESSORS and weight.replace(" ", "") not in {"q=0", "q=0.0"}:
            return name.strip().lower()
    return None
