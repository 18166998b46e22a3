"""The two filters that need no service: `tag` and `detect`, over a file or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from ingest.sources.lines import Broken, read_lines
from processing.enrich import Enricher, tag_lines
from processing.spikes.csv_filter import detect_lines
from processing.spikes.detector import DetectorPolicy


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
    for line in tag_lines(_contents(path, complaints), enricher, complaints):
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
        print(row, flush=not path.is_file())
    return int(complaints.count > 0)


def _contents(path: Path, complaints: _Complaints) -> Iterator[bytes]:
    for number, line in enumerate(read_lines(path), start=1):
        if isinstance(line.content, Broken):
            complaints(number, line.content.reason)
        else:
            yield line.content
