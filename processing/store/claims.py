"""What the search for claims writes: the claim of each post of an incident, and that the search was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from processing.contract import ClaimRun
from processing.store.client import Store
from processing.store.versions import moment_of


class Placing(NamedTuple):
    """A post, the start of its `minute`, and the `claim` that it makes; empty where it makes none any more.

    `distance` is from the middle of the claim, in hundredths.
    """

    source: str
    id: str
    minute: datetime
    claim: str
    distance: int


def write_claims(store: Store, run: ClaimRun, placings: Sequence[Placing], version: int) -> None:
    """Write the placings that have changed, and then the search. Take `version` ahead of the reading of the posts.

    A search that is cut off between the two writes is made again.
    """
    rows = [
        (run.incident, each.source, each.id, each.minute, each.claim, each.distance, run.method, version)
        for each in placings
    ]
    if rows:
        columns = ["incident", "source", "id", "minute", "claim", "distance", "method", "version"]
        store.insert("claim_post_versions", columns, list(zip(*rows, strict=True)))
    store.insert(
        "claim_run_versions",
        [*run.__struct_fields__, "at"],
        [*([value] for value in msgspec.structs.astuple(run)), [moment_of(version)]],
    )
