"""What a verdict needs to know of a rise: who speaks, how its posts came, and whether all else rose too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from processing.contract import EVERYTHING, Spike
from processing.detection.policy import LONG_WINDOW
from processing.queries.reader import Reader
from processing.queries.scopes import Scope, posts_of_each, scope_of
from processing.queries.statement import Statement
from processing.verdicts.authorship import concentrations, speakers_query, texts_query
from processing.verdicts.collectors import AWAY, Circumstances, days_covered, fallen_silent, newcomers, newly_covered
from processing.verdicts.reference import (
    IS_LATE,
    LATE_AFTER,
    heard_before,
    is_usually_replaced,
    late_share,
    rest_query,
    rest_ratio,
    series_before,
    usual_arrivals,
)
from processing.verdicts.verdict import Facts

AT_ONCE = 250
"""Spikes that one round of queries asks about."""

SERIES_AT_ONCE = 50
"""Spikes of which a query asks for the days before: each is as many scopes as days."""


def facts(reader: Reader, spikes: Sequence[Spike], given: Circumstances) -> list[Facts]:
    """Everything that `verdict` asks for, of each spike: seven queries for many spikes, not for each."""
    found: dict[int, Facts] = {}
    for places in _at_once(spikes):
        found |= zip(places, _facts(reader, [spikes[place] for place in places], given), strict=True)
    return [found[place] for place in range(len(spikes))]


def _at_once(spikes: Sequence[Spike]) -> Iterator[Sequence[int]]:
    """The places of spikes that are asked about together: those near in time, so that few posts are read twice."""
    order = sorted(range(len(spikes)), key=lambda place: spikes[place].start)
    for first in range(0, len(order), AT_ONCE):
        yield order[first : first + AT_ONCE]


def _facts(reader: Reader, spikes: Sequence[Spike], given: Circumstances) -> Iterator[Facts]:
    scopes = [scope_of(spike, given.now) for spike in spikes]
    wholes = [whole_of(scope, given.roots.get(scope.topic)) for scope in scopes]
    arrived = _arrived(reader, scopes)
    rests = _rests(reader, wholes)
    usual = usual_arrivals(reader, {scope.start for scope in scopes})
    heard = heard_before(reader, {spike.start for spike in spikes}, AWAY)
    who = concentrations(reader, scopes, wholes)
    new = [
        newcomers(_by_source(arrived[number]), given.stretches, heard[spike.start], spike.start, spike.peak)
        for number, spike in enumerate(spikes)
    ]
    usually = _usually(reader, scopes, new)
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
            in_a_day=spike.window == LONG_WINDOW,
            concentration=who[number],
            backfilled=backfilled,
            late=came_late,
            late_before=late_share(usual, scope.start, by_source),
            clock_replaced=replaced / of_all,
            newly_covered=newly_covered(by_source, new[number], usually.get(number, {})),
            rest=rest_ratio(by_source, rests[number], days_covered(given.stretches, scope)),
            silent_collectors=fallen_silent(given.stretches, scope),
            gone=1.0 - min(1.0, who[number].posts / max(_counted(spike, scope), 1)),
        )


def rest_is_known(reader: Reader, spikes: Sequence[Spike], given: Circumstances) -> list[bool]:
    """Of each spike, whether enough of all else is known to say that it rose too; see `Facts.rest`."""
    found: dict[int, bool] = {}
    for places in _at_once(spikes):
        scopes = [scope_of(spikes[place], given.now) for place in places]
        rests = _rests(reader, [whole_of(scope, given.roots.get(scope.topic)) for scope in scopes])
        arrived = _arrived(reader, scopes)
        for number, (place, scope) in enumerate(zip(places, scopes, strict=True)):
            days = days_covered(given.stretches, scope)
            found[place] = rest_ratio(_by_source(arrived[number]), rests[number], days) is not None
    return [found[place] for place in range(len(spikes))]


def _usually(
    reader: Reader, scopes: Sequence[Scope], new: Sequence[Mapping[str, int]]
) -> dict[int, dict[str, dict[int, int]]]:
    """By scope what its newcomers bring, by days before; asked of those that were collected for a day or longer."""
    asked = [number for number, sources in enumerate(new) if any(sources.values())]
    days = max((days for sources in new for days in sources.values()), default=0)
    found: dict[int, dict[str, dict[int, int]]] = {}
    for first in range(0, len(asked), SERIES_AT_ONCE):
        some = asked[first : first + SERIES_AT_ONCE]
        before = series_before(reader, [scopes[number] for number in some], days)
        found |= {number: before[place] for place, number in enumerate(some)}
    return found


def _by_source(arrived: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    return {source: posts for source, (posts, *_) in arrived.items()}


def _counted(spike: Spike, scope: Scope) -> int:
    """Of the posts of a spike, those in the scope; of one that is longer, too little is known: none."""
    whole = scope.start == spike.start and (spike.end is None or scope.end == spike.end)
    return spike.observed if whole else 0


def whole_of(scope: Scope, root: str | None) -> Scope:
    """What a scope is part of: its root topic in all languages, at the same time.

    Its texts are copies where they are copied there. All else is what is not of it, because a sub-topic does not rise
    with the collector but with its subject.
    """
    return msgspec.structs.replace(scope, topic=root or scope.topic, language=EVERYTHING)


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


def _rests(reader: Reader, wholes: Sequence[Scope]) -> list[defaultdict[str, dict[int, int]]]:
    """Of each scope, by source and days before: posts on anything else. Many spikes are parts of one whole."""
    places = {whole: place for place, whole in enumerate(dict.fromkeys(wholes))}
    found: list[defaultdict[str, dict[int, int]]] = [defaultdict(dict) for _ in places]
    for place, source, days, posts in rest_query(list(places)).rows(reader):
        found[place][source][days] = posts
    return [found[places[whole]] for whole in wholes]


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
        "everything_rose": rest_query([whole_of(scope, root)]),
        **dict.fromkeys(("repeated", "voices", "copies", "compared"), texts_query([scope, whole_of(scope, root)])),
        **dict.fromkeys(
            ("gone", "one_domain", "posts", "authors", "texts", "reposts", "top_author", "top_ten_authors"), who
        ),
    }
