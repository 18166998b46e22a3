"""Every write of the pipeline to ClickHouse. Each write may be repeated with the same result.

Counts are never incremented. After a write of posts, the touched minutes are counted again from the posts themselves.
The version is taken before the read, so a recount that began after all writes prevails (`processing.store.versions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ingest.contract import Post, Progress
from ingest.event_time import EARLIEST, LATEST, EventTime, event_time
from processing.contract import TaggedPost
from processing.store.client import Store
from processing.store.deletions import MINUTES_AT_ONCE, as_array, milliseconds, redact_deleted
from processing.store.pseudonyms import PLAIN, AuthorNames
from processing.store.statements import portions, sql
from processing.store.versions import moment_of, overtaken, take_version

OFF_SUBJECT = Post(source="none", id="none", text="", created_at=EARLIEST)
"""What is stored of a post off the subject, beside its place in the conversation: nothing."""


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


def _columns(
    batch: Sequence[TaggedPost], times: Sequence[EventTime], names: AuthorNames, *, keep_text: bool
) -> dict[str, list[Any]]:
    """Return the columns of tagged posts. Times are milliseconds, which the driver writes faster than datetimes."""
    posts = [tagged.post for tagged in batch]
    kept = [tagged.post if keep_text or tagged.topics else OFF_SUBJECT for tagged in batch]
    created_at = [milliseconds(time.at) for time in times]
    # A time in the far future would also prevail over every later edit.
    seen_at = [
        at if post.seen_at is None or post.seen_at > LATEST else milliseconds(post.seen_at)
        for post, at in zip(posts, created_at, strict=True)
    ]
    return {
        "source": [post.source for post in posts],
        "id": [post.id for post in posts],
        "created_at": created_at,
        "clock_replaced": [time.replaced for time in times],
        "seen_at": seen_at,
        "language": [tagged.language for tagged in batch],
        "confidence": [tagged.confidence for tagged in batch],
        "topics": [tagged.topics for tagged in batch],
        "rules": [tagged.rules for tagged in batch],
        "text": [post.text for post in kept],
        "url": [post.url or "" for post in kept],
        "author": [names.stored(post.source, post.author or "") for post in posts],
        "langs": [post.langs for post in kept],
        "links": [post.links for post in kept],
        "hashtags": [post.hashtags for post in kept],
        "reply_to": [post.reply_to or "" for post in kept],
        "repost_of": [post.repost_of or "" for post in kept],
        "likes": [post.likes for post in kept],
        "replies": [post.replies for post in kept],
        "reposts": [post.reposts for post in kept],
        "backfill": [post.backfill for post in posts],
        "deleted": [False] * len(posts),
        "version": seen_at,
    }


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
    columns = _columns(batch, times, names, keep_text=keep_text)
    if before is not None:
        columns["stored_at"] = [each.stored_at for each in before]
    store.insert("post_versions", list(columns), list(columns.values()))
    return {datetime.fromtimestamp(at * 60, UTC) for at in {at // 60_000 for at in columns["created_at"]}}


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
    store.command(RECOUNT, {"minutes": as_array(minutes), "version": version})
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
