"""The two filters that need no service."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import settings
from deploy.filters import detect_file, explain_file, tag_file
from deploy.tagging import enricher
from processing.detection.csv_row import read_time


def tag(
    path: Annotated[Path, typer.Argument(help="Post NDJSON, plain, .gz or .zst; - is standard input.")] = Path("-"),
) -> None:
    """Add language and topics to Post NDJSON, line by line; needs no service."""
    tagger, _ = enricher(settings())
    raise typer.Exit(tag_file(path, tagger))


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
    width = None if bin_minutes is None else timedelta(minutes=bin_minutes)
    try:
        if explain is None:
            status = detect_file(path, width, silent_before=silent_before, share=share)
        else:
            status = explain_file(path, width, read_time(explain), silent_before=silent_before, share=share)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(status)
