"""`banwatch ingest`: one source into Kafka."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.commands.live import ProgressStyle, add_live_sources, as_json, print_sources
from deploy.commands.options import settings
from deploy.commands.playing import Columns, ShiftToNow, Speed, checked_columns, parse_speed
from deploy.processes.source import ArchiveOptions, run_archive
from deploy.terminal.progress import Screen, SourceProgress
from ingest.progress import CollectorStats
from ingest.sources.archive.source import Archive

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
        print_sources()
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
    progress: Annotated[ProgressStyle, typer.Option(hidden=True)] = ProgressStyle.AUTO,
) -> None:
    """Read an archive, from where the last run stopped."""
    options = ArchiveOptions(path, parse_speed(speed), shift_to_now, checked_columns(columns))
    if progress is ProgressStyle.JSON:
        say = partial(print, flush=True)
        run_archive(settings(), options, lambda archive, tally: say(as_json(_reading(archive, tally))), say)
        return
    with Screen(Console(stderr=True)) as screen:
        tally = run_archive(
            settings(), options, lambda archive, tally: screen.reading(_reading(archive, tally)), screen.line
        )
    print(f"{tally.posts:,} posts sent, {tally.rejected:,} lines rejected")


def _reading(archive: Archive, tally: CollectorStats) -> SourceProgress:
    total = None if archive.outline is None else archive.outline.lines
    return SourceProgress("archive", tally.posts, tally.rejected, total)


add_live_sources(app)
