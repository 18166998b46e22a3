"""This module decides whether an archive is finished: every post is counted, every bin is scored, and people know."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.kafka import ConsumerGroup
from processing import queries
from processing.detection.bins import end_of_bin
from processing.queries import Coverage


@dataclass(frozen=True)
class DrainState:
    """The progress of the counting, of the watch and of the dispatcher. `lag` is the number of unread Kafka records.

    `untold` is whether a channel that works has not been told yet of something that is due.
    """

    lag: int
    coverage: tuple[Coverage, ...]
    scored_until: datetime | None
    untold: bool = False


def is_complete(standing: DrainState, width: timedelta) -> bool:
    """Return whether Kafka holds no unread post, every collector is complete, and the watch has scored the last bin.

    People have been told of it too, but for a channel that fails: nobody knows for how long.
    """
    if standing.lag or standing.untold or not all(each.complete for each in standing.coverage):
        return False
    if not standing.coverage:
        return True
    last = max(each.until for each in standing.coverage)
    return standing.scored_until is not None and standing.scored_until >= end_of_bin(last, width)


def standing(group: ConsumerGroup, reader: queries.Reader, sources: Collection[str]) -> DrainState:
    """Return the progress of these collectors, read from Kafka and the store."""
    scored_until = queries.scored_until(reader)
    return DrainState(
        group.lag(),
        tuple(each for each in queries.coverage(reader) if each.source in sources),
        scored_until,
        is_untold(queries.undelivered(reader), scored_until),
    )


def is_untold(undelivered: Iterable[queries.StoredNotification], scored_until: datetime | None) -> bool:
    """Return whether something is due that was not tried yet, at a channel that has not failed to take another."""
    waiting = list(undelivered)
    failing = {each.channel for each in waiting if each.outcomes and each.outcomes[-1] != "trying"}
    due = [each for each in waiting if each.due <= max(each.at, scored_until or each.at)]
    return any(each.channel not in failing for each in due)
