"""The two filters that need no service: `tag` and `detect`, over a file or standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice, repeat
from pathlib import Path
from queue import Queue
from threading import Thread

from ingest.transport.files import BrokenLine, read_lines
from processing.detection.csv import Reading, detect_lines, explain_line
from processing.tagging.tagger import Enricher, tag_lines

BATCH = 1_000
"""Lines of a file that are tagged at once; out of a pipe each line is answered before the next."""

ROWS = 20_000
"""The same of rows that are judged at once; out of a pipe those that have come are answered before the next."""


class _Complaints:
    """Tells of each bad line on standard error, and remembers that there was one."""

    def __init__(self) -> None:
        self.count = 0

    def of_line(self, number: int, reason: str) -> None:
        """A reason that does not name its line."""
        self.say(f"line {number}: {reason}")

    def say(self, sentence: str) -> None:
        """A sentence that does."""
        self.count += 1
        print(sentence, file=sys.stderr)


def tag_file(path: Path, enricher: Enricher) -> int:
    """Write the lines with their tags; the status is 1 when some could not be read."""
    complaints = _Complaints()
    at_once = BATCH if _is_file(path) else 1
    for line in tag_lines(_contents(path, complaints), enricher, complaints.of_line, at_once=at_once):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return int(complaints.count > 0)


def detect_file(path: Path, reading: Reading) -> int:
    """Write the rows with what the detector says; the status is 1 when some could not be read.

    Raises:
        ValueError: bins of this width cannot be judged.
    """
    complaints = _Complaints()
    for row in detect_lines(_batches(path, complaints), reading, lambda _, sentence: complaints.say(sentence)):
        print(row, flush=not _is_file(path))
    return int(complaints.count > 0)


def explain_file(path: Path, at: datetime, reading: Reading) -> int:
    """Write how one row came about; the status is 1 when rows before it could not be read.

    Raises:
        ValueError: no row holds that moment, or bins of this width cannot be judged.
    """
    complaints = _Complaints()
    found = explain_line(_batches(path, complaints), at, reading, lambda _, sentence: complaints.say(sentence))
    print("\n".join(found.lines()))
    return int(complaints.count > 0)


def _batches(path: Path, complaints: _Complaints) -> Iterator[list[str]]:
    """Lines of a file by the thousand; out of a pipe those that are there."""
    lines = _text(path, complaints)
    return iter(lambda: list(islice(lines, ROWS)), []) if _is_file(path) else _as_they_come(lines)


def _as_they_come(lines: Iterator[str]) -> Iterator[list[str]]:
    """Whatever a reading thread has by the time that it is asked for; it waits for one line."""
    read: Queue[str | None] = Queue(ROWS)

    def follow() -> None:
        for line in lines:
            read.put(line)
        read.put(None)

    Thread(target=follow, daemon=True).start()
    while True:
        batch = [read.get()]
        while batch[-1] is not None and not read.empty():
            batch.append(read.get())
        yield [line for line in batch if line is not None]
        if batch[-1] is None:
            return


def _text(path: Path, complaints: _Complaints) -> Iterator[str]:
    return (content.decode(errors="replace") for content in _contents(path, complaints))


def _is_file(path: Path) -> bool:
    """Whether everything is there already; standard input may be a file too."""
    return path.is_file() or (str(path) == "-" and stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode))


def _contents(path: Path, complaints: _Complaints) -> Iterator[bytes]:
    """Every line, the empty ones too, so that whoever counts them counts right."""
    reached = 0
    for line in read_lines(path):
        yield from repeat(b"", line.number - reached - 1)
        reached = line.number
        if isinstance(line.content, BrokenLine):
            complaints.of_line(line.number, line.content.reason)
            yield b""
        else:
            yield line.content
