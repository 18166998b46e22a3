"""Take deleted text off the disk.

A deletion writes a new version of a post; the old one, with its text, stays in its part until the engine happens to
merge it, which may be never. A purge merges the months that deletions have touched. Merging a whole month took as
long as a mutation that removes single rows, and leaves fewer and smaller parts; the parts that it replaces
are unlinked a minute or two later (`old_parts_lifetime`, `max_cleanup_delay_period`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from processing.store.client import Store
from processing.store.schema import render
from processing.store.statements import sql
from processing.store.versions import moment_of, take_version

SEEN_WITHIN = timedelta(minutes=10)
"""No erasure is noted longer than this ahead of being seen; one whose note a purge may have passed is noted again."""

MONTHS_TO_PURGE = sql("months_to_purge")
LEFTOVERS = sql("leftovers")


@dataclass(frozen=True, slots=True)
class Purged:
    """A month, as 202007, and how many versions of deleted posts were taken off the disk there."""

    month: int
    posts: int


def purge(store: Store) -> tuple[Purged, ...]:
    """Purge the months where something was erased since they were last purged, and write that down.

    It may be cut off anywhere and run again, and twice at once.

    Raises:
        StoreUnavailable: not now; among others where the disk has no room to merge.
    """
    months = store.query(MONTHS_TO_PURGE, {"slack": int(SEEN_WITHIN.total_seconds())})
    return tuple(done for (month,) in months if (done := _purge_month(store, int(month))) is not None)


def _purge_month(store: Store, month: int) -> Purged | None:
    """None where there was nothing to do, or where other work on the parts left it undone: it is due again then."""
    began_at = moment_of(take_version(store))
    left = _leftovers(store, month)
    if left:
        for statement in render(f"OPTIMIZE TABLE post_versions PARTITION {month:d} FINAL", store.address.cluster):
            store.command(statement)
        if _leftovers(store, month):
            return None
    store.insert("purge_versions", ["month", "began_at", "posts"], [[month], [began_at], [left]])
    return Purged(month, left) if left else None


def _leftovers(store: Store, month: int) -> int:
    [(rows,)] = store.query(LEFTOVERS, {"month": month})
    return int(rows)
