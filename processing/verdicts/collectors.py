"""Since when the sources of a rise are collected: what a collector that begins or stops looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from statistics import median

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

LISTENED = 4 / 7
"""A source that was collected for this share of the days that make an expectation is not new to it.

Of the seven days, less the lowest and the highest, three in five then have its posts: its arrival alone is less than
twice the expected.
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


def newcomers(
    sources: Iterable[str],
    stretches: Sequence[Coverage],
    heard: Mapping[str, datetime],
    start: datetime,
    peak: datetime,
) -> dict[str, int]:
    """The sources of a rise of which its expectation knows too little, each with the whole days that it was collected.

    They are those that were first heard of between an hour before the rise and its peak. Where the expectation is made
    of days before, they are also those that are collected for less than `LISTENED` of these days. `heard` has the first
    post of each source of which posts were counted before: a source is not new of which there are posts that its
    collector did not read, but an archive, say. A source whose collector has listened within `AWAY`, and longer ago, is
    not new either. A source without a collector of its name is read from archives: it is new if whatever covers the
    rise is. How an archive is cut into files changes nothing.
    """
    covering = {_collector(each) for each in stretches if each.since <= peak and each.until >= start}
    if not covering:
        return {}
    listened = {
        _collector(each) for each in stretches if each.since <= start - BEFOREHAND and each.until >= start - AWAY
    }
    begun = _begun(stretches, start)
    known = min(start - min(begun.values()), DAYS_BEFORE * DAY)
    found: dict[str, int] = {}
    for source in sources:
        since = begun.get(source)
        if source in heard and not _covers(stretches, source, heard[source]):
            continue
        if source not in listened:
            found |= {source: 0} if source in covering or not listened else {}
        elif known >= DAY and since is not None and since > start - LISTENED * known:
            found[source] = (start - since) // DAY
    return found


def _begun(stretches: Sequence[Coverage], start: datetime) -> dict[str, datetime]:
    """Of each collector, since when it covers what makes the expectation of a rise."""
    found: dict[str, datetime] = {}
    for each in stretches:
        if each.until >= start - DAYS_BEFORE * DAY:
            name = _collector(each)
            found[name] = min(each.since, found.get(name, each.since))
    return found


def _covers(stretches: Sequence[Coverage], source: str, at: datetime) -> bool:
    """Whether a source's own collector listened then."""
    return any(_collector(each) == source and each.since - NO_GAP <= at <= each.until for each in stretches)


def newly_covered(
    by_source: Mapping[str, int], new: Mapping[str, int], usual: Mapping[str, Mapping[int, int]]
) -> float:
    """The share of a rise's posts that the collecting of new sources explains.

    It is as much of each of the `newcomers` as it usually brings: `usual` has its posts of the same series, by days
    before. Of its own first day nothing is usual, and all of its posts count.
    """
    explained = sum(min(by_source[source], _usually(usual.get(source, {}), days)) for source, days in new.items())
    return explained / max(sum(by_source.values()), 1)


def _usually(before: Mapping[int, int], days: int) -> float:
    return median(before.get(day, 0) for day in range(1, days + 1)) if days else inf


def _collector(stretch: Coverage) -> str:
    """Who covered a stretch. Archives are one collector, of whom each file has a name of its own."""
    return _ARCHIVES if stretch.source.startswith(ARCHIVE_PREFIX) else stretch.source


def fallen_silent(stretches: Sequence[Coverage], scope: Scope) -> int:
    """Collectors that covered part of the day before and nothing since the start."""
    before = {_collector(each) for each in stretches if each.until > scope.start - DAY and each.since < scope.start}
    since = {_collector(each) for each in stretches if each.until > scope.start and each.since < scope.end}
    return len(before - since)
