"""Every read of the store, as a named function with bound parameters. Public: the dashboard uses it too.

Times are aware and in UTC; a range takes its first moment and leaves out its last.
"""

from processing.queries.health import Health, health
from processing.queries.incidents import acknowledged, delivered, incidents, silenced, spikes
from processing.queries.page import Presence, extent, posts_over_time, presence, topics_over_time
from processing.queries.posts import StoredPost, newest_posts, stored_posts
from processing.queries.reader import Reader, connect
from processing.queries.series import (
    BinCount,
    Coverage,
    binned_counts,
    coverage,
    scored_until,
    series,
    sources_between,
    speakers,
    watch_state,
)
from processing.store.client import StoreRefused, StoreUnavailable

__all__ = [
    "BinCount",
    "Coverage",
    "Health",
    "Presence",
    "Reader",
    "StoreRefused",
    "StoreUnavailable",
    "StoredPost",
    "acknowledged",
    "binned_counts",
    "connect",
    "coverage",
    "delivered",
    "extent",
    "health",
    "incidents",
    "newest_posts",
    "posts_over_time",
    "presence",
    "scored_until",
    "series",
    "silenced",
    "sources_between",
    "speakers",
    "spikes",
    "stored_posts",
    "topics_over_time",
    "watch_state",
]
