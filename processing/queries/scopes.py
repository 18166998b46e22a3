"""A series in a range of time, and the parts of a query that asks about many of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from processing.contract import Incident, Spike
from processing.queries.statement import Value

LONGEST_SCOPE = timedelta(days=1)
"""Of a longer spike only so much is looked at."""

BEHIND_THE_PEAK = timedelta(hours=1)
"""From so long after the peak on, people talk of other things again."""

IN_SCOPE = (
    "has(topics, {topic:String}) AND ({language:String} = '*' OR language = {language:String}) AND NOT deleted "
    "AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}"
)
"""The posts of a series in a range."""

SCOPES = (
    "{scopes:Array(Tuple(number UInt32, topic String, language String, start DateTime('UTC'), end DateTime('UTC')))}"
)
"""Several scopes, numbered from 0, as one parameter."""

_OF_SCOPE = (
    "has(topics, scope.topic) AND (scope.language = '*' OR scope.language = language) "
    "AND created_at >= scope.start AND created_at < scope.end"
)

Range = tuple[datetime, datetime]


class Scope(msgspec.Struct, frozen=True):
    """A series in a range of time."""

    topic: str
    language: str
    start: datetime
    end: datetime

    @property
    def parameters(self) -> dict[str, Value]:
        """As queries about one scope name them."""
        return {"topic": self.topic, "language": self.language, "start": self.start, "end": self.end}


def scope_of(spike: Spike, now: datetime) -> Scope:
    """The spike's series, over a day at most of it that holds its peak."""
    return Scope(spike.topic, spike.language, *_day_of(spike.start, spike.peak, spike.end or now))


def leading_scope(incident: Incident, now: datetime) -> Scope:
    """The same of the spike that leads an incident."""
    end = incident.lead_end or now
    return Scope(
        incident.lead_topic or incident.topic,
        incident.lead_language,
        *_day_of(incident.lead_start, incident.peak, end),
    )


def _day_of(start: datetime, peak: datetime, end: datetime) -> Range:
    """From the start on where the peak is on the first day; else up to an hour behind the peak."""
    end = min(end, max(start + LONGEST_SCOPE, peak + BEHIND_THE_PEAK))
    return max(start, end - LONGEST_SCOPE), end


def numbered(scopes: Sequence[Scope]) -> list[tuple[int, str, str, datetime, datetime]]:
    """The value of `SCOPES`."""
    return [(number, each.topic, each.language, each.start, each.end) for number, each in enumerate(scopes)]


def posts_of_each(scopes: Sequence[Scope]) -> tuple[str, dict[str, Value]]:
    """A FROM clause with the posts of the scopes, once for each that a post belongs to, and its parameters.

    `scope.number` says which; the other columns are those of `posts`. The store is read once, however many they are.
    """
    condition, parameters = in_any(scopes)
    source = (
        f"(SELECT * FROM posts WHERE {condition}) "  # noqa: S608 - only names of ours
        f"ARRAY JOIN arrayFilter(scope -> {_OF_SCOPE}, {SCOPES}) AS scope"
    )
    return source, {**parameters, "scopes": numbered(scopes)}


def in_any(scopes: Sequence[Scope]) -> tuple[str, dict[str, Value]]:
    """A condition on `posts` that holds for those of any of the scopes and for few others, and its parameters."""
    condition, parameters = within("created_at", ((each.start, each.end) for each in scopes))
    return f"{condition} AND NOT deleted", parameters


def within(column: str, ranges: Iterable[Range]) -> tuple[str, dict[str, Value]]:
    """A condition that a time lies in one of the ranges, as the engine's index can use it, and its parameters."""
    conditions: list[str] = []
    parameters: dict[str, Value] = {}
    for number, (start, end) in enumerate(merged(ranges)):
        conditions.append(
            f"{column} >= {{from_{number}:DateTime('UTC')}} AND {column} < {{to_{number}:DateTime('UTC')}}"
        )
        parameters |= {f"from_{number}": start, f"to_{number}": end}
    return f"({' OR '.join(conditions) or 'false'})", parameters


def merged(ranges: Iterable[Range]) -> Iterator[Range]:
    """The same time in order and without overlaps."""
    reached: Range | None = None
    for start, end in sorted(ranges):
        if reached is None:
            reached = start, end
        elif start <= reached[1]:
            reached = reached[0], max(end, reached[1])
        else:
            yield reached
            reached = start, end
    if reached is not None:
        yield reached
