"""What `up` shows while it runs: lines, and a bar for the archive on a terminal."""

from __future__ import annotations

import re
import time
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LINE_EVERY = 5.0
LONGEST_DETAIL_LINE = 300

# Controls of both kinds but line breaks and tabs; embeddings, overrides and isolates. The marks of direction that
# Arabic needs, and joiners, stay.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class SourceProgress(msgspec.Struct, frozen=True):
    """How far an ingester has read, and how its network is; `total` is unknown for what has no end."""

    source: str
    posts: int
    rejected: int
    total: int | None
    events: int = 0
    state: str = "listening"
    detail: str = ""


class Screen:
    """Lines go above the bar. Off a terminal there is no bar but a line every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("[progress.description]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last_line = 0.0
        self._states: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def line(self, text: str) -> None:
        """Print a line as it is: no markup, no colour from its content."""
        self._console.print(printable(text), markup=False, highlight=False, emoji=False, soft_wrap=True)

    def reading(self, report: SourceProgress) -> None:
        """Move the bar, or print a line if the last one is some seconds old."""
        done = report.posts + report.rejected
        if self._console.is_terminal:
            if report.source not in self._tasks:
                self._tasks[report.source] = self._bar.add_task(f"reading {report.source}", total=report.total)
            self._bar.update(self._tasks[report.source], completed=done)
        elif time.monotonic() - self._last_line >= LINE_EVERY:
            self._last_line = time.monotonic()
            of_total = f" of {report.total:,}" if report.total else ""
            self.line(f"reading {report.source}: {done:,}{of_total} lines")

    def state(self, report: SourceProgress) -> None:
        """Say how a live source is, when that changes or what is wrong with it does."""
        state = report.state if report.events or report.state != "listening" else "connecting"
        detail = " ".join(report.detail.split())
        shown = detail if len(detail) <= LONGEST_DETAIL_LINE else f"{detail[:LONGEST_DETAIL_LINE]}…"
        said = f"{state}: {shown}" if shown else state
        if self._states.get(report.source) != said:
            self._states[report.source] = said
            self.line(f"{report.source:<11} {said}")

    def read_to_the_end(self) -> None:
        """Take the bar away."""
        for task in self._tasks.values():
            self._bar.remove_task(task)
        self._tasks.clear()


def printable(text: str) -> str:
    """Text that cannot steer a terminal: controls, and what turns the words behind it around, are replaced."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)
