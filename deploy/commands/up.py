"""`banwatch up` and `banwatch demo`: these commands start all processes on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.commands.ingest import Columns, ShiftToNow, Speed, archive_options
from deploy.commands.options import settings
from deploy.demo.generate import write as write_demo
from deploy.processes.signals import until_signalled
from deploy.processes.source import ArchiveOptions
from deploy.settings import Settings
from deploy.source_options import check_words, live_source, source_settings, sources_for_up
from deploy.up import UpOptions
from deploy.up import up as run_up
from ingest.sources import SOURCES
from processing.tagging.topics import load_taxonomy

Public = Annotated[bool, typer.Option("--public", help="Serve the public pages too, as BANWATCH_PUBLIC=1 does.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes that tag and count.")]


def up(
    archive: Annotated[
        Path | None, typer.Option(help="Play this file or folder of posts; - is standard input.")
    ] = None,
    speed: Speed = "max",
    shift_to_now: ShiftToNow = False,
    columns: Columns = None,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End when the archive is counted and looked at.")
    ] = False,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Do not serve the dashboard.")] = False,
    public: Public = False,
    workers: Workers = 1,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Start this live source; may be given several times. See `banwatch ingest --list`."),
    ] = None,
    no_sources: Annotated[bool, typer.Option("--no-sources", help="Start no live source.")] = False,
    alert: Annotated[bool, typer.Option("--alert", help="Tell of incidents of more than a day ago, too.")] = False,
) -> None:
    """Start everything on this machine; use the services that already answer at the configured addresses.

    Without an archive, two kinds of live source start too: those that need no setting, and those whose settings are
    set. The source gdelt starts only if one of its settings is set, because its files are a gigabyte a day.
    """
    if until_done and archive is None:
        raise typer.BadParameter("--until-done needs an --archive: live sources have no end.")
    base = settings()
    played = None if archive is None else archive_options(archive, speed, columns, shift_to_now=shift_to_now)
    sources = () if no_sources else _live_sources(base, tuple(source or ()), unasked=archive is None)
    options = UpOptions(
        played,
        sources,
        until_done=until_done,
        dashboard=not no_dashboard,
        public=public or base.public.public,
        workers=workers,
        alert=alert,
    )
    run_up(base, options, Console(), until_signalled())


def _live_sources(own: Settings, asked: tuple[str, ...], *, unasked: bool) -> tuple[str, ...]:
    """Return the live sources to start: the named sources, else the sources that `up` starts by default.

    Raises:
        typer.BadParameter: a named source does not exist.
        Misconfigured: a named source lacks a setting.
        TaxonomyError: the taxonomy is invalid.
    """
    for name in asked:
        if name not in SOURCES:
            raise typer.BadParameter(f"There is no live source {name!r}. There are: {', '.join(SOURCES)}.")
    words = load_taxonomy(*own.topics_files).sources if asked or unasked else ()
    check_words(words)
    for name in asked:
        live_source(name, source_settings(name, taxonomy=words))
    return tuple(dict.fromkeys(asked)) or (sources_for_up() if unasked else ())


def demo(
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Do not serve the dashboard.")] = False,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End when the archive is counted and looked at.")
    ] = False,
    public: Public = False,
) -> None:
    """Show July 2020 on synthetic posts, with embedded services and a data folder of the demo's own."""
    console = Console()
    base = settings()
    folder = base.demo_dir
    archive = folder / "july-2020.ndjson.zst"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        console.print(f"writing {write_demo(archive):,} synthetic posts to {archive}", highlight=False, soft_wrap=True)
    own = replace(base, ingest=base.ingest.model_copy(update={"data_dir": folder}))
    options = UpOptions(
        ArchiveOptions(archive),
        until_done=until_done,
        dashboard=not no_dashboard,
        public=public or base.public.public,
        alone=True,
        alert=True,
    )
    run_up(own, options, console, until_signalled())
