"""`banwatch retag`: the taxonomy has changed, and what is stored is to follow."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
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
    yes: Annotated[bool, typer.Option("--yes", help="Drop the texts of posts of no topic; do not ask.")] = False,
) -> None:
    """Tag stored posts again with the taxonomy as it is now, and recount their minutes.

    Posts that are of no topic by these rules keep their text, unless you say that it goes for good.
    """
    with store_at_hand(settings()) as own, Store(writer(own)) as store:
        tagger, taxonomy = enricher(own)
        tag = partial(retag_posts, store, tagger, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC), lambda _: None)
        done = tag(drop_texts=yes)
        print(f"{done.posts:,} posts tagged again with rules {taxonomy.version}, {done.changed:,} of them changed")
        if done.off_subject:
            print(f"{done.off_subject:,} posts are of no topic by these rules and keep their text; --yes drops it.")
            if sys.stdin.isatty() and typer.confirm("Drop their text, links and hashtags for good?"):
                tag(drop_texts=True)
