"""Opens a zip that anybody may have made. Nothing of it is written to disk, and no large file is read at once."""

from __future__ import annotations

import errno
import hashlib
import re
import stat
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from processing.export import layout

MOST_FILES = 100
MOST_BYTES = 2 * 1024**3
"""The most that all files together may unpack to."""
MOST_PACKED = 1_000
"""Real texts are never packed so many times smaller. Zeros are."""
LONGEST_DOCUMENT = 16 * 1024**2
"""The most bytes of a file that is read at once."""
LONGEST_LINE = 4 * 1024**2
_PIECE = 1024 * 1024
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_ENCRYPTED = 0x1
_BROKEN = (BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What the library raises for bytes that are no whole zip."""


class Refused(Exception):
    """The zip is not opened. `faults` has a sentence for each reason."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


class Unreadable(Exception):
    """A file in the zip cannot be unpacked, or is larger than such a file is. The message is one sentence."""


class Opened:
    """A zip with harmless names and sizes. `paths` are its files."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self.paths = frozenset(archive.namelist())

    def digest(self, path: str) -> tuple[int, str]:
        """Return the size of a file and its SHA-256.

        Raises:
            Unreadable: the file cannot be unpacked.
        """
        size, digest = 0, hashlib.sha256()
        for piece in self._pieces(path, _PIECE):
            size += len(piece)
            digest.update(piece)
        return size, digest.hexdigest()

    def document(self, path: str) -> bytes:
        """Return all bytes of a small file.

        Raises:
            Unreadable: the file cannot be unpacked, or is not small.
        """
        written = next(self._pieces(path, LONGEST_DOCUMENT + 1), b"")
        if len(written) > LONGEST_DOCUMENT:
            raise Unreadable(f"{path} is larger than {LONGEST_DOCUMENT:,} bytes.")
        return written

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a file with their ends.

        Raises:
            Unreadable: the file cannot be unpacked, or a line is too long.
        """
        with _translated(path), self._archive.open(path) as file:
            while line := file.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise Unreadable(f"{path} has a line of more than {LONGEST_LINE:,} bytes.")
                yield line

    def _pieces(self, path: str, size: int) -> Iterator[bytes]:
        with _translated(path), self._archive.open(path) as file:
            while piece := file.read(size):
                yield piece


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a zip.

    Raises:
        Refused: it is no zip, or it holds what an export never holds.
        OSError: the file cannot be read.
    """
    try:
        archive = ZipFile(path)
    except _BROKEN as error:
        raise Refused([f"It is no whole zip file: {error}."]) from error
    with archive:
        if faults := list(_refusals(archive)):
            raise Refused(faults)
        yield Opened(archive)


def _refusals(archive: ZipFile) -> Iterator[str]:
    files = archive.infolist()
    if archive.comment:
        yield "It has a comment, and an export has none."
    if len(files) > MOST_FILES:
        yield f"It holds {len(files):,} files, and an export holds at most {MOST_FILES}."
        return
    for name, times in Counter(file.filename.casefold() for file in files).items():
        if times > 1:
            yield f"It holds {name!r} {times} times."
    for file in files:
        yield from _refusals_of(file)
    if (whole := sum(file.file_size for file in files)) > MOST_BYTES:
        yield f"It unpacks to {whole:,} bytes, and an export unpacks to at most {MOST_BYTES:,}."


def _refusals_of(file: ZipInfo) -> Iterator[str]:
    name, kind = file.orig_filename, stat.S_IFMT(file.external_attr >> 16)
    if not _SAFE.fullmatch(name):
        yield f"{name!r} is no name of a file in an export."
    elif not layout.is_known(name):
        yield f"{name!r} is a file that an export does not have."
    if kind not in {0, stat.S_IFREG}:
        yield f"{name!r} is no plain file."
    if file.flag_bits & _ENCRYPTED:
        yield f"{name!r} is encrypted."
    elif file.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        yield f"{name!r} is packed in a way that banwatch does not unpack."
    elif file.file_size > MOST_PACKED * max(file.compress_size, 1):
        yield f"{name!r} unpacks to more than {MOST_PACKED:,} times its size, as in a zip bomb."


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise Unreadable(f"{path} cannot be unpacked: {error}.") from error
    except OSError as error:
        # A file in the zip that begins before the zip itself. Any other error is the disk's.
        if error.errno != errno.EINVAL:
            raise
        raise Unreadable(f"{path} cannot be unpacked: it lies outside of the file.") from error
