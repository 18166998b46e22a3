"""`banwatch tag` and `banwatch detect`: two filters over a file or standard input that need no service."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import enricher, settings
from ingest.transport.files import BrokenLine, read_lines
from processing.detection.csv import detect_lines, explain_line
from processing.detection.csv_row import read_time
from processing.detection.detector import DetectorPolicy
from processing.tagging.tagger import tag_lines

BATCH = 1_000
"""The number of a file's lines that are tagged at once. A line from a pipe is answered before the next is read."""


def tag(
    path: Annotated[Path, typer.Argument(help="Post NDJSON, plain, .gz or .zst; - is standard input.")] = Path("-"),
) -> None:
    """Add language and topics to Post NDJSON, line by line; needs no service."""
    tagger, _ = enricher(settings())
    complaints = _Complaints()
    at_once = BATCH if _is_file(path) else 1
    lines = tag_lines(_contents(path, complaints), tagger, complaints.of_line, at_once=at_once)
    sys.stdout.buffer.writelines(lines)
    sys.stdout.buffer.flush()
    raise typer.Exit(complaints.status)


def detect(
    path: Annotated[Path, typer.Argument(help="CSV of timestamp,count[,total]; - is standard input.")] = Path("-"),
    bin_minutes: Annotated[
        int | None, typer.Option("--bin", min=1, help="Width of the bins in minutes; else inferred.")
    ] = None,
    silent_before: Annotated[
        bool, typer.Option("--silent-before", help="The series is known to have been empty for two days before.")
    ] = False,
    share: Annotated[
        bool, typer.Option("--share", help="Judge by the share of all posts of the source, which are the third column.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(metavar="TIMESTAMP", help="Print how the row of this moment came about, and nothing else."),
    ] = None,
) -> None:
    """Add expected, score and state to a CSV of counts, row by row; needs no service."""
    complaints = _Complaints()
    rows = (content.decode(errors="replace") for content in _contents(path, complaints))
    judged = partial(detect_lines, rows, on_rejected=complaints.of_row, silent_before=silent_before, share=share)
    explained = partial(explain_line, rows, on_rejected=complaints.of_row, silent_before=silent_before, share=share)
    try:
        policy = None if bin_minutes is None else DetectorPolicy.for_bins(timedelta(minutes=bin_minutes))
        if explain is None:
            for row in judged(policy):
                print(row, flush=not _is_file(path))
        else:
            print("\n".join(explained(read_time(explain), policy).lines()))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(complaints.status)


class _Complaints:
    """Reports each bad line on standard error. `status` is 1 after the first report, else 0."""

    def __init__(self) -> None:
        self.status = 0

    def of_line(self, number: int, reason: str) -> None:
        """Report a line by its number, which counts from 1."""
        self.of_row(number, f"line {number}: {reason}")

    def of_row(self, _: int, sentence: str) -> None:
        """Report a row by a sentence that names its line."""
        self.status = 1
        print(sentence, file=sys.stderr)


def _is_file(path: Path) -> bool:
    """Return whether the input is a file, whose lines all exist already. Standard input may be a file too."""
    return path.is_file() or (str(path) == "-" and stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode))


def _contents(path: Path, complaints: _Complaints) -> Iterator[bytes]:
    """Yield every line, empty lines too, so that line numbers stay right.

    A broken line is reported and yielded as empty.
    """
    reached = 0
    for line in read_lines(path):
        yield from repeat(b"", line.number - reached - 1)
        reached = line.number
        if isinstance(line.content, BrokenLine):
            complaints.of_line(line.number, line.content.reason)
            yield b""
        else:
            yield line.content
