"""The lines of files, packed or not, each with its place. A broken line costs no other line."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from ingest.transport.unpacking import BUFFER, UNPACKING_FAILS, in_utf8, unpacked

LONGEST_LINE = 4 * 1024 * 1024
"""The longest line in bytes. A longer line is not a post."""

TAR_MAGIC = b"ustar"
TAR_MAGIC_AT = 257

LONGEST_NAME = 200
FINGERPRINTED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A place in a file that could not be read as a line. `transient` means that another reading may find the line."""

    reason: str
    transient: bool = False


class Line(NamedTuple):
    """One line that is not empty, or one element of a document, with its place.

    `number` counts from 1 and includes empty lines.
    """

    where: str
    number: int
    content: bytes | BrokenLine


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for `-`."""
    if str(path) == "-":
        with open(sys.stdin.fileno(), "rb", BUFFER, closefd=False) as raw:
            yield raw
    else:
        with path.open("rb", BUFFER) as raw:
            yield raw


def _contents(path: Path) -> Iterator[tuple[str, io.BufferedReader]]:
    """Yield a file's unpacked content, or the content of each file in a tar in turn.

    Nothing is extracted to the disk.
    """
    with _opened(path) as raw:
        stream = unpacked(raw)
        if stream.peek(TAR_MAGIC_AT + 8)[TAR_MAGIC_AT:].startswith(TAR_MAGIC):
            with _heads():
                opened = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115 - it is closed below
            with opened as archive:
                for member in _members(archive):
                    content = archive.extractfile(member) if member.isfile() else None
                    if content is not None:
                        yield f"{path} {member.name[:LONGEST_NAME]}", unpacked(content)
        else:
            yield str(path), stream


@contextmanager
def _heads() -> Iterator[None]:
    """Turn the error of a broken number in a head into one of the tar."""
    try:
        yield
    except ValueError as error:
        raise tarfile.ReadError(str(error)) from error


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    members = iter(archive)
    while True:
        with _heads():
            member = next(members, None)
        if member is None:
            return
        yield member


ReadContent = Callable[[str, io.BufferedReader], Iterator[Line]]


def numbered_lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes | BrokenLine]]:
    """Yield every line of a content that is not empty, behind its number."""
    number = 0
    while content := stream.readline(LONGEST_LINE):
        number += 1
        if len(content) == LONGEST_LINE and not content.endswith(b"\n"):
            _skip_rest_of_line(stream)
            yield number, BrokenLine(f"The line is longer than {LONGEST_LINE} bytes.")
        elif content := content.strip():
            yield number, content


def lines_of(where: str, stream: io.BufferedReader) -> Iterator[Line]:
    """Yield every line of a content that is not empty."""
    return (Line(f"{where} line {number}", number, content) for number, content in numbered_lines(stream))


def read_lines(path: Path, read: ReadContent = lines_of) -> Iterator[Line]:
    """Yield the lines that `read` finds in each content of a file.

    A content that breaks off ends with a `BrokenLine`. In a tar, the next content follows.
    """
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
    # An error of the system has a number; an error of the content has none.
    broken = BrokenLine(f"The file cannot be read on: {error}.", isinstance(error, OSError) and error.errno is not None)
    return Line(f"{where} after {unit} {last.number}", last.number + 1, broken)


def _skip_rest_of_line(stream: io.BufferedReader) -> None:
    while (content := stream.readline(LONGEST_LINE)) and not content.endswith(b"\n"):
        pass


def fingerprint(paths: tuple[Path, ...]) -> str:
    """Return a hash that identifies the content of files: their sizes and the first MiB of each."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.stat().st_size.to_bytes(8, "big"))
        with path.open("rb") as content:
            digest.update(content.read(FINGERPRINTED))
    return digest.hexdigest()[:16]
