"""Since when the sources of a rise are collected: what a collector that begins or stops looks like."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract import ARCHIVE_PREFIX
from processing.coverage import Coverage
from processing.queries.scopes import Scope, merged
from processing.verdicts.reference import BEFOREHAND, DAYS_BEFORE

DAY = timedelta(days=1)

AWAY = timedelta(days=3)
"""A source that was heard of so lately, an hour or more before a rise, is not new to it.

Of the seven days that make an expectation, less the lowest and the highest, two in five then lack its posts: its
return alone is less than twice the expected.
"""

NO_GAP = timedelta(hours=1)
"""Between two stretches of coverage, as between the last post of one archive and the first of the next."""

_ARCHIVES = "archive"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What rises are judged by beside their posts.

    `now` is event time, `stretches` what the collectors have covered, `roots` the root of each topic.
    """

    now: datetime
    stretches: Sequence[Coverage]
    roots: Mapping[str, str]


def days_covered(stretches: Sequence[Coverage], scope: Scope) -> list[int]:
    """The days before on which collectors covered the scope's hours."""
    covered = list(merged((each.since, each.until + NO_GAP) for each in stretches))
    return [
        day
        for day in range(1, DAYS_BEFORE + 1)
        if any(since <= scope.start - day * DAY and until >= scope.end - day * DAY for since, until in covered)
    ]


def newly_covered(
    by_source: Mapping[str, int],
    stretches: Sequence[Coverage],
    heard: Collection[str],
    start: datetime,
    peak: datetime,
) -> float:
    """The share of a rise's posts from sources that were first heard of between an hour before it and its peak.

    A source is not new that is among `heard`, of which posts were counted before, or whose collector had listened
    within the three days before. A source without a collector of its name is read from archives: it is new if whatever
    covers the rise is. How an archive is cut into files changes nothing.
    """
    covering = {_collector(each) for each in stretches if each.since <= peak and each.until >= start}
    if not covering:
        return 0.0
    known = {_collector(each) for each in stretches if each.since <= start - BEFOREHAND and each.until >= start - AWAY}
    new = {source for source in by_source if source not in {*known, *heard} and (source in covering or not known)}
    return sum(by_source[source] for source in new) / max(sum(by_source.values()), 1)


def _collector(stretch: Coverage) -> str:
    """Who covered a stretch. Archives are one collector, of whom each file has a name of its own."""
    return _ARCHIVES if stretch.source.startswith(ARCHIVE_PREFIX) else stretch.source


def fallen_silent(stretches: Sequence[Coverage], scope: Scope) -> int:
    """Collectors that covered part of the day before and nothing since the start."""
    before = {_collector(each) for each in stretches if each.until > scope.start - DAY and each.since < scope.start}
    since = {_collector(each) for each in stretches if each.until > scope.start and each.since < scope.end}
    return len(before - since)
