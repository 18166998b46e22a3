"""How an archive is played, for `ingest archive` and `up`."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.sources.archive.table import columns_from


def parse_speed(text: str) -> float | None:
    """`max`, or how many times faster than the clock events are played."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise typer.BadParameter(
            f"{text!r} is no speed: say `max`, or how many times faster than the clock, such as 60."
        )
    return speed


def checked_columns(given: str | None) -> str | None:
    """The mapping of a table's columns, found to be one before anything is started.

    Raises:
        Misconfigured: with what is wrong.
    """
    if given is not None:
        columns_from(given)
    return given


Speed = Annotated[str, typer.Option(help="Event time over wall time, such as 60, or `max`.")]
Columns = Annotated[
    str | None,
    typer.Option(help="Of a CSV, which columns hold what: text=body,created_at=date,source==forum."),
]
ShiftToNow = Annotated[bool, typer.Option("--shift-to-now", help="Move the archive's times so that it ends now.")]
