"""Every write of the pipeline to ClickHouse. Each write may be repeated with the same result.

Counts are never incremented. After a write of posts, the touched minutes are counted again from the posts themselves.
The version is taken before the read, so a recount that began after all writes prevails (`processing.store.versions`).
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
    """The values that a post keeps when it is written again.

    `stored_at` is the start of its retention. `clock_replaced` says whether its time comes from another clock.
    """

    stored_at: datetime
    clock_replaced: bool


RECOUNT = sql("recount")


def minute_of(moment: datetime) -> datetime:
    """Return the start of the minute of a moment."""
    return moment.replace(second=0, microsecond=0)


def _row(tagged: TaggedPost, time: EventTime, names: AuthorNames, *, keep_text: bool) -> tuple[object, ...]:
    post = tagged.post
    # A time in the far future would also prevail over every later edit.
    seen_at = time.at if post.seen_at is None or post.seen_at > LATEST else post.seen_at
    # A post off the subject is kept for its place in the conversation, without its text.
    whole = keep_text or bool(tagged.topics)
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
        post.text if whole else "",
        (post.url or "") if whole else "",
        names.stored(post.source, post.author or ""),
        post.langs if whole else (),
        post.links if whole else (),
        post.hashtags if whole else (),
        (post.reply_to or "") if whole else "",
        (post.repost_of or "") if whole else "",
        post.likes if whole else None,
        post.replies if whole else None,
        post.reposts if whole else None,
        post.backfill,
        False,
        milliseconds(seen_at),
    )


def write_posts(
    store: Store,
    batch: Sequence[TaggedPost],
    names: AuthorNames = PLAIN,
    before: Sequence[StoredBefore] | None = None,
    *,
    keep_text: bool = False,
) -> set[datetime]:
    """Write tagged posts, blank the posts that were deleted before, and return the touched minutes.

    `before` holds the earlier values of posts that are stored already, one for each post. A post off the subject loses
    its text unless `keep_text` is true.
    """
    minutes = insert_posts(store, batch, names, before, keep_text=keep_text)
    redact_deleted(store, minutes)
    return minutes


def insert_posts(
    store: Store,
    batch: Sequence[TaggedPost],
    names: AuthorNames = PLAIN,
    before: Sequence[StoredBefore] | None = None,
    *,
    keep_text: bool = False,
) -> set[datetime]:
    """Write tagged posts and return the touched minutes.

    The caller must look for tombstones afterwards, as `write_posts` does.
    """
    times = [event_time(tagged.post) for tagged in batch]
    if before is not None:
        times = [EventTime(time.at, each.clock_replaced) for time, each in zip(times, before, strict=True)]
    rows = [_row(tagged, time, names, keep_text=keep_text) for tagged, time in zip(batch, times, strict=True)]
    if rows:
        columns, data = list(POST_COLUMNS), list(zip(*rows, strict=True))
        if before is not None:
            columns, data = [*columns, "stored_at"], [*data, tuple(each.stored_at for each in before)]
        store.insert("post_versions", columns, data)
    return {minute_of(time.at) for time in times}


def recount(store: Store, minutes: set[datetime]) -> None:
    """Count these minutes again, for every topic, language and source.

    A separate statement takes the version. Within the recount, the engine could read the posts before the clock. A
    write between the two would then be missed by the recount with the highest version.
    """
    for some in portions(sorted(minutes), MINUTES_AT_ONCE):
        while overtaken(store, _recount(store, some)):
            pass  # hours may have been summed up without this recount, so it is repeated with a newer version


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
"""Fields of `Progress` that are stored under their own names, beside the partition from which they were read."""


def write_progress(store: Store, reports: Sequence[tuple[int, Progress]]) -> None:
    """Write the newest progress of each collector in each partition.

    `reports` holds pairs of partition and progress.
    """
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
    """Return a value with times cut to the store's range, because an archive's last post may claim the year 9999."""
    return min(max(value, EARLIEST), LATEST) if isinstance(value, datetime) else value
