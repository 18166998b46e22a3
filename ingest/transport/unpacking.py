"""Decompression of files and conversion to UTF-8. The first bytes decide: gzip, zstd or bzip2.

A file that is cut off yields its readable content and then fails.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, cast

import zstandard

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BZIP2_MAGIC = b"BZh"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ZSTD_WINDOW = 2**31
"""The largest window, which the dumps of Reddit use."""

ZSTD_AT_ONCE = 2_048
"""The number of packed bytes that are unpacked at once. In the worst case, four of them expand to 128 kB."""

BUFFER = 256 * 1024
UNPACKING_FAILS = (EOFError, OSError, zlib.error, zstandard.ZstdError, tarfile.TarError)


def unpacked(raw: IO[bytes]) -> io.BufferedReader:
    """Return a stream of the unpacked content."""
    packed = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw), BUFFER)
    magic = packed.peek(4)
    if magic.startswith(GZIP_MAGIC):
        return io.BufferedReader(_Pieces(gzip.GzipFile(fileobj=packed).read1), BUFFER)
    if magic.startswith(ZSTD_MAGIC):
        return io.BufferedReader(_Pieces(_Zstd(packed).read1), BUFFER)
    if magic.startswith(BZIP2_MAGIC):
        return io.BufferedReader(_Pieces(bz2.BZ2File(packed).read1), BUFFER)
    return packed


def in_utf8(stream: io.BufferedReader) -> io.BufferedReader:
    """Return the content in UTF-8 without a byte order mark. A content without a mark is taken as UTF-8."""
    if stream.peek(2).startswith(UTF16_MARKS):
        return io.BufferedReader(_Pieces(_Utf16(stream).read1), BUFFER)
    if stream.peek(3).startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    return stream


class _Pieces(io.RawIOBase):
    """A stream over `read1`, which returns at most as many bytes as requested, and none at the end.

    A failure after some bytes is raised once these bytes have been returned.
    """

    def __init__(self, read1: Callable[[int], bytes]) -> None:
        self._read1 = read1
        self._failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if self._failure is not None:
            raise self._failure
        room = memoryview(buffer).cast("B")
        filled = 0
        try:
            while filled < len(room) and (piece := self._read1(len(room) - filled)):
                room[filled : filled + len(piece)] = piece
                filled += len(piece)
        except UNPACKING_FAILS as error:
            if not filled:
                raise
            self._failure = error
        return filled


class _Zstd:
    """Unpacks frame by frame. The library's own stream mistakes an incomplete frame for a complete one."""

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed = packed
        self._unpacking = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._frame = self._unpacking.decompressobj()
        self._ahead = b""
        self._given = 0

    def read1(self, most: int) -> bytes:
        """Return some bytes, or none at the end."""
        while self._given == len(self._ahead):
            content = self._frame.unused_data or self._packed.read(ZSTD_AT_ONCE)
            if not content:
                return self._end()
            if self._frame.eof:
                self._frame = self._unpacking.decompressobj()
            self._ahead, self._given = self._frame.decompress(content), 0
        piece = self._ahead[self._given : self._given + most]
        self._given += len(piece)
        return piece

    def _end(self) -> bytes:
        if not self._frame.eof:
            raise EOFError("Compressed file ended before the end of a frame was reached")
        return b""


class _Utf16:
    """Converts UTF-16 with a byte order mark, as Windows writes it, to UTF-8."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-16")(errors="replace").decode
        self._ahead = b""

    def read1(self, most: int) -> bytes:
        """Return some bytes, or none at the end."""
        content = b"begin"
        while content and not self._ahead:
            content = self._stream.read1(BUFFER)
            self._ahead = self._decode(content, final=not content).encode(errors="replace")
        piece, self._ahead = self._ahead[:most], self._ahead[most:]
        return piece
