"""Which minute a post belongs to, given that clocks lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest.contract import Post

AHEAD = timedelta(minutes=5)
"""How far an author's clock may run ahead of the network's before it is not believed."""

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""Nothing that banwatch reads is older than the networks it reads."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Within what the store's times can hold."""


class Impossible(ValueError):
    """No believable time: neither the author's clock nor the network's."""


class EventTime(NamedTuple):
    """`at` in UTC; `replaced` when it is the network's clock because the author's could not be right."""

    at: datetime
    replaced: bool


def event_time(post: Post) -> EventTime:
    """The author's clock if it can be right, else the network's.

    Deterministic in the post alone, so that a redelivery lands in the same minute.

    Raises:
        Impossible: neither clock can be right.
    """
    # Compared before it is added to: no clock may run past the last time that there is.
    latest = LATEST if post.seen_at is None or post.seen_at > LATEST - AHEAD else post.seen_at + AHEAD
    if EARLIEST <= post.created_at <= latest:
        return EventTime(post.created_at.astimezone(UTC), replaced=False)
    if post.seen_at is None or not EARLIEST <= post.seen_at <= LATEST:
        raise Impossible(f"created_at {post.created_at.isoformat()} cannot be right and seen_at is no help.")
    return EventTime(post.seen_at.astimezone(UTC), replaced=True)
