"""`banwatch ingest` reads one source into Kafka. Each live source has a subcommand with one option for each setting."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from deploy.commands.options import settings
from deploy.processes.source import ArchiveOptions, run_archive, run_live
from deploy.source_options import parameters
from deploy.terminal.progress import Screen, SourceProgress
from ingest.progress import CollectorStats
from ingest.source import About
from ingest.sources import SOURCES
from ingest.sources.archive.source import Archive
from ingest.sources.archive.table import columns_from

ARCHIVE = About(
    network="posts in files",
    needs="a file, a folder or standard input",
    history="whatever the files hold",
    july_2020=True,
    deletes="as the files tell of them",
)

Speed = Annotated[str, typer.Option(help="Event time over wall time, such as 60, or `max`.")]
Columns = Annotated[
    str | None,
    typer.Option(help="Of a CSV, which columns hold what: text=body,created_at=date,source==forum."),
]
ShiftToNow = Annotated[bool, typer.Option("--shift-to-now", help="Move the archive's times so that it ends now.")]


class ProgressStyle(StrEnum):
    """How an ingester reports its progress: on a screen, or as JSON lines for the process that started the ingester."""

    AUTO = "auto"
    JSON = "json"


Style = Annotated[ProgressStyle, typer.Option(hidden=True)]
Tell = Callable[[SourceProgress], None]

app = typer.Typer(help="Read one source into Kafka.")


@app.callback(invoke_without_command=True)
def ingest(
    context: typer.Context,
    list_sources: Annotated[
        bool, typer.Option("--list", help="Print the sources, what each needs and how far back it goes.")
    ] = False,
) -> None:
    """Read one source into Kafka."""
    if list_sources:
        _print_sources()
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)


@app.command("archive")
def ingest_archive(
    path: Annotated[
        Path,
        typer.Argument(help="A file, a folder, or - for standard input; docs/sources.md lists the forms."),
    ],
    speed: Speed = "max",
    shift_to_now: ShiftToNow = False,
    columns: Columns = None,
    progress: Style = ProgressStyle.AUTO,
) -> None:
    """Read an archive, from where the last run stopped."""
    options = archive_options(path, speed, columns, shift_to_now=shift_to_now)

    def run(tell: Tell) -> CollectorStats:
        return run_archive(settings(), options, lambda archive, stats: tell(_of_archive(archive, stats)), _say)

    _told(progress, run, rejected="lines rejected")


def _say(sentence: str) -> None:
    """Print a sentence behind the totals' progress; `up` shows each line that is no progress."""
    print(sentence, flush=True)


def archive_options(path: Path, speed: str, columns: str | None, *, shift_to_now: bool) -> ArchiveOptions:
    """Return the options for playing an archive, checked before any process starts.

    Raises:
        typer.BadParameter: the speed is neither `max` nor a positive number.
        Permanent: the mapping of a table's columns is invalid.
    """
    if columns is not None:
        columns_from(columns)
    return ArchiveOptions(path, _times(speed), shift_to_now, columns)


def _times(speed: str) -> float | None:
    """Return how many times faster than the wall clock the archive plays; None means `max`."""
    if speed == "max":
        return None
    try:
        times = float(speed)
    except ValueError:
        times = 0.0
    if not 0 < times < float("inf"):
        raise typer.BadParameter(
            f"{speed!r} is no speed: say `max`, or how many times faster than the clock, such as 60."
        )
    return times


def _of_archive(archive: Archive, stats: CollectorStats) -> SourceProgress:
    total = None if archive.outline is None else archive.outline.lines
    return SourceProgress("archive", stats.posts, stats.rejected, total)


def _of_live(name: str, stats: CollectorStats) -> SourceProgress:
    return SourceProgress(name, stats.posts, stats.rejected, None, stats.events, stats.state, stats.word)


def _told(style: ProgressStyle, run: Callable[[Tell], CollectorStats], *, rejected: str) -> None:
    """Run a source, report its progress, and print its totals.

    `rejected` is the noun printed after the second total.
    """
    if style is ProgressStyle.JSON:
        run(lambda progress: print(msgspec.json.encode(progress).decode(), flush=True))
        return
    with Screen(Console(stderr=True)) as screen:
        stats = run(screen.reading)
    print(f"{stats.posts:,} posts sent, {stats.rejected:,} {rejected}")


def _command(name: str) -> Callable[..., None]:
    """Return a function with one parameter for each setting of the source. typer turns the parameters into options."""

    def live(progress: ProgressStyle, **given: str | None) -> None:
        said = {field: value for field, value in given.items() if value is not None}

        def run(tell: Tell) -> CollectorStats:
            return run_live(settings(), name, said, lambda stats: tell(_of_live(name, stats)))

        _told(progress, run, rejected="rejected")

    hidden = inspect.Parameter("progress", inspect.Parameter.KEYWORD_ONLY, annotation=Style, default=ProgressStyle.AUTO)
    live.__signature__ = inspect.Signature([*parameters(name), hidden], return_annotation=None)  # type: ignore[attr-defined]
    live.__annotations__ = {}
    return live


def _help(about: About) -> str:
    needs = f"Needs {about.needs}. " if about.needs else "Needs no key. "
    return f"Read {about.network}, from where the last run stopped. {needs}Goes back to: {about.history}."


def _print_sources() -> None:
    table = Table(box=box.SIMPLE)
    for column in ("source", "reads", "needs", "goes back to", "July 2020", "deletes"):
        table.add_column(column, overflow="fold")
    abouts = {"archive": ARCHIVE} | {name: kind.source.about for name, kind in SOURCES.items()}
    for name, about in abouts.items():
        july = "yes" if about.july_2020 else "no"
        table.add_row(name, about.network, about.needs or "nothing", about.history, july, about.deletes)
    Console().print(table)


for source, kind in SOURCES.items():
    app.command(source, help=_help(kind.source.about))(_command(source))
