"""`banwatch ingest NAME` for each live source, made of its settings, and `banwatch ingest --list`."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from rich import box
from rich.console import Console
from rich.table import Table

from deploy.commands.options import settings
from deploy.processes.source import run_live
from deploy.source_options import default_of, option, variable
from deploy.terminal.progress import Screen, SourceProgress
from ingest.progress import CollectorStats
from ingest.source import About, SourceKind
from ingest.sources import SOURCES

ARCHIVE = About(
    network="posts in files",
    needs="a file, a folder or standard input",
    history="whatever the files hold",
    july_2020=True,
    deletes="as the files tell of them",
)

METAVARS: dict[object, str] = {
    bool: "true|false",
    float: "NUMBER",
    int: "NUMBER",
    Path: "PATH",
    SecretStr: "SECRET",
    timedelta: "SECONDS",
}


class ProgressStyle(StrEnum):
    """How an ingester tells how far it is."""

    AUTO = "auto"
    JSON = "json"


def add_live_sources(app: typer.Typer) -> None:
    """Give every registered source its command."""
    for name, kind in SOURCES.items():
        app.command(name, help=_help(kind.source.about))(_command(name, kind))


def _help(about: About) -> str:
    needs = f"Needs {about.needs}. " if about.needs else "Needs no key. "
    return f"Read {about.network}, from where the last run stopped. {needs}Goes back to: {about.history}."


def _command(name: str, kind: SourceKind) -> Callable[..., None]:
    """A function with one parameter a setting: its signature is what typer makes the options of."""

    def ingest(progress: ProgressStyle, **given: str | None) -> None:
        read_live(name, {field: value for field, value in given.items() if value is not None}, progress)

    hidden = inspect.Parameter(
        "progress",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[ProgressStyle, typer.Option(hidden=True)],
        default=ProgressStyle.AUTO,
    )
    shown = [_parameter(name, field, info) for field, info in kind.settings.model_fields.items()]
    ingest.__signature__ = inspect.Signature([*shown, hidden], return_annotation=None)  # type: ignore[attr-defined]
    ingest.__annotations__ = {}
    return ingest


def _parameter(name: str, field: str, info: FieldInfo) -> inspect.Parameter:
    shown = typer.Option(
        option(field),
        help=f"{info.description}.",
        envvar=variable(name, field),
        metavar=_metavar(info.annotation),
        show_default=default_of(info),
    )
    return inspect.Parameter(
        field, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str | None, shown], default=None
    )


def _metavar(annotation: Any) -> str:
    plain = next((each for each in typing.get_args(annotation) if each in METAVARS), annotation)
    if typing.get_origin(annotation) is tuple:
        return "A,B,..."
    return METAVARS.get(plain, "TEXT")


def read_live(name: str, given: dict[str, str], progress: ProgressStyle) -> None:
    """Read a source until a signal, and tell how far it is."""
    if progress is ProgressStyle.JSON:
        run_live(settings(), name, given, lambda tally: print(as_json(_reading(name, tally)), flush=True))
        return
    with Screen(Console(stderr=True)) as screen:
        tally = run_live(settings(), name, given, lambda tally: screen.reading(_reading(name, tally)))
    print(f"{tally.posts:,} posts sent, {tally.rejected:,} rejected")


def as_json(reading: SourceProgress) -> str:
    """One line for the process that started this one."""
    return msgspec.json.encode(reading).decode()


def _reading(name: str, tally: CollectorStats) -> SourceProgress:
    return SourceProgress(name, tally.posts, tally.rejected, None, tally.events, tally.state, tally.word)


def print_sources() -> None:
    """Which sources there are, what each needs and how far back it goes."""
    table = Table(box=box.SIMPLE)
    for column in ("source", "reads", "needs", "goes back to", "July 2020", "deletes"):
        table.add_column(column, overflow="fold")
    abouts = {"archive": ARCHIVE} | {name: kind.source.about for name, kind in SOURCES.items()}
    for name, about in abouts.items():
        table.add_row(
            name,
            about.network,
            about.needs or "nothing",
            about.history,
            "yes" if about.july_2020 else "no",
            about.deletes,
        )
    Console().print(table)
