"""`banwatch retag`: the taxonomy has changed, and what is stored is to follow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from deploy.commands.options import enricher, settings
from deploy.local_store import store_at_hand
from deploy.writer import writer
from processing.retag import retag as retag_posts
from processing.store.client import Store


def retag(
    start: Annotated[datetime, typer.Option("--from", help="First event time, ISO 8601, in UTC.")],
    end: Annotated[datetime, typer.Option("--to", help="Event time to stop before, ISO 8601, in UTC.")],
) -> None:
    """Tag stored posts again with the taxonomy as it is now, and recount their minutes."""
    with store_at_hand(settings()) as own, Store(writer(own)) as store:
        tagger, taxonomy = enricher(own)
        done = retag_posts(store, tagger, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC), lambda _: None)
    print(f"{done.posts:,} posts tagged again with rules {taxonomy.version}, {done.changed:,} of them changed")
