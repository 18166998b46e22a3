"""The output of `up` while it runs: lines, and on a terminal a progress bar for the archive."""

from __future__ import annotations

import time
from types import TracebackType
from typing import IO, Self, TextIO, cast

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from deploy.terminal.stream import AsFarAsPossible
from processing.plain_text import STEERING

LINE_EVERY = 5.0
LONGEST_DETAIL_LINE = 300


class SourceProgress(msgspec.Struct, frozen=True):
    """An ingester's progress and the state of its network. `total` is None for a source without an end."""

    source: str
    posts: int
    rejected: int
    total: int | None
    events: int = 0
    state: str = "listening"
    detail: str = ""


class Screen:
    """Prints lines above a progress bar. Without a terminal, there is no bar but a line every few seconds."""

    def __init__(self, console: Console) -> None:
        console.file = cast("IO[str]", AsFarAsPossible(cast("TextIO", console.file)))
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
        """Print a line unchanged: its text sets no markup and no colour."""
        self._console.print(printable(text), markup=False, highlight=False, emoji=False, soft_wrap=True)

    def reading(self, report: SourceProgress) -> None:
        """Move the bar, or without a terminal print a line if the last line is old enough."""
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
        """Print the state of a live source if the state or its fault has changed."""
        state = report.state if report.events or report.state != "listening" else "connecting"
        detail = " ".join(report.detail.split())
        shown = detail if len(detail) <= LONGEST_DETAIL_LINE else f"{detail[:LONGEST_DETAIL_LINE]}…"
        said = f"{state}: {shown}" if shown else state
        if self._states.get(report.source) != said:
            self._states[report.source] = said
            self.line(f"{report.source:<11} {said}")

    def read_to_the_end(self) -> None:
        """Remove the bar."""
        for task in self._tasks.values():
            self._bar.remove_task(task)
        self._tasks.clear()


def printable(text: str) -> str:
    """Return the text with control characters and direction overrides replaced.

    The result cannot steer a terminal.
    """
    return STEERING.sub("\N{REPLACEMENT CHARACTER}", text)
