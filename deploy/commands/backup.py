"""The commands `banwatch backup` and `banwatch restore`, which save and load the whole store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.backup.restore import restore as restore_store
from deploy.backup.save import save
from deploy.commands.options import settings
from deploy.local_store import store_at_hand
from deploy.writer import writer


def backup(path: Annotated[Path, typer.Argument(help="A directory that does not exist yet.")]) -> None:
    """Write the whole store to a directory; workers may go on meanwhile."""
    with store_at_hand(settings()) as own:
        made = save(writer(own), path, print)
    print(f"{sum(made.rows().values()):,} rows in {len(made.files):,} files at {path}")


def restore(
    path: Annotated[Path, typer.Argument(help="A directory that `banwatch backup` made.")],
    replace: Annotated[bool, typer.Option("--replace", help="Drop what the database holds now.")] = False,
) -> None:
    """Load a backup into an empty database, as a whole or not at all.

    Stop every process that writes to the database first.
    """
    with store_at_hand(settings(), create=True) as own:
        found = restore_store(writer(own), path, print, replacing=replace)
    print(f"{sum(found.rows().values()):,} rows restored of {found.made_at:%Y-%m-%d %H:%M} UTC")
