"""`banwatch ingest`: one source into the log."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from deploy import stages
from deploy.commands.options import ShiftToNow, Speed, parse_speed, settings
from deploy.screen import Reading, Screen
from deploy.stages import ArchiveOptions
from ingest.run import Tally
from ingest.sources.archive import Archive

app = typer.Typer(no_args_is_help=True, help="Read one source into the log.")


class ProgressStyle(StrEnum):
    """How an ingester tells how far it is."""

    AUTO = "auto"
    JSON = "json"


@app.command("archive")
def ingest_archive(
    path: Annotated[
        Path, typer.Argument(help="Post NDJSON, plain, .gz or .zst: a file, a folder, or - for standard input.")
    ],
    speed: Speed = "max",
    shift_to_now: ShiftToNow = False,
    progress: Annotated[ProgressStyle, typer.Option(hidden=True)] = ProgressStyle.AUTO,
) -> None:
    """Read an archive, from where the last run stopped."""
    options = ArchiveOptions(path, parse_speed(speed), shift_to_now)
    if progress is ProgressStyle.JSON:
        stages.run_archive(settings(), options, lambda archive, tally: print(_as_json(archive, tally), flush=True))
        return
    with Screen(Console(stderr=True)) as screen:
        tally = stages.run_archive(settings(), options, lambda archive, tally: screen.reading(_reading(archive, tally)))
    print(f"{tally.posts:,} posts sent, {tally.rejected:,} lines rejected")


def _reading(archive: Archive, tally: Tally) -> Reading:
    total = None if archive.outline is None else archive.outline.lines
    return Reading("archive", tally.posts, tally.rejected, total)


def _as_json(archive: Archive, tally: Tally) -> str:
    return msgspec.json.encode(_reading(archive, tally)).decode()
