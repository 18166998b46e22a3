"""What a verdict needs to know of a rise: who speaks, how its posts came, and whether all else rose too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ingest.contract import ARCHIVE_PREFIX
from processing.contract import EVERYTHING, Spike
from processing.coverage import Coverage
from processing.queries.reader import Reader
from processing.queries.scopes import Scope, merged, posts_of_each, scope_of
from processing.queries.statement import Statement
from processing.verdicts.authorship import concentrations, speakers_query, texts_query
from processing.verdicts.reference import (
    BEFOREHAND,
    DAYS_BEFORE,
    IS_LATE,
    LATE_AFTER,
    heard_before,
    is_usually_replaced,
    late_share,
    rest_query,
    rest_ratio,
    usual_arrivals,
)
from processing.verdicts.verdict import Facts

DAY = timedelta(days=1)

AT_ONCE = 100
"""Spikes that one round of queries asks about."""

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


def facts(reader: Reader, spikes: Sequence[Spike], given: Circumstances) -> Iterator[Facts]:
    """Everything that `verdict` asks for, of each spike in turn: seven queries for a hundred spikes, not for each."""
    for first in range(0, len(spikes), AT_ONCE):
        yield from _facts(reader, spikes[first : first + AT_ONCE], given)


def _facts(reader: Reader, spikes: Sequence[Spike], given: Circumstances) -> Iterator[Facts]:
    scopes = [scope_of(spike, given.now) for spike in spikes]
    arrived = _arrived(reader, scopes)
    rests = _rests(reader, scopes, given.roots)
    usual = usual_arrivals(reader, {scope.start for scope in scopes})
    heard = heard_before(reader, {spike.start for spike in spikes}, AWAY)
    who = concentrations(reader, scopes, [whole_of(scope, given.roots) for scope in scopes])
    for number, (spike, scope) in enumerate(zip(spikes, scopes, strict=True)):
        by_source = _by_source(arrived[number])
        of_all = max(sum(by_source.values()), 1)
        backfilled, came_late = (sum(row[place] for row in arrived[number].values()) / of_all for place in (1, 2))
        replaced = sum(
            row[3] for source, row in arrived[number].items() if not is_usually_replaced(usual, scope.start, source)
        )
        yield Facts(
            observed=spike.observed,
            expected=spike.expected,
            concentration=who[number],
            backfilled=backfilled,
            late=came_late,
            late_before=late_share(usual, scope.start, by_source),
            clock_replaced=replaced / of_all,
            newly_covered=newly_covered(by_source, given.stretches, heard[spike.start], spike.start, spike.peak),
            rest=rest_ratio(by_source, rests[number], _days_covered(given.stretches, scope)),
            silent_collectors=_fallen_silent(given.stretches, scope),
            gone=1.0 - min(1.0, who[number].posts / max(_counted(spike, scope), 1)),
        )


def rest_is_known(reader: Reader, spikes: Sequence[Spike], given: Circumstances) -> Iterator[bool]:
    """Of each spike, whether enough of all else is known to say that it rose too; see `Facts.rest`."""
    for first in range(0, len(spikes), AT_ONCE):
        scopes = [scope_of(spike, given.now) for spike in spikes[first : first + AT_ONCE]]
        arrived, rests = _arrived(reader, scopes), _rests(reader, scopes, given.roots)
        for number, scope in enumerate(scopes):
            days = _days_covered(given.stretches, scope)
            yield rest_ratio(_by_source(arrived[number]), rests[number], days) is not None


def _by_source(arrived: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    return {source: posts for source, (posts, *_) in arrived.items()}


def _counted(spike: Spike, scope: Scope) -> int:
    """Of the posts of a spike, those in the scope; of one that is longer, too little is known: none."""
    whole = scope.start == spike.start and (spike.end is None or scope.end == spike.end)
    return spike.observed if whole else 0


def _of_subject(scope: Scope, root: str) -> Scope:
    """All else is what is not of the root topic: a sub-topic does not rise with the collector but with its subject."""
    return msgspec.structs.replace(scope, topic=root)


def whole_of(scope: Scope, roots: Mapping[str, str]) -> Scope:
    """What a scope is part of: its root topic in all languages."""
    return msgspec.structs.replace(scope, topic=roots.get(scope.topic, scope.topic), language=EVERYTHING)


def _arrived(reader: Reader, scopes: Sequence[Scope]) -> defaultdict[int, dict[str, tuple[int, ...]]]:
    """By scope and source: posts, and of them those that are backfill, that came late, and whose clock was replaced."""
    found: defaultdict[int, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for number, source, *figures in arrival_query(scopes).rows(reader):
        found[number][source] = tuple(figures)
    return found


def arrival_query(scopes: Sequence[Scope]) -> Statement:
    """By scope and source: posts, backfill among them, late ones, ones whose clock was replaced."""
    source, parameters = posts_of_each(scopes)
    return Statement(
        f"""
        SELECT
            scope.number AS number, source, count() AS posts, countIf(backfill) AS backfilled,
            countIf({IS_LATE}) AS late, countIf(clock_replaced) AS clock_replaced
        FROM {source}
        GROUP BY number, source
        ORDER BY number, source
        """,  # noqa: S608 - the parts are constants of this folder
        {**parameters, "late": int(LATE_AFTER.total_seconds())},
    )


def _rests(
    reader: Reader, scopes: Sequence[Scope], roots: Mapping[str, str]
) -> defaultdict[int, dict[str, dict[int, int]]]:
    """By scope, source and days before: posts on anything but its subject."""
    scopes = [_of_subject(scope, roots.get(scope.topic, scope.topic)) for scope in scopes]
    found: defaultdict[int, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for number, source, days, posts in rest_query(scopes).rows(reader):
        found[number][source][days] = posts
    return found


COVERAGE = """
        SELECT source, since, min(until) AS until, min(complete) AS complete
        FROM source_health
        GROUP BY source, since
        ORDER BY since, source
"""


def evidence_queries(scope: Scope, root: str) -> dict[str, Statement]:
    """The query behind each figure of a verdict, by the figure's name. `root` is the root of the scope's topic."""
    arrival, who, coverage = arrival_query([scope]), speakers_query([scope]), Statement(COVERAGE, {})
    return {
        **dict.fromkeys(("backfilled", "late", "clock_replaced"), arrival),
        **dict.fromkeys(("newly_covered", "silent_collectors"), coverage),
        "everything_rose": rest_query([_of_subject(scope, root)]),
        **dict.fromkeys(
            ("repeated", "voices", "copies", "compared"), texts_query([scope, whole_of(scope, {scope.topic: root})])
        ),
        **dict.fromkeys(
            ("gone", "one_domain", "posts", "authors", "texts", "reposts", "top_author", "top_ten_authors"), who
        ),
    }


def _days_covered(stretches: Sequence[Coverage], scope: Scope) -> list[int]:
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


def _fallen_silent(stretches: Sequence[Coverage], scope: Scope) -> int:
    """Collectors that covered part of the day before and nothing since the start."""
    before = {_collector(each) for each in stretches if each.until > scope.start - DAY and each.since < scope.start}
    since = {_collector(each) for each in stretches if each.until > scope.start and each.since < scope.end}
    return len(before - since)
