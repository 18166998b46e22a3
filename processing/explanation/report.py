"""Why an incident is one: terms, first and most shared posts, links, hashtags, languages, sources, who speaks.

It is read from the posts each time, so a post that was deleted since is not in it. Every part carries the query that
it was made of, for people to ask again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from processing.contract import EVERYTHING, DrivingTerm, Incident
from processing.explanation.log_odds import AuthoredText, Driver, TermPolicy, drivers
from processing.explanation.parts import (
    Counted,
    Share,
    SharedPost,
    first_posts,
    hashtags,
    languages,
    links,
    most_shared,
    sites,
    sources,
)
from processing.queries.counts import last_recount
from processing.queries.reader import Reader
from processing.queries.scopes import BEHIND_THE_PEAK, Scope, leading_scope, posts_of_each
from processing.queries.statement import Statement
from processing.verdicts.authorship import concentrations, speakers_query
from processing.verdicts.evidence import evidence_queries, whole_of
from processing.verdicts.verdict import Concentration

MOST_READ = 600
MOST_READ_BEFORE = 1_200
"""Texts read for the terms of one language; of more, these are chosen by a hash of their names."""

ENOUGH_BEFORE = 200
"""With fewer texts from the same hours of the week before, the whole days are taken."""

DAY = timedelta(days=1)
WEEK = 7 * DAY

MOST_LANGUAGES = 12
TOLD_LANGUAGES = 4
TOLD_TERMS = 4

Row = TypeVar("Row")


class Part(msgspec.Struct, Generic[Row], frozen=True):
    """Figures of one kind, and the query that gives them."""

    rows: tuple[Row, ...]
    query: Statement


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The driving terms of one language, made of `read` texts and, to compare with, `read_before`.

    `posts` is how many there were to read, `whole_days` whether the texts before are of all hours.
    """

    language: str
    rows: tuple[Driver, ...]
    posts: int
    read: int
    read_before: int
    whole_days: bool
    query: Statement
    query_before: Statement


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind an incident. `language` is `*`, or the one that was asked for.

    `evidence` has the query of each figure of the verdict, by the figure's name.
    """

    incident: Incident
    language: str
    start: datetime
    end: datetime
    evidence: dict[str, Statement]
    concentration: Part[Concentration]
    terms: tuple[Terms, ...]
    first_posts: Part[SharedPost]
    most_shared: Part[SharedPost]
    links: Part[Counted]
    sites: Part[Counted]
    hashtags: Part[Counted]
    languages: Part[Share]
    sources: Part[Share]


def explain(reader: Reader, incident: Incident, now: datetime, *, language: str = EVERYTHING) -> Explanation:
    """Explain an incident as it stands at `now` (event time), in one of its languages or in all."""
    whole = leading_scope(incident, now)
    scope = Scope(whole.topic, whole.language if language == EVERYTHING else language, whole.start, whole.end)
    return Explanation(
        incident=incident,
        language=language,
        start=scope.start,
        end=scope.end,
        evidence=queries_of_figures(incident, now),
        concentration=Part(
            tuple(concentrations(reader, [scope], [whole_of(scope, incident.topic)])), speakers_query([scope])
        ),
        terms=terms(reader, incident, scope),
        first_posts=_part(reader, SharedPost, first_posts(scope)),
        most_shared=_part(reader, SharedPost, most_shared(scope)),
        links=_part(reader, Counted, links(scope)),
        sites=_part(reader, Counted, sites(scope)),
        hashtags=_part(reader, Counted, hashtags(scope)),
        languages=_part(reader, Share, languages(scope)),
        sources=_part(reader, Share, sources(scope)),
    )


def last_change(reader: Reader, incident: Incident, now: datetime) -> int:
    """Return a number that rises when a post is written or deleted of which `explain` would make the explanation.

    It rises with the recount, which follows the write.
    """
    scope = leading_scope(incident, now)
    return last_recount(reader, scope.start - WEEK, scope.end)


def queries_of_figures(incident: Incident, now: datetime) -> dict[str, Statement]:
    """Return the query behind each figure of an incident's verdict, by the figure's name. The store is not asked."""
    return evidence_queries(leading_scope(incident, now), incident.topic)


def leading_terms(reader: Reader, incident: Incident, now: datetime) -> tuple[DrivingTerm, ...]:
    """The strongest terms of the languages with the most posts, as an alert has room for."""
    found = terms(reader, incident, leading_scope(incident, now), most_languages=TOLD_LANGUAGES)
    return tuple(DrivingTerm(part.language, row.term) for part in found for row in part.rows[:TOLD_TERMS])


def leading_posts(
    reader: Reader, incident: Incident, now: datetime
) -> tuple[tuple[SharedPost, ...], tuple[SharedPost, ...]]:
    """The first and the most shared posts of an incident as it stands at `now` (event time)."""
    scope = leading_scope(incident, now)
    first, shared = (_part(reader, SharedPost, query(scope)).rows for query in (first_posts, most_shared))
    return first, shared


def first_post(reader: Reader, incident: Incident, now: datetime) -> SharedPost | None:
    """The earliest post of an incident as it stands at `now` (event time); None where its texts are gone."""
    rows = _part(reader, SharedPost, first_posts(leading_scope(incident, now), most=1)).rows
    return rows[0] if rows else None


def terms(
    reader: Reader, incident: Incident, scope: Scope, *, most_languages: int = MOST_LANGUAGES
) -> tuple[Terms, ...]:
    """The driving terms of every language that people's rise had, the one with the most posts first.

    Where no language had one, it is those of the languages that are in doubt.
    """
    end = min(scope.end, incident.peak + BEHIND_THE_PEAK)
    if scope.language != EVERYTHING:
        spoken: Sequence[str] = (scope.language,)
    else:
        risen = incident.languages or tuple(doubt.language for doubt in incident.doubted)
        spoken = risen[:most_languages] or [each.name for each in _most_spoken(reader, scope)]
    scopes = [Scope(scope.topic, each, scope.start, end) for each in spoken]
    return tuple(_terms(reader, scopes, end - scope.start))


def _most_spoken(reader: Reader, scope: Scope) -> tuple[Share, ...]:
    return _part(reader, Share, languages(scope)).rows[:1]


def _terms(reader: Reader, scopes: Sequence[Scope], hours: timedelta) -> Iterator[Terms]:
    """The terms of each scope, by three queries for all of them. `hours` is how long each of them lasts."""
    weeks = [msgspec.structs.replace(each, start=each.start - WEEK, end=each.start) for each in scopes]
    read = _rows(reader, scopes, MOST_READ)
    same_hours = _rows(reader, weeks, MOST_READ_BEFORE, hours)
    few = [each for each in weeks if len(same_hours[each]) < ENOUGH_BEFORE]
    whole_days = _rows(reader, few, MOST_READ_BEFORE)
    for scope, week in zip(scopes, weeks, strict=True):
        rows, rows_before = read[scope], whole_days.get(week, same_hours[week])
        yield Terms(
            language=scope.language,
            rows=drivers(
                TermPolicy(),
                [AuthoredText(*row[1:3]) for row in rows],
                [AuthoredText(*row[1:3]) for row in rows_before],
                scope.language,
            ),
            posts=rows[0][3] if rows else 0,
            read=len(rows),
            read_before=len(rows_before),
            whole_days=week in whole_days,
            query=_texts([scope], MOST_READ, DAY),
            query_before=_texts([week], MOST_READ_BEFORE, DAY if week in whole_days else hours),
        )


def _rows(
    reader: Reader, scopes: Sequence[Scope], most: int, hours: timedelta = DAY
) -> dict[Scope, list[tuple[int, str, str, int]]]:
    found: dict[Scope, list[tuple[int, str, str, int]]] = {each: [] for each in scopes}
    for number, who, text, posts in _texts(scopes, most, hours).rows(reader) if scopes else ():
        found[scopes[number]].append((number, who, text, posts))
    return found


def _texts(scopes: Sequence[Scope], most: int, hours: timedelta) -> Statement:
    """By scope: author, text, and how many such posts there are. `hours`: of each day, from the scope's start on."""
    source, parameters = posts_of_each(scopes, (day for each in scopes for day in _hours_of_days(each, hours)))
    return Statement(
        f"""
        SELECT scope.number AS number, if(author = '', concat('-', id), author) AS who, text,
            count() OVER (PARTITION BY scope.number) AS posts
        FROM {source}
        WHERE text != '' AND dateDiff('second', scope.start, created_at) % 86400 < {{hours_in_seconds:UInt32}}
        ORDER BY number, cityHash64(source, id)
        LIMIT {{most:UInt32}} BY number
        """,  # noqa: S608 - the part is a constant
        {**parameters, "hours_in_seconds": int(hours.total_seconds()), "most": most},
    )


def _hours_of_days(scope: Scope, hours: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Yield the hours of each day of a scope, so that a short incident does not read the whole week before it."""
    start = scope.start
    while start < scope.end:
        yield start, min(start + hours, scope.end)
        start += DAY


def _part(reader: Reader, kind: type[Row], query: Statement) -> Part[Row]:
    return Part(tuple(kind(*row) for row in query.rows(reader)), query)
