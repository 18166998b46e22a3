"""Whether an archive is done with: every post counted, and every bin looked at."""

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
    """How far counting and looking have come."""

    lag: int
    coverage: tuple[Coverage, ...]
    scored_until: datetime | None


def is_complete(standing: DrainState, width: timedelta) -> bool:
    """Nothing waits in Kafka, the collectors have said their last word, and the watch has passed it."""
    if standing.lag or not all(each.complete for each in standing.coverage):
        return False
    if not standing.coverage:
        return True
    last = max(each.until for each in standing.coverage)
    return standing.scored_until is not None and standing.scored_until >= end_of_bin(last, width)


def standing(group: ConsumerGroup, reader: queries.Reader, sources: Collection[str]) -> DrainState:
    """Ask Kafka and the store about these collectors."""
    return DrainState(
        group.lag(),
        tuple(each for each in queries.coverage(reader) if each.source in sources),
        queries.scored_until(reader),
    )
