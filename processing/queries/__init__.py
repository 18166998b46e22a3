"""Every read of the store, as a named function with bound parameters. Public: the dashboard uses it too.

Times are aware and in UTC; a range takes its first moment and leaves out its last.
"""

from processing.queries.asked import Query
from processing.queries.explanation import Explanation, Part, Terms, explanation, leading_terms
from processing.queries.facts import Circumstances, facts, rest_is_known
from processing.queries.health import Health, health
from processing.queries.incidents import (
    acknowledged,
    delivered,
    incident,
    incidents,
    last_decision,
    silenced,
    spikes,
)
from processing.queries.page import Presence, extent, posts_over_time, presence, topics_over_time
from processing.queries.parts import Counted, Share, SharedPost
from processing.queries.posts import StoredPost, newest_posts, stored_posts
from processing.queries.reader import Reader, connect
from processing.queries.series import (
    BinCount,
    Coverage,
    binned_counts,
    coverage,
    first_counted,
    scored_until,
    series,
    sources_between,
    watch_state,
)
from processing.spikes.explain import Driver
from processing.spikes.verdict import Concentration
from processing.store.client import StoreDamaged, StoreRefused, StoreUnavailable

__all__ = [
    "BinCount",
    "Circumstances",
    "Concentration",
    "Counted",
    "Coverage",
    "Driver",
    "Explanation",
    "Health",
    "Part",
    "Presence",
    "Query",
    "Reader",
    "Share",
    "SharedPost",
    "StoreDamaged",
    "StoreRefused",
    "StoreUnavailable",
    "StoredPost",
    "Terms",
    "acknowledged",
    "binned_counts",
    "connect",
    "coverage",
    "delivered",
    "explanation",
    "extent",
    "facts",
    "first_counted",
    "health",
    "incident",
    "incidents",
    "last_decision",
    "leading_terms",
    "newest_posts",
    "posts_over_time",
    "presence",
    "rest_is_known",
    "scored_until",
    "series",
    "silenced",
    "sources_between",
    "spikes",
    "stored_posts",
    "topics_over_time",
    "watch_state",
]
