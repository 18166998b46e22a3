"""What is counted of the series under watch: bin by bin, of a bin that is still open, and of the past."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import accumulate

from processing import queries
from processing.detection.bins import bins, start_of_bin
from processing.detection.previous.series_set import NOTHING, Key, Observation
from processing.queries import Coverage, Reader
from processing.queries.coverage import is_covered

Counted = dict[Key, Observation]

HISTORY = timedelta(days=35)
"""What a series that comes under watch is shown of its past."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Observed:
    """The counts in the store, in bins of one width. `roots` names the topics that are watched, as they are now."""

    store: Reader
    roots: Callable[[], Mapping[str, str]]
    width: timedelta

    def between(self, begin: datetime, end: datetime) -> dict[datetime, Counted]:
        """The series of every bin that have any post."""
        return self._binned(begin, end, self.width)

    def next_counted(self, begin: datetime, end: datetime) -> datetime | None:
        """The first bin between two in which anything was counted that is watched; None where nothing was."""
        first = queries.first_counted(self.store, self.roots(), begin, end)
        return None if first is None else start_of_bin(first, self.width)

    def so_far(self, start: datetime) -> list[Counted]:
        """What a bin held at the end of each of its minutes but the last."""
        counted = self._binned(start, start + self.width, MINUTE)
        minutes = (counted.get(minute, {}) for minute in bins(start, start + self.width, MINUTE))
        return list(accumulate(minutes, together))[:-1]

    def open_bin(self, start: datetime) -> tuple[Counted, datetime]:
        """What has come of a bin so far, and the end of its newest minute in which anything has come.

        Posts are counted before their progress.
        """
        counted = self._binned(start, start + self.width, MINUTE)
        return reduce(together, counted.values(), {}), max((minute + MINUTE for minute in counted), default=start)

    def _binned(self, begin: datetime, end: datetime, width: timedelta) -> dict[datetime, Counted]:
        """Of every bin in which anything has come, the series that are watched."""
        observed: dict[datetime, Counted] = {}
        watched = self.roots()
        for count in queries.binned_counts(self.store, begin, end, width):
            seen = observed.setdefault(count.start, {})
            if count.topic in watched:
                seen[Key(count.topic, count.language)] = Observation(count.posts, count.backfilled)
        return observed

    def history(
        self, key: Key, *, coverage: Sequence[Coverage], end: datetime
    ) -> Iterator[tuple[datetime, Observation | None]]:
        """Every bin of a series up to then, five weeks at most; None where nobody listened."""
        begin = max(end - HISTORY, min(start_of_bin(each.since, self.width) for each in coverage))
        series = queries.series(self.store, begin, end, self.width, topic=key.topic, language=key.language)
        posts = {count.start: count for count in series}
        for start in bins(begin, end, self.width):
            count = posts.get(start)
            if count is not None:
                yield start, Observation(count.posts, count.backfilled)
            else:
                yield start, NOTHING if is_covered(coverage, start, self.width) else None


def together(seen: Counted, more: Counted) -> Counted:
    """What two parts of a bin make."""
    return seen | {key: _sum(seen.get(key, NOTHING), observation) for key, observation in more.items()}


def _sum(one: Observation, other: Observation) -> Observation:
    return Observation(one.posts + other.posts, one.backfilled + other.backfilled)
