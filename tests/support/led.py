"""An incident of an hour and a half, a single claim, in which Arabic follows English by a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from msgspec.structs import replace

from ingest.contract import Progress
from processing.contract import ClaimRun
from processing.store.claims import Placing, write_claims
from processing.store.client import Store
from processing.store.records import write_incidents, write_scored_until
from processing.store.versions import take_version
from processing.store.writer import minute_of, recount, write_posts, write_progress
from tests.support import stock
from tests.support.waves import BEFORE, waves

MINUTE = timedelta(minutes=1)
TEXT = "a post"


def fill(store: Store) -> None:
    """Write the posts, the incident and its claim into an empty store."""
    counts, _ = waves(np.random.default_rng(8), (0, 15, 0), (15.0, 8.0, 0.05))
    posts = [
        stock.tagged(f"{language}{minute}-{number}", TEXT, stock.SURGE + (minute - BEFORE) * MINUTE, language)
        for language, row in zip(("en", "ar", "ko"), counts, strict=True)
        for minute, count in enumerate(row[: BEFORE + 90])
        for number in range(int(count))
    ]
    incident = replace(stock.incident(), end=stock.SURGE + 90 * MINUTE, languages=("en", "ar", "ko"), pulses=())
    written = [each.post for each in posts if each.post.created_at >= stock.SURGE]
    placings = [Placing(each.source, each.id, minute_of(each.created_at), "all", 0) for each in written]
    searched = ClaimRun(
        incident=incident.id,
        method="1",
        until=stock.END,
        posts=len(written),
        compared=len(written),
        waiting=0,
        last=True,
    )
    recount(store, write_posts(store, posts))
    write_incidents(store, [incident])
    write_claims(store, searched, placings, take_version(store))
    write_scored_until(store, stock.END)
    write_progress(store, [(0, Progress(source="archive", since=stock.START, until=stock.END, complete=True))])
