"""This module decides whether an archive is finished: every post is counted and every bin is scored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.kafka import ConsumerGroup
from processing import queries
from processing.detection.bins import end_of_bin
from processing.queries import Coverage


@dataclass(frozen=True)
class DrainState:
    """The progress of the counting and of the watch. `lag` is the number of unread Kafka records."""

    lag: int
    coverage: tuple[Coverage, ...]
    scored_until: datetime | None


def is_complete(standing: DrainState, width: timedelta) -> bool:
    """Return whether Kafka holds no unread post, every collector is complete, and the watch has scored the last bin."""
    if standing.lag or not all(each.complete for each in standing.coverage):
        return False
    if not standing.coverage:
        return True
    last = max(each.until for each in standing.coverage)
    return standing.scored_until is not None and standing.scored_until >= end_of_bin(last, width)


def standing(group: ConsumerGroup, reader: queries.Reader, sources: Collection[str]) -> DrainState:
    """Return the progress of these collectors, read from Kafka and the store."""
    return DrainState(
        group.lag(),
        tuple(each for each in queries.coverage(reader) if each.source in sources),
        queries.scored_until(reader),
    )
