"""Event time: the one rule for a post's time, although clocks can be wrong. Sources, archives and workers use it.

A source that knows more than two clocks chooses by `can_be_right`; Bluesky has a third clock in each record's key. Such
a source sets `Post.clock_replaced` if it did not use the author's own clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest.contract import Post

CLOCK_SKEW = timedelta(minutes=5)
"""The most by which a clock may be ahead of the clock that it is compared with."""

TO_COME = timedelta(days=1)
"""The most by which a time may be ahead of this machine's clock. The limit is wide because this clock may be wrong."""

BACKFILL_AFTER = timedelta(hours=1)
"""A post that was older than this when it was first seen is history: it is counted and does not alert."""

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""The earliest time of a post. No network is older, but people import texts with the dates of another place."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""The latest time of a post, within the range of the store's times."""


_LATEST_SEEN = LATEST - CLOCK_SKEW


class Impossible(ValueError):
    """Neither the author's clock nor the network's gives a possible time."""


class EventTime(NamedTuple):
    """A time in UTC.

    `replaced` is true if the time does not come from the author's clock, which was missing or impossible.
    """

    at: datetime
    replaced: bool


def event_time(post: Post) -> EventTime:
    """Return the time of the author's clock if it is possible, else the time of the network's clock.

    The result depends on the post alone, so a redelivered post falls in the same minute.

    Raises:
        Impossible: neither clock gives a possible time.
    """
    time = placed(post.created_at, post.seen_at)
    return EventTime(time.at, replaced=True) if post.clock_replaced else time


def placed(created_at: datetime, seen_at: datetime | None) -> EventTime:
    """Return the event time for the two clocks alone, by the rule of `event_time`.

    Raises:
        Impossible: neither clock gives a possible time.
    """
    if can_be_right(created_at, seen_at):
        return EventTime(created_at.astimezone(UTC), replaced=False)
    if seen_at is None or not EARLIEST <= seen_at <= LATEST:
        raise Impossible(f"created_at {created_at.isoformat()} cannot be right and seen_at is no help.")
    return EventTime(seen_at.astimezone(UTC), replaced=True)


def can_be_right(created_at: datetime, seen_at: datetime | None) -> bool:
    """Return whether the author's clock gives a possible time, compared with the network's clock."""
    # The comparison comes before the addition, which would overflow near the last possible time.
    latest = LATEST if seen_at is None or seen_at > _LATEST_SEEN else seen_at + CLOCK_SKEW
    return EARLIEST <= created_at <= latest


def time_of(post: Post) -> datetime | None:
    """Return the event time of a post, or None if neither clock gives a possible time."""
    try:
        return event_time(post).at
    except Impossible:
        return None


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Return whether a moment is ahead of `now` by more than clocks differ."""
    return moment - now > CLOCK_SKEW


def is_to_come(moment: datetime, now: datetime) -> bool:
    """Return whether a time is too far ahead of this machine's clock to be believed."""
    return moment - now > TO_COME


def is_backfill(created_at: datetime, seen_at: datetime) -> bool:
    """Return whether a post was already old when it was first seen. Such a post is counted and does not alert."""
    return created_at < seen_at - BACKFILL_AFTER
