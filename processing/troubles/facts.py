"""What the store knows of banwatch itself, as conditions need it."""

from __future__ import annotations

from datetime import datetime, timedelta

from processing import queries
from processing.queries import DiskSpace, Reader
from processing.store.client import StoreRefused
from processing.troubles.conditions import Facts

HOUR = timedelta(hours=1)


def own_facts(reader: Reader, now: datetime) -> Facts:
    """Return what the store knows, but for the messages that wait. `now` is the wall clock.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses a query.
    """
    watch, coverage = queries.watch_report(reader), queries.coverage(reader)
    return Facts(
        coverage=coverage,
        health=queries.health(reader),
        counted_until=max((each.until for each in coverage), default=None),
        scored_until=None if watch is None else watch.scored_until,
        watch_heard_at=None if watch is None else watch.heard_at,
        disks=_disks(reader),
        rejected=queries.rejected_shares(reader, now - HOUR, now),
        broker=queries.broker_memory(reader),
        attempts=queries.last_attempts(reader),
    )


def _disks(reader: Reader) -> tuple[DiskSpace, ...]:
    """Return the disks; none where the user may not see them, which the page Health says."""
    try:
        return queries.disk_space(reader)
    except StoreRefused:  # the user lacks a grant, which `banwatch doctor` names; the rest is still to be known
        return ()
