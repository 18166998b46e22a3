"""The two filters that need no service."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from deploy import stages
from deploy.commands.options import settings
from deploy.filters import detect_file, tag_file


def tag(
    path: Annotated[Path, typer.Argument(help="Post NDJSON, plain, .gz or .zst; - is standard input.")] = Path("-"),
) -> None:
    """Add language and topics to Post NDJSON, line by line; needs no service."""
    tagger, _ = stages.enricher(settings())
    raise typer.Exit(tag_file(path, tagger))


def detect(
    path: Annotated[Path, typer.Argument(help="CSV of timestamp,count; - is standard input.")] = Path("-"),
    bin_minutes: Annotated[
        int | None, typer.Option("--bin", min=1, help="Width of the bins in minutes; else inferred.")
    ] = None,
    silent_before: Annotated[
        bool, typer.Option("--silent-before", help="The series is known to have been empty for two days before.")
    ] = False,
) -> None:
    """Add expected, score and state to a CSV of counts, row by row; needs no service."""
    width = None if bin_minutes is None else timedelta(minutes=bin_minutes)
    try:
        status = detect_file(path, width, silent_before=silent_before)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(status)
