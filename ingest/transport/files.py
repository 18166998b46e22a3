"""Lines out of files, whatever they are packed in, each with its place, and none lost to a broken one."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ingest.transport.unpacking import BUFFER, UNPACKING_FAILS, in_utf8, unpacked

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of a line; what is longer is not a post."""

TAR_MAGIC = b"ustar"
TAR_MAGIC_AT = 257

LONGEST_NAME = 200
FINGERPRINTED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A place in a file that could not be read as a line."""

    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty, or one element of a document, and where it stands; `number` counts from 1, empty
    lines too."""

    where: str
    number: int
    content: bytes | BrokenLine


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A file's bytes, or standard input's for `-`."""
    if str(path) == "-":
        with open(sys.stdin.fileno(), "rb", BUFFER, closefd=False) as raw:
            yield raw
    else:
        with path.open("rb", BUFFER) as raw:
            yield raw


def _contents(path: Path) -> Iterator[tuple[str, io.BufferedReader]]:
    """A file's content unpacked, or that of each file in a tar, one behind the other; nothing is extracted."""
    with _opened(path) as raw:
        stream = unpacked(raw)
        if stream.peek(TAR_MAGIC_AT + 8)[TAR_MAGIC_AT:].startswith(TAR_MAGIC):
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    content = archive.extractfile(member) if member.isfile() else None
                    if content is not None:
                        yield f"{path} {member.name[:LONGEST_NAME]}", unpacked(content)
        else:
            yield str(path), stream


ReadContent = Callable[[str, io.BufferedReader], Iterator[Line]]


def lines_of(where: str, stream: io.BufferedReader) -> Iterator[Line]:
    """Every line of a content that is not empty."""
    number = 0
    while content := stream.readline(LONGEST_LINE):
        number += 1
        if len(content) == LONGEST_LINE and not content.endswith(b"\n"):
            _skip_rest_of_line(stream)
            yield Line(f"{where} line {number}", number, BrokenLine(f"The line is longer than {LONGEST_LINE} bytes."))
        elif content := content.strip():
            yield Line(f"{where} line {number}", number, content)


def read_lines(path: Path, read: ReadContent = lines_of) -> Iterator[Line]:
    """What `read` finds in each content of a file. One that breaks off ends with a `BrokenLine` line that says so; in a
    tar the next one follows."""
    last = Line(str(path), 0, b"")
    try:
        for where, stream in _contents(path):
            last = Line(where, 0, b"")
            try:
                for last in read(where, in_utf8(stream)):
                    yield last
            except UNPACKING_FAILS as error:
                yield _broken(last, error)
    except UNPACKING_FAILS as error:
        yield _broken(last, error)


def _broken(last: Line, error: Exception) -> Line:
    where, _, unit = (
        last.where.removesuffix(f" {last.number}").rpartition(" ") if last.number else (last.where, "", "line")
    )
    return Line(
        f"{where} after {unit} {last.number}", last.number + 1, BrokenLine(f"The file cannot be read on: {error}.")
    )


def _skip_rest_of_line(stream: io.BufferedReader) -> None:
    while (content := stream.readline(LONGEST_LINE)) and not content.endswith(b"\n"):
        pass


def fingerprint(paths: tuple[Path, ...]) -> str:
    """Names the content of files: their sizes and their first MiB each."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.stat().st_size.to_bytes(8, "big"))
        with path.open("rb") as content:
            digest.update(content.read(FINGERPRINTED))
    return digest.hexdigest()[:16]
