"""`banwatch tag` and `banwatch detect`: two filters over a file or standard input that need no service."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice, repeat
from pathlib import Path
from queue import Queue
from typing import Annotated

import typer

from deploy.commands.options import enricher, settings
from ingest.transport.files import BrokenLine, read_lines
from processing.csv_detection.filter import Reading, detect_lines, explain_line
from processing.csv_detection.row import read_time
from processing.detection.policy import DetectorPolicy
from processing.tagging.tagger import tag_lines

BATCH = 1_000
"""The number of a file's lines that are tagged at once. A line from a pipe is answered before the next is read."""

ROWS = 20_000
"""The number of a file's rows that are judged at once. From a pipe, the rows that have arrived are judged at once."""


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
    absent_is_zero: Annotated[
        bool, typer.Option("--absent-is-zero", help="A bin without a row had no posts; else it is unknown.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(metavar="TIMESTAMP", help="Print how the row of this moment came about, and nothing else."),
    ] = None,
) -> None:
    """Add expected, score, state and the window that spoke to a CSV of counts, row by row; needs no service."""
    complaints = _Complaints()
    try:
        policy = None if bin_minutes is None else DetectorPolicy.for_bins(timedelta(minutes=bin_minutes))
        reading = Reading(policy=policy, silent_before=silent_before, share=share, absent_is_zero=absent_is_zero)
        rows = _batches(path, complaints)
        if explain is None:
            for row in detect_lines(rows, reading, complaints.of_row):
                print(row, flush=not _is_file(path))
        else:
            print("\n".join(explain_line(rows, read_time(explain), reading, complaints.of_row).lines()))
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


def _batches(path: Path, complaints: _Complaints) -> Iterator[list[str]]:
    """Yield the lines of a file in batches of `ROWS`. From a pipe, yield the lines that have arrived, at least one."""
    lines = (content.decode(errors="replace") for content in _contents(path, complaints))
    return iter(lambda: list(islice(lines, ROWS)), []) if _is_file(path) else _arrived(lines)


def _arrived(lines: Iterator[str]) -> Iterator[list[str]]:
    """Yield what a thread has read since the last batch. An error of the reading is raised behind the last line."""
    arrived: Queue[str | None] = Queue(ROWS)

    def follow() -> None:
        try:
            for line in lines:
                arrived.put(line)
        finally:
            arrived.put(None)

    with ThreadPoolExecutor(1) as pool:
        reading, is_open = pool.submit(follow), True
        while is_open:
            batch = [arrived.get()]
            while batch[-1] is not None and not arrived.empty():
                batch.append(arrived.get())
            is_open = batch[-1] is not None
            yield [line for line in batch if line is not None]
        reading.result()


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
