"""Tag stored posts again, with today's rules, and recount the minutes they stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from processing import queries
from processing.store.client import Store
from processing.store.records import write_retag
from processing.store.writer import StoredBefore, recount, write_posts
from processing.tagging.tagger import Enricher

RETAGGED_AT_ONCE = timedelta(hours=6)
"""Event time that is read, tagged and written at once."""


DELETED_MEANWHILE = StoredBefore(datetime(1970, 1, 1, tzinfo=UTC), clock_replaced=False)
"""Of a post that was deleted while we tagged it."""


@dataclass(frozen=True, slots=True)
class Retagged:
    """What a retag did up to an event time. `off_subject` counts posts without a topic that still have their text."""

    until: datetime
    posts: int
    changed: int
    off_subject: int


def retag(
    store: Store,
    enricher: Enricher,
    start: datetime,
    end: datetime,
    tell: Callable[[Retagged], None],
    *,
    drop_texts: bool = False,
) -> Retagged:
    """Tag every post of a range that still has a text. It may be cut off and run again.

    Each stretch is noted behind its recount: a watch that runs makes its series anew from the counts when it sees that.

    Only posts whose tags change are written, with the version they have, so that an edit or a delete that comes
    meanwhile still wins. A post that is off the subject now keeps its text, so that other rules may find it again;
    with `drop_texts` its text, links and hashtags go for good.
    """
    posts = changed = off_subject = 0
    while start < end:
        until = min(end, start + RETAGGED_AT_ONCE)
        stored = queries.stored_posts(store, start, until)
        fresh = enricher.tag_many([old.post for old in stored])
        differing = [
            new
            for new, old in zip(fresh, stored, strict=True)
            if (new.language, new.topics) != (old.language, old.topics) or (drop_texts and not new.topics)
        ]
        known = stored_before(store, start, until) if differing else {}
        before = [known.get((new.post.source, new.post.id), DELETED_MEANWHILE) for new in differing]
        recount(store, write_posts(store, differing, before=before, keep_text=not drop_texts))
        if stored:  # also where none has changed: an earlier run may have been cut off ahead of this
            write_retag(store, start, until, len(stored), len(differing))
        posts, changed, start = posts + len(stored), changed + len(differing), until
        off_subject += 0 if drop_texts else sum(not new.topics for new in fresh)
        tell(Retagged(until, posts, changed, off_subject))
    return Retagged(start, posts, changed, off_subject)


def stored_before(store: Store, start: datetime, end: datetime) -> dict[tuple[str, str], StoredBefore]:
    """Of the posts of a range that still have a text, what new tags must not change: no text may last longer."""
    rows = store.query(
        """
        SELECT source, id, stored_at, clock_replaced
        FROM posts
        WHERE created_at >= {start:DateTime64(3, 'UTC')} AND created_at < {end:DateTime64(3, 'UTC')}
            AND text != '' AND NOT deleted
        """,
        {"start": start, "end": end},
    )
    return {(source, name): StoredBefore(*kept) for source, name, *kept in rows}
