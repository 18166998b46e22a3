"""The two filters that need no service: `tag` and `detect`, over a file or standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path

from ingest.transport.files import BrokenLine, read_lines
from processing.detection.csv import detect_lines, explain_line
from processing.detection.detector import DetectorPolicy
from processing.tagging.tagger import Enricher, tag_lines

BATCH = 1_000
"""Lines of a file that are tagged at once; out of a pipe each line is answered before the next."""


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


def detect_file(path: Path, width: timedelta | None, *, silent_before: bool, share: bool) -> int:
    """Write the rows with what the detector says; the status is 1 when some could not be read.

    Raises:
        ValueError: bins of this width cannot be judged.
    """
    complaints = _Complaints()
    rows = detect_lines(
        _text(path, complaints),
        _policy(width),
        on_rejected=lambda _, sentence: complaints.say(sentence),
        silent_before=silent_before,
        share=share,
    )
    for row in rows:
        print(row, flush=not _is_file(path))
    return int(complaints.count > 0)


def explain_file(path: Path, width: timedelta | None, at: datetime, *, silent_before: bool, share: bool) -> int:
    """Write how one row came about; the status is 1 when rows before it could not be read.

    Raises:
        ValueError: no row holds that moment, or bins of this width cannot be judged.
    """
    complaints = _Complaints()
    derivation = explain_line(
        _text(path, complaints),
        at,
        _policy(width),
        on_rejected=lambda _, sentence: complaints.say(sentence),
        silent_before=silent_before,
        share=share,
    )
    print("\n".join(derivation.lines()))
    return int(complaints.count > 0)


def _policy(width: timedelta | None) -> DetectorPolicy | None:
    return None if width is None else DetectorPolicy.for_bins(width)


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
