"""Reads what the posts of an incident show: how many came when, from how many people, the first and the most shared."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from processing.alerts.news import Picture
from processing.contract import Incident
from processing.detection.bins import start_of_bin
from processing.explanation import SharedPost
from processing.explanation.parts import first_posts, most_shared
from processing.queries.course import bins_query
from processing.queries.reader import Reader
from processing.queries.scopes import IN_SCOPE, Scope, leading_scope
from processing.queries.statement import Statement

BEFORE = timedelta(hours=2)
"""Shown before the start of a spike, so that its rise is seen."""


def read_picture(reader: Reader, incident: Incident, now: datetime, width: timedelta) -> Picture:
    """Read the picture of an incident as it stands at `now` (event time), in bins of `width`.

    Raises:
        StoreUnavailable: ask again later.
    """
    scope = leading_scope(incident, now)
    shown = msgspec.structs.replace(scope, start=start_of_bin(scope.start - BEFORE, width))
    query = bins_query(shown, width)
    counts: dict[datetime, int] = {at: int(posts) for at, posts, _ in query.rows(reader)}
    bins = max(1, -((shown.start - scope.end) // width))
    [(people,)] = _people(scope).rows(reader)
    return Picture(
        start=shown.start,
        width=width,
        counts=tuple(counts.get(shown.start + number * width, 0) for number in range(bins)),
        people=int(people),
        first=_first(reader, first_posts(scope, most=1)),
        most_shared=_first(reader, most_shared(scope, most=1)),
        query=query,
    )


def _first(reader: Reader, query: Statement) -> SharedPost | None:
    return next((SharedPost(*row) for row in query.rows(reader)), None)


def _people(scope: Scope) -> Statement:
    """How many authors there are. A post without an author counts as one of its own."""
    return Statement(
        f"SELECT uniqExact(if(author = '', concat('-', id), author)) FROM posts WHERE {IN_SCOPE}",  # noqa: S608
        scope.parameters,
    )
