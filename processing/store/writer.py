"""What the workers write: posts, their counts and the collectors' progress. Each write may be repeated.

Counts are never incremented. After posts are written, the minutes that they touched are counted again from
the posts themselves, with a version taken before the read: a recount that began after all writes beats every
other (`processing.store.versions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ingest.contract import Progress
from ingest.event_time import EARLIEST, LATEST, EventTime, event_time
from processing.contract import TaggedPost
from processing.store.client import Store
from processing.store.deletions import MINUTES_AT_ONCE, milliseconds, redact_deleted, seconds
from processing.store.pseudonyms import PLAIN, AuthorNames
from processing.store.statements import portions, sql
from processing.store.versions import moment_of, overtaken, take_version

POST_COLUMNS = (
    "source",
    "id",
    "created_at",
    "clock_replaced",
    "seen_at",
    "language",
    "confidence",
    "topics",
    "rules",
    "text",
    "url",
    "author",
    "langs",
    "links",
    "hashtags",
    "reply_to",
    "repost_of",
    "likes",
    "replies",
    "reposts",
    "backfill",
    "deleted",
    "version",
)


class StoredBefore(NamedTuple):
    """What a post keeps when it is written again: when its retention began, and whose clock it is placed by."""

    stored_at: datetime
    clock_replaced: bool


RECOUNT = sql("recount")


def minute_of(moment: datetime) -> datetime:
    """The start of its minute."""
    return moment.replace(second=0, microsecond=0)


def _row(tagged: TaggedPost, time: EventTime, names: AuthorNames) -> tuple[object, ...]:
    post = tagged.post
    # A clock that cannot be right would also win against every later edit.
    seen_at = time.at if post.seen_at is None or post.seen_at > LATEST else post.seen_at
    on_topic = bool(tagged.topics)
    return (
        post.source,
        post.id,
        time.at,
        time.replaced,
        seen_at,
        tagged.language,
        tagged.confidence,
        tagged.topics,
        tagged.rules,
        # A post off the subject is kept for its place in the conversation, not for what it says.
        post.text if on_topic else "",
        (post.url or "") if on_topic else "",
        names.stored(post.source, post.author or ""),
        post.langs if on_topic else (),
        post.links if on_topic else (),
        post.hashtags if on_topic else (),
        (post.reply_to or "") if on_topic else "",
        (post.repost_of or "") if on_topic else "",
        post.likes if on_topic else None,
        post.replies if on_topic else None,
        post.reposts if on_topic else None,
        post.backfill,
        False,
        milliseconds(seen_at),
    )


def write_posts(
    store: Store,
    batch: Sequence[TaggedPost],
    names: AuthorNames = PLAIN,
    before: Sequence[StoredBefore] | None = None,
) -> set[datetime]:
    """Write tagged posts, blank those of them that were deleted before, and return the minutes that they touch.

    `before`, of each post, is for those that were stored already.
    """
    minutes = insert_posts(store, batch, names, before)
    redact_deleted(store, minutes)
    return minutes


def insert_posts(
    store: Store,
    batch: Sequence[TaggedPost],
    names: AuthorNames = PLAIN,
    before: Sequence[StoredBefore] | None = None,
) -> set[datetime]:
    """The first half of `write_posts`: whoever writes posts has to look for tombstones behind it."""
    times = [event_time(tagged.post) for tagged in batch]
    if before is not None:
        times = [EventTime(time.at, each.clock_replaced) for time, each in zip(times, before, strict=True)]
    rows = [_row(tagged, time, names) for tagged, time in zip(batch, times, strict=True)]
    if rows:
        columns, data = list(POST_COLUMNS), list(zip(*rows, strict=True))
        if before is not None:
            columns, data = [*columns, "stored_at"], [*data, tuple(each.stored_at for each in before)]
        store.insert("post_versions", columns, data)
    return {minute_of(time.at) for time in times}


def recount(store: Store, minutes: set[datetime]) -> None:
    """Count these minutes again, every topic, language and source of them.

    The version is taken by statements of its own: within the recount, the engine may look at the posts before it looks
    at the clock, and a write between the two would be missed by the recount with the highest version.
    """
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        while overtaken(store, _recount(store, some)):
            pass  # hours may have been summed up without it, as if it were long done: it is to be seen as a new one


def _recount(store: Store, minutes: Sequence[datetime]) -> int:
    version = take_version(store)
    store.command(RECOUNT, {"minutes": seconds(minutes), "version": version})
    return version


PROGRESS_COLUMNS = (
    "source",
    "since",
    "partitions",
    "until",
    "complete",
    "idle",
    "silent_after",
    "state",
    "detail",
    "events",
    "posts",
    "rejected",
    "reconnects",
    "last_event",
    "last_post",
)
"""Fields of `Progress` that are stored under their own names, beside the partition where each was read."""


def write_progress(store: Store, reports: Sequence[tuple[int, Progress]]) -> None:
    """Note how far collectors have come and how they are, in the partitions where that was read: each one's newest."""
    newest = {(partition, report.source, report.since): report for partition, report in reports}
    if not newest:
        return
    at = moment_of(take_version(store))
    rows = [
        [partition, at, *(_within_reach(getattr(report, column)) for column in PROGRESS_COLUMNS)]
        for (partition, _, _), report in newest.items()
    ]
    store.insert("source_health_versions", ("partition", "at", *PROGRESS_COLUMNS), list(zip(*rows, strict=True)))


def _within_reach(value: object) -> object:
    """Times as the store can hold them: an archive's last post may claim the year 9999."""
    return min(max(value, EARLIEST), LATEST) if isinstance(value, datetime) else value
