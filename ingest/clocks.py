"""Clocks lie: how far an author's and a network's are believed before a post is in the log.

Where a post is counted is for `processing/event_time.py` to say; a source goes by the same rule, so that it never
tells progress that no believable post stands for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.contract import Post

AHEAD = timedelta(minutes=5)
"""How far a clock may run ahead of the one that it is held against."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def placed_at(created_at: datetime, seen_at: datetime | None) -> datetime:
    """The author's clock; the network's where the author's runs ahead of it."""
    return seen_at if seen_at is not None and is_ahead(created_at, seen_at) else created_at


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether a moment lies further ahead than clocks differ."""
    return moment - now > AHEAD


def time_of(post: Post) -> datetime:
    """When a post was written, as far as its own clocks tell."""
    return placed_at(post.created_at, post.seen_at)
