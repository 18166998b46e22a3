"""Lines out of files, whatever they are packed in, each with its place, and none lost to a broken one."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zstandard

LONGEST = 4 * 1024 * 1024
"""Bytes of a line; what is longer is not a post."""

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
FINGERPRINTED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Broken:
    """A place in a file that could not be read as a line."""

    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty, and where it stands; `number` counts from 1, empty lines too."""

    where: str
    number: int
    content: bytes | Broken


@contextmanager
def _unpacked(path: Path) -> Iterator[io.BufferedIOBase]:
    """A file's content, or standard input's for `-`; how it is packed is told by its first bytes."""
    if str(path) == "-":
        with open(sys.stdin.fileno(), "rb", closefd=False) as raw:
            yield _unpack(raw)
    else:
        with path.open("rb") as raw:
            yield _unpack(raw)


def _unpack(raw: io.BufferedReader) -> io.BufferedIOBase:
    magic = raw.peek(4)
    if magic.startswith(GZIP_MAGIC):
        return gzip.GzipFile(fileobj=raw)
    if magic.startswith(ZSTD_MAGIC):
        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True))
    return raw


def read_lines(path: Path) -> Iterator[Line]:
    """Every line that is not empty. A file that breaks off ends with a `Broken` line that says so."""
    number = 0
    try:
        with _unpacked(path) as stream:
            while content := stream.readline(LONGEST):
                number += 1
                if len(content) == LONGEST and not content.endswith(b"\n"):
                    _skip_rest_of_line(stream)
                    yield Line(f"{path} line {number}", number, Broken(f"The line is longer than {LONGEST} bytes."))
                elif content := content.strip():
                    yield Line(f"{path} line {number}", number, content)
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        yield Line(f"{path} after line {number}", number + 1, Broken(f"The file cannot be read on: {error}."))


def _skip_rest_of_line(stream: io.BufferedIOBase) -> None:
    while (content := stream.readline(LONGEST)) and not content.endswith(b"\n"):
        pass


def fingerprint(paths: tuple[Path, ...]) -> str:
    """Names the content of files: their sizes and their first MiB each."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.stat().st_size.to_bytes(8, "big"))
        with path.open("rb") as content:
            digest.update(content.read(FINGERPRINTED))
    return digest.hexdigest()[:16]
