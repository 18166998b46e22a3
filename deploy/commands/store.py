"""Commands that ask the store, and start the embedded one where none answers."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from deploy import stages
from deploy.commands.options import settings
from deploy.report import incident_lines
from deploy.store_at_hand import store_at_hand
from processing import queries
from processing.retag import retag as retag_posts
from processing.store.client import Store
from processing.store.migrate import migrate


class TableFormat(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"


class TextFormat(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"


def migrate_schema(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be applied.")] = False,
) -> None:
    """Bring the database to the newest schema."""
    with store_at_hand(settings()) as own:
        for migration in migrate(own.processing.clickhouse, dry_run=dry_run):
            print(f"{'would apply' if dry_run else 'applied'} {migration.name}")


def spikes(
    format: Annotated[TableFormat, typer.Option(help="`table` or `json`.")] = TableFormat.TABLE,  # noqa: A002
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
) -> None:
    """Print the incidents, with their pulses."""
    with store_at_hand(settings()) as own, queries.connect(own.reader) as store:
        incidents = queries.incidents(store, limit=limit)
    if format is TableFormat.JSON:
        print(msgspec.json.encode(incidents).decode())
    else:
        print("\n".join(incident_lines(incidents, settings())) or "No incidents.")


def retag(
    start: Annotated[datetime, typer.Option("--from", help="First event time, ISO 8601, in UTC.")],
    end: Annotated[datetime, typer.Option("--to", help="Event time to stop before, ISO 8601, in UTC.")],
) -> None:
    """Tag stored posts again with the taxonomy as it is now, and recount their minutes."""
    with store_at_hand(settings()) as own, Store(own.processing.clickhouse) as store:
        tagger, taxonomy = stages.enricher(own)
        done = retag_posts(store, tagger, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC), lambda _: None)
    print(f"{done.posts:,} posts tagged again with rules {taxonomy.version}, {done.changed:,} of them changed")
