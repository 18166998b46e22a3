"""The two filters that need no service: `tag` and `detect`, over a file or standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from ingest.sources.lines import Broken, read_lines
from processing.enrich import Enricher, tag_lines
from processing.spikes.csv_filter import detect_lines
from processing.spikes.detector import DetectorPolicy

BATCH = 1_000
"""Lines of a file that are tagged at once; out of a pipe each line is answered before the next."""


class _Complaints:
    """Tells of each bad line on standard error, and remembers that there was one."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, number: int, reason: str) -> None:
        self.count += 1
        print(f"line {number}: {reason}", file=sys.stderr)


def tag_file(path: Path, enricher: Enricher) -> int:
    """Write the lines with their tags; the status is 1 when some could not be read."""
    complaints = _Complaints()
    at_once = BATCH if _is_file(path) else 1
    for line in tag_lines(_contents(path, complaints), enricher, complaints, at_once=at_once):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return int(complaints.count > 0)


def detect_file(path: Path, width: timedelta | None, *, silent_before: bool) -> int:
    """Write the rows with what the detector says; the status is 1 when some could not be read.

    Raises:
        ValueError: bins of this width cannot be judged.
    """
    complaints = _Complaints()
    policy = None if width is None else DetectorPolicy.for_bins(width)
    text = (content.decode(errors="replace") for content in _contents(path, complaints))
    for row in detect_lines(text, policy, on_rejected=complaints, silent_before=silent_before):
        print(row, flush=not _is_file(path))
    return int(complaints.count > 0)


def _is_file(path: Path) -> bool:
    """Whether everything is there already; standard input may be a file too."""
    return path.is_file() or (str(path) == "-" and stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode))


def _contents(path: Path, complaints: _Complaints) -> Iterator[bytes]:
    for number, line in enumerate(read_lines(path), start=1):
        if isinstance(line.content, Broken):
            complaints(number, line.content.reason)
        else:
            yield line.content
