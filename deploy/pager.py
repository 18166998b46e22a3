"""A result on its way to standard output: bytes off a terminal, on one text that cannot steer it, page by page."""

from __future__ import annotations

import codecs
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain

from deploy.terminal.progress import printable


def show(pieces: Iterable[bytes], *, page: bool) -> None:
    """Write a result; on a terminal a long one goes through the user's PAGER, if `page`.

    Raises:
        BrokenPipeError: whoever reads standard output has left.
    """
    if not sys.stdout.isatty():
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.flush()
        return
    text = (printable(part) for part in _decoded(pieces))
    first, fits = _screenful(text, shutil.get_terminal_size())
    pager = None if fits or not page else _pager(os.environ.get("PAGER", "less"))
    if pager is None:
        for part in chain(first, text):
            sys.stdout.write(part)
        sys.stdout.flush()
        return
    _through(pager, chain(first, text))


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    """Text of pieces that may end inside a letter."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _screenful(text: Iterator[str], screen: os.terminal_size) -> tuple[list[str], bool]:
    """Read until the text is longer than the screen, or ends; what was read, and whether all of it fits."""
    read: list[str] = []
    for part in text:
        read.append(part)
        if lines_on(screen.columns, "".join(read)) >= screen.lines:
            return read, False
    return read, True


def lines_on(columns: int, text: str) -> int:
    """How many lines of a screen a text takes; a long line wraps."""
    return sum(max(1, -(-len(line) // max(1, columns))) for line in text.splitlines())


def _pager(command: str) -> subprocess.Popen[str] | None:
    """The user's pager, started; None where there is none. `less` cuts wide lines and keeps the screen."""
    arguments = shlex.split(command)
    if not arguments or shutil.which(arguments[0]) is None:
        return None
    environment = {"LESS": "SRX"} | os.environ
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, text=True, env=environment)


def _through(pager: subprocess.Popen[str], text: Iterable[str]) -> None:
    try:
        with pager:
            for part in text:
                if pager.stdin is not None:
                    pager.stdin.write(part)
    except BrokenPipeError:
        return  # the user has left the pager
