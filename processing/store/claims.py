"""What the search for claims writes: the claim of each post of an incident, and that the search was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from processing.store.client import Store
from processing.store.versions import moment_of
from processing.store.writer import minute_of


class Placing(NamedTuple):
    """A post and the `claim` that it makes; empty where it makes none any more. `rank` counts from the middle."""

    source: str
    id: str
    created_at: datetime
    claim: str
    rank: int


@dataclass(frozen=True, kw_only=True)
class ClaimRun:
    """A search for the claims of an incident, as it stands in `claim_runs`."""

    incident: str
    method: str
    until: datetime
    posts: int
    compared: int
    last: bool


def write_claims(store: Store, run: ClaimRun, placings: Sequence[Placing], version: int) -> None:
    """Write the placings that have changed, and then the search. Take `version` ahead of the reading of the posts.

    A search that is cut off between the two writes is made again.
    """
    rows = [
        (run.incident, each.source, each.id, minute_of(each.created_at), each.claim, each.rank, run.method, version)
        for each in placings
    ]
    if rows:
        columns = ["incident", "source", "id", "minute", "claim", "rank", "method", "version"]
        store.insert("claim_post_versions", columns, list(zip(*rows, strict=True)))
    store.insert(
        "claim_run_versions",
        ["incident", "method", "until", "posts", "compared", "last", "at"],
        [[run.incident], [run.method], [run.until], [run.posts], [run.compared], [run.last], [moment_of(version)]],
    )
