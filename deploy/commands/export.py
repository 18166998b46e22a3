"""`banwatch export` and `banwatch verify`: an incident as a file with its proof, and the check of such a file."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from deploy.commands.explain import NoSuchIncident
from deploy.commands.options import settings
from deploy.local_store import store_at_hand
from deploy.terminal.progress import printable
from deploy.versions import versions
from ingest.errors import Failure
from processing import export as exports
from processing import queries
from processing.tagging.topics import load_taxonomy

_UNUSUAL_IN_A_NAME = re.compile(r"[^\w.-]", re.ASCII)


class NotAsExported(Failure):
    """A file is no export, or is not as it was exported."""


def export(
    incident: Annotated[str, typer.Argument(help="Its id, as `banwatch spikes` prints it.")],
    texts: Annotated[bool, typer.Option("--texts", help="Also the texts of the posts that are not deleted.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; else INCIDENT.zip here.")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%SZ"],
            metavar="MOMENT",
            help="The moment of the export to write into it, UTC, such as 2020-07-11T08:00:00Z; else now.",
        ),
    ] = None,
) -> None:
    """Write an incident with its proof into a zip: ids and hashes of posts, counts, verdict, SQL and versions.

    The same incident and the same moment give the same bytes. docs/evidence.md says what is in it.
    """
    own = settings()
    made = versions(own.topics_files, load_taxonomy(*own.topics_files))
    with store_at_hand(own) as at_hand, queries.connect(at_hand.reader) as reader:
        found = queries.incident(reader, incident)
        if found is None:
            raise NoSuchIncident(f"There is no incident {incident!r}. `banwatch spikes` prints those that there are.")
        path = output or Path(f"{_UNUSUAL_IN_A_NAME.sub('-', found.id)}.zip")
        with _replaced(path) as file:
            summary = exports.export(
                reader,
                found,
                file,
                scored_until=queries.scored_until(reader) or found.detected_at,
                versions=made,
                at=at.replace(tzinfo=UTC) if at else datetime.now(UTC),
                with_texts=texts,
            )
    print(printable(f"{path}: {summary.files} files, {summary.posts:,} posts, {summary.texts:,} texts."))


def verify(file: Annotated[Path, typer.Argument(help="A zip that `banwatch export` or the page has made.")]) -> None:
    """Check an export: its manifest, every hash, its metadata and, if the texts are there, each text.

    Prints a line for each fault, and ends with status 1 if there is one. The file may be hostile.
    """
    found = exports.verify(file)
    if found.faults:
        print("\n".join(printable(fault) for fault in found.faults))
        raise NotAsExported(f"{file} is not as it was exported.")
    print(printable(f"{file} is whole: {found.files} files, {found.posts:,} posts, {found.texts:,} texts."))


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes the path once it is whole. After a failure the path is as it was."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
