"""When a post was written, given that clocks lie: the one rule, for sources, archives and workers.

A source that knows more than two clocks (Bluesky has a third in each record's key) decides by `can_be_right`, and says
by `Post.clock_replaced` where the author's own clock is not the one it took.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest.contract import Post

CLOCK_SKEW = timedelta(minutes=5)
"""How far a clock may run ahead of the one that it is held against before it is not believed."""

TO_COME = timedelta(days=1)
"""How far ahead of this machine's clock a time is not believed: so far, because this clock may be the wrong one."""

BACKFILL_AFTER = timedelta(hours=1)
"""What was older when it was first seen is history: it is counted and does not alert."""

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""Nothing that banwatch reads is older than the networks it reads. People import what they wrote elsewhere, with its
date."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Within what the store's times can hold."""


class Impossible(ValueError):
    """No believable time: neither the author's clock nor the network's."""


class EventTime(NamedTuple):
    """`at` in UTC; `replaced` when it is not the author's clock, because that said nothing or could not be right."""

    at: datetime
    replaced: bool


def event_time(post: Post) -> EventTime:
    """The author's clock if it can be right, else the network's.

    Deterministic in the post alone, so that a redelivery lands in the same minute.

    Raises:
        Impossible: neither clock can be right.
    """
    at, replaced = placed(post.created_at, post.seen_at)
    return EventTime(at, replaced or post.clock_replaced)


def placed(created_at: datetime, seen_at: datetime | None) -> EventTime:
    """The rule of `event_time`, of the two clocks alone.

    Raises:
        Impossible: neither clock can be right.
    """
    if can_be_right(created_at, seen_at):
        return EventTime(created_at.astimezone(UTC), replaced=False)
    if seen_at is None or not EARLIEST <= seen_at <= LATEST:
        raise Impossible(f"created_at {created_at.isoformat()} cannot be right and seen_at is no help.")
    return EventTime(seen_at.astimezone(UTC), replaced=True)


def can_be_right(created_at: datetime, seen_at: datetime | None) -> bool:
    """Whether a clock can be right, held against the network's."""
    # Compared before it is added to: no clock may run past the last time that there is.
    latest = LATEST if seen_at is None or seen_at > LATEST - CLOCK_SKEW else seen_at + CLOCK_SKEW
    return EARLIEST <= created_at <= latest


def time_of(post: Post) -> datetime | None:
    """Where a post is placed; None where neither clock can be right."""
    try:
        return event_time(post).at
    except Impossible:
        return None


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether a moment lies further ahead than clocks differ."""
    return moment - now > CLOCK_SKEW


def is_to_come(moment: datetime, now: datetime) -> bool:
    """Whether a time is not believed, held against this machine's clock."""
    return moment - now > TO_COME


def is_backfill(created_at: datetime, seen_at: datetime) -> bool:
    """Whether what was first seen at `seen_at` was old by then: such posts are counted and do not alert."""
    return created_at < seen_at - BACKFILL_AFTER
