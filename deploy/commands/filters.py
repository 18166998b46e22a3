"""The two filters that need no service."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import enricher, settings
from deploy.filters import detect_file, explain_file, tag_file
from processing.detection.csv import Reading
from processing.detection.csv_row import read_time
from processing.detection.policy import DetectorPolicy


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
    absent_is_zero: Annotated[
        bool, typer.Option("--absent-is-zero", help="A bin without a row had no posts; else it is unknown.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(metavar="TIMESTAMP", help="Print how the row of this moment came about, and nothing else."),
    ] = None,
) -> None:
    """Add expected, score, state and the window that spoke to a CSV of counts, row by row; needs no service."""
    try:
        policy = None if bin_minutes is None else DetectorPolicy.for_bins(timedelta(minutes=bin_minutes))
        reading = Reading(policy=policy, silent_before=silent_before, share=share, absent_is_zero=absent_is_zero)
        status = detect_file(path, reading) if explain is None else explain_file(path, read_time(explain), reading)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(status)
