"""Commands that use the store. They start the embedded store if no store answers at the address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from deploy.commands.options import TableFormat, settings, show
from deploy.local_store import store_at_hand
from deploy.terminal.incidents import incident_lines
from deploy.writer import writer
from processing import queries
from processing.store.client import Store
from processing.store.deletions import DeletionTarget, delete, posts_named
from processing.store.migrate import migrate
from processing.store.migrate import status as schema_status
from processing.store.pseudonyms import AuthorNames
from processing.store.purge import purge
from processing.store.retention import apply_retention
from processing.store.versions import moment_of, next_version
from processing.store.writer import recount


def migrate_schema(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be applied.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Only tell what was applied, and when.")] = False,
) -> None:
    """Bring the database to the newest schema and retention."""
    with store_at_hand(settings(), create=not (status or dry_run)) as own:
        if status:
            for each in schema_status(writer(own)):
                when = f"applied {each.applied_at:%Y-%m-%d %H:%M:%S} UTC" if each.applied_at else "pending"
                print(f"{each.name}: {when}")
            return
        for migration in migrate(writer(own), dry_run=dry_run):
            print(f"{'would apply' if dry_run else 'applied'} {migration.name}")
        if not dry_run:
            with Store(writer(own)) as store:
                if apply_retention(store, own.processing.retention):
                    print(f"applied retention {own.processing.retention.policy}")


def spikes(
    format: Annotated[TableFormat, typer.Option(help="`table` or `json`.")] = TableFormat.TABLE,  # noqa: A002
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
) -> None:
    """Print the incidents, with their pulses."""
    with store_at_hand(settings()) as own, queries.connect(own.reader) as store:
        incidents = queries.incidents(store, limit=limit)[:limit]
    if format is TableFormat.JSON:
        show([msgspec.json.encode(incidents), b"\n"], page=False)
    else:
        print("\n".join(incident_lines(incidents, settings())) or "No incidents.")


def forget(
    author: Annotated[
        str | None, typer.Option(metavar="SOURCE:NAME", help="All that this account wrote so far.")
    ] = None,
    post: Annotated[str | None, typer.Option(metavar="SOURCE:ID", help="This post.")] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="All that this source gave so far.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove text, author and links of stored posts for good, as a deletion by their network does; counts stay.

    A removed post that is delivered again is removed again. Newer posts of the account or the source are stored.
    """
    own = settings()
    named = _named(own.processing.authors, datetime.now(UTC), author, post, source)
    with store_at_hand(own) as at_hand, Store(writer(at_hand)) as store:
        # After the clock was set back, posts stored earlier would otherwise look later than the deletion.
        named = named.reaching(moment_of(next_version(store).version))
        print(f"{posts_named(store, named):,} posts of {named.source} lose their text, author and links for good.")
        if not yes:
            typer.confirm("Forget them?", abort=True)
        recount(store, delete(store, named))
        purged = sum(each.posts for each in purge(store))
    print(f"Forgotten, and {purged:,} versions of posts taken off the disk.")


def _named(
    names: AuthorNames, now: datetime, author: str | None, post: str | None, source: str | None
) -> DeletionTarget:
    match author, post, source:
        case str(), None, None:
            network, name = _split("--author", author)
            return DeletionTarget(network, authors=dict.fromkeys(names.every(network, name), now))
        case None, str(), None:
            network, name = _split("--post", post)
            return DeletionTarget(network, [name])
        case None, None, str():
            return DeletionTarget(source, all_until=now)
        case _:
            raise typer.BadParameter("Say one of --author, --post and --source.")


def _split(option: str, value: str) -> tuple[str, str]:
    source, colon, name = value.partition(":")
    if not (source and colon and name):
        raise typer.BadParameter(f"{option} {value!r} does not name a source: say it as SOURCE:NAME.")
    return source, name
