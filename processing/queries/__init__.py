"""Every read of the store, as a named function with bound parameters. The dashboard uses this package too.

Times are timezone-aware and in UTC. A range includes its first moment and excludes its last.
"""

from processing.contract import BinCount
from processing.coverage import Coverage
from processing.queries.adhoc import (
    AdHocQuery,
    Cancelled,
    Place,
    ReaderLimits,
    Vocabulary,
    adhoc_address,
    place_of,
    reader_limits,
    vocabulary,
)
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
from processing.queries.scopes import Scope, leading_series
from processing.queries.search import (
    MOST_FOUND,
    PATIENCE,
    CountedTime,
    Matches,
    PostKey,
    PostSearch,
    hours_of,
    most_shared,
    newest_matching,
    newest_with_words,
    posts_with_keys,
)
from processing.queries.statement import Statement
from processing.queries.table import Column, Kind, Table
from processing.queries.text_pattern import LONGEST_SEARCH
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
from processing.store.client import StoreDamaged, StoreFailure, StoreRefused, StoreUnavailable

__all__ = [
    "LONGEST_SEARCH",
    "MOST_FOUND",
    "PATIENCE",
    "AdHocQuery",
    "Arrival",
    "BinCount",
    "BinPosts",
    "Cancelled",
    "ChannelAttempt",
    "ChannelRecord",
    "Column",
    "Conversation",
    "CountedTime",
    "Coverage",
    "Delivery",
    "FailureReport",
    "Health",
    "Kind",
    "KnownBefore",
    "Matches",
    "Place",
    "PostKey",
    "PostSearch",
    "Presence",
    "Reader",
    "ReaderLimits",
    "Scope",
    "Statement",
    "StoreDamaged",
    "StoreFailure",
    "StoreRefused",
    "StoreUnavailable",
    "StoredNotification",
    "StoredPost",
    "Table",
    "Vocabulary",
    "adhoc_address",
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
    "hours_of",
    "incident",
    "incidents",
    "incidents_named",
    "known_before",
    "last_attempts",
    "leading_series",
    "minute_counts",
    "most_shared",
    "newest_matching",
    "newest_posts",
    "newest_with_words",
    "place_of",
    "posts_over_time",
    "posts_with_keys",
    "presence",
    "queue_mark",
    "reader_limits",
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
    "vocabulary",
]
