"""Every read of the store, as a named function with bound parameters. The dashboard uses this package too.

Times are timezone-aware and in UTC. A range includes its first moment and excludes its last.
"""

from processing.contract import BinCount
from processing.coverage import Coverage
from processing.queries.annotations import annotations, saved_queries
from processing.queries.attempts import (
    ChannelAttempt,
    FailureReport,
    KnownBefore,
    StoredNotification,
    failure_reports,
    going_on,
    held_because,
    known_before,
    last_attempts,
    queue_mark,
    root_message,
    undelivered,
)
from processing.queries.counts import binned_counts, first_counted, minute_counts, series, sources_between
from processing.queries.course import (
    Arrival,
    BinPosts,
    arrivals,
    arrivals_query,
    bins_query,
    course,
    leading_series,
)
from processing.queries.coverage import Health, coverage, health, retags, scored_until
from processing.queries.incidents import (
    incident,
    incidents,
    incidents_named,
    spikes,
)
from processing.queries.posts import StoredPost, newest_posts, stored_posts
from processing.queries.reader import Reader, connect
from processing.queries.scopes import Scope
from processing.queries.statement import Statement
from processing.queries.timeline import Presence, extent, posts_over_time, presence, topics_over_time
from processing.queries.told import (
    ChannelRecord,
    Conversation,
    Delivery,
    answer_to,
    channel_records,
    conversations,
    deliveries,
    silences,
)
from processing.store.client import StoreDamaged, StoreRefused, StoreUnavailable

__all__ = [
    "Arrival",
    "BinCount",
    "BinPosts",
    "ChannelAttempt",
    "ChannelRecord",
    "Conversation",
    "Coverage",
    "Delivery",
    "FailureReport",
    "Health",
    "KnownBefore",
    "Presence",
    "Reader",
    "Scope",
    "Statement",
    "StoreDamaged",
    "StoreRefused",
    "StoreUnavailable",
    "StoredNotification",
    "StoredPost",
    "annotations",
    "answer_to",
    "arrivals",
    "arrivals_query",
    "binned_counts",
    "bins_query",
    "channel_records",
    "connect",
    "conversations",
    "course",
    "coverage",
    "deliveries",
    "extent",
    "failure_reports",
    "first_counted",
    "going_on",
    "health",
    "held_because",
    "incident",
    "incidents",
    "incidents_named",
    "known_before",
    "last_attempts",
    "leading_series",
    "minute_counts",
    "newest_posts",
    "posts_over_time",
    "presence",
    "queue_mark",
    "retags",
    "root_message",
    "saved_queries",
    "scored_until",
    "series",
    "silences",
    "sources_between",
    "spikes",
    "stored_posts",
    "topics_over_time",
    "undelivered",
]
