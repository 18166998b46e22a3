"""Removal of deleted text from the disk.

A deletion writes a new version of a post. The old version, with its text, stays in its part until the engine merges the
part, which may never happen. A purge merges the months with deletions. In a measurement, merging a whole month took as
long as a mutation that removes single rows, and left fewer and smaller parts. The engine unlinks the replaced parts a
minute or two later (`old_parts_lifetime`, `max_cleanup_delay_period`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from processing.store.client import Store, StoreRefused
from processing.store.statements import sql
from processing.store.versions import moment_of, take_version

SEEN_WITHIN = timedelta(minutes=10)
"""The longest time until the note of an erasure is visible. A note that a purge may have passed is repeated."""

CANNOT_ASSIGN_OPTIMIZE = 388

log = structlog.get_logger()

MONTHS_TO_PURGE = sql("months_to_purge")
LEFTOVERS = sql("leftovers")


@dataclass(frozen=True, slots=True)
class Purged:
    """A month, as 202007, and the number of deleted posts' versions that were removed from the disk."""

    month: int
    posts: int


def purge(store: Store) -> tuple[Purged, ...]:
    """Purge the months with an erasure since their last purge, record that, and return the purged months.

    The function may be interrupted at any point and repeated, and may run twice at once.

    Raises:
        StoreUnavailable: the store is unavailable, or its disk has no room for the merge.
    """
    months = store.query(MONTHS_TO_PURGE, {"slack": int(SEEN_WITHIN.total_seconds())})
    return tuple(done for (month,) in months if (done := _purge_month(store, int(month))) is not None)


def _purge_month(store: Store, month: int) -> Purged | None:
    """Purge one month.

    Return None if there was nothing to do, or if the engine did not merge: there may be no room, or other work on the
    parts. It is due again then.
    """
    began_at = moment_of(take_version(store))
    left = _leftovers(store, month)
    if left:
        # Without the setting, an engine that merges nothing says nothing.
        merge = f"OPTIMIZE TABLE post_versions PARTITION {month:d} FINAL SETTINGS optimize_throw_if_noop = 1"
        try:
            store.command(merge)
        except StoreRefused as refused:
            if refused.code != CANNOT_ASSIGN_OPTIMIZE:
                raise
            log.warning("deleted texts stay on the disk", month=month, posts=left, reason=refused.sentence)
            return None
        if _leftovers(store, month):
            return None
    store.insert("purge_versions", ["month", "began_at", "posts"], [[month], [began_at], [left]])
    return Purged(month, left) if left else None


def _leftovers(store: Store, month: int) -> int:
    [(rows,)] = store.query(LEFTOVERS, {"month": month})
    return int(rows)
