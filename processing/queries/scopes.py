"""A scope is a series in a range of time. This module builds the parts of a query over many scopes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from processing.contract import Incident, Spike
from processing.queries.statement import Value

LONGEST_SCOPE = timedelta(days=1)
"""The longest scope of a spike. A longer spike is cut to this length."""

BEHIND_THE_PEAK = timedelta(hours=1)
"""The part of a spike after its peak that a scope includes. Later, people talk of other things again."""

IN_SCOPE = (
    "has(topics, {topic:String}) AND ({language:String} = '*' OR language = {language:String}) AND NOT deleted "
    "AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}"
)
"""A condition that selects the posts of a series in a range."""

SCOPES = (
    "{scopes:Array(Tuple(number UInt32, topic String, language String, start DateTime('UTC'), end DateTime('UTC')))}"
)
"""The parameter that holds several scopes, numbered from 0."""

_EACH_SCOPE = f"SELECT arrayJoin({SCOPES}) AS scope, scope.topic AS of_topic, scope.language AS of_language"
_EACH_SERIES = "SELECT *, arrayJoin(topics) AS of_topic, arrayJoin([language, '*']) AS of_language FROM posts"

Range = tuple[datetime, datetime]


class Scope(msgspec.Struct, frozen=True):
    """A series in a range of time."""

    topic: str
    language: str
    start: datetime
    end: datetime

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters of a query about one scope."""
        return {"topic": self.topic, "language": self.language, "start": self.start, "end": self.end}


def scope_of(spike: Spike, now: datetime) -> Scope:
    """Return the scope of a spike: its series, over at most a day that includes its peak."""
    return Scope(spike.topic, spike.language, *_day_of(spike.start, spike.peak, spike.end or now))


def leading_series(incident: Incident, now: datetime) -> Scope:
    """Return the scope of the figures of an incident: the series of its leading spike, from its start to its end."""
    end = incident.lead_end or now
    return Scope(incident.lead_topic or incident.topic, incident.lead_language, incident.lead_start, end)


def leading_scope(incident: Incident, now: datetime) -> Scope:
    """Return the scope of the spike that leads an incident, cut to a day, for what reads texts."""
    series = leading_series(incident, now)
    start, end = _day_of(series.start, incident.peak, series.end)
    return msgspec.structs.replace(series, start=start, end=end)


def _day_of(start: datetime, peak: datetime, end: datetime) -> Range:
    """Return the first day of a spike if it includes the peak, else the day that ends an hour after the peak."""
    end = min(end, max(start + LONGEST_SCOPE, peak + BEHIND_THE_PEAK))
    return max(start, end - LONGEST_SCOPE), end


def numbered(scopes: Sequence[Scope]) -> list[tuple[int, str, str, datetime, datetime]]:
    """Return the value of the parameter `SCOPES`."""
    return [(number, each.topic, each.language, each.start, each.end) for number, each in enumerate(scopes)]


def posts_of_each(scopes: Sequence[Scope], ranges: Iterable[Range] | None = None) -> tuple[str, dict[str, Value]]:
    """Return a FROM clause with the posts of the scopes, and its parameters. A post occurs once for each of its scopes.

    `scope.number` says which scope; the other columns are those of `posts`. The store is read once for any number of
    scopes, and a post is compared only with the scopes of its own series. `ranges` are those that have to be read, if
    the query needs less than the whole scopes.
    """
    condition, parameters = in_any(scopes) if ranges is None else _within_any(ranges)
    source = (
        f"(SELECT * FROM ({_EACH_SERIES} WHERE {condition}) AS posts "  # noqa: S608 - only names of ours
        f"INNER JOIN ({_EACH_SCOPE}) AS scopes USING (of_topic, of_language) "
        "WHERE created_at >= scope.start AND created_at < scope.end)"
    )
    return source, {**parameters, "scopes": numbered(scopes)}


def in_any(scopes: Sequence[Scope]) -> tuple[str, dict[str, Value]]:
    """Return a condition on `posts`, and its parameters.

    The condition holds for the posts of any of the scopes and for few others.
    """
    return _within_any((each.start, each.end) for each in scopes)


def _within_any(ranges: Iterable[Range]) -> tuple[str, dict[str, Value]]:
    condition, parameters = within("created_at", ranges)
    return f"{condition} AND NOT deleted", parameters


def within(column: str, ranges: Iterable[Range]) -> tuple[str, dict[str, Value]]:
    """Return a condition that a time lies in one of the ranges, and its parameters.

    The form of the condition lets the engine use its index.
    """
    conditions: list[str] = []
    parameters: dict[str, Value] = {}
    for number, (start, end) in enumerate(merged(ranges)):
        conditions.append(
            f"{column} >= {{from_{number}:DateTime('UTC')}} AND {column} < {{to_{number}:DateTime('UTC')}}"
        )
        parameters |= {f"from_{number}": start, f"to_{number}": end}
    return f"({' OR '.join(conditions) or 'false'})", parameters


def merged(ranges: Iterable[Range]) -> Iterator[Range]:
    """Yield the ranges in order, with overlapping ranges joined."""
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
