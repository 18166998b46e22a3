"""Which language led an incident, and by how much the others followed; or that this cannot be decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from processing.contract import EVERYTHING, Incident, VerdictName
from processing.explanation.lag import REACH, Counts, Lag, lags
from processing.queries import Reader, Scope, Statement
from processing.queries.leads import language_hours_query, language_minutes_query
from processing.store.client import Row

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

BEFORE = 2 * DAY
"""The time before an incident that the permutation test shifts over."""

USUAL = 14 * DAY
"""The days before that, of which the median is what is expected of an hour of the day."""

LEAST_TIME = 90 * MINUTE
"""An incident that is shorter has not shown who follows whom: the last hour only shows who followed the time before."""

LONGEST = 4 * HOUR
"""Later, an incident has the shape of the hours of its speakers: who goes to bed does not lead."""

LEAST_POSTS = 10
"""A language with fewer posts in the incident says nothing of when it came."""

MOST_LANGUAGES = 12
"""Of more languages, those with the most posts are looked at."""


@dataclass(frozen=True, slots=True)
class Follower:
    """A language that followed, by how many minutes, and its posts a minute from the start of what is looked at."""

    language: str
    lag: Lag
    posts: tuple[int, ...]


@dataclass(frozen=True)
class Leads:
    """The language that led, those that followed it for certain, the soonest first, and those that are not decided.

    `start` is the first minute of `posts`, an hour before the incident. `queries` give the counts.
    """

    leader: str
    start: datetime
    posts: tuple[int, ...]
    followers: tuple[Follower, ...]
    undecided: tuple[str, ...]
    queries: tuple[Statement, ...]


def leads(reader: Reader, incident: Incident, now: datetime) -> Leads | None:
    """Return which language of an incident led its first pulse, as it stands at `now` (event time).

    None if no language followed another for certain, or if people did not make the incident: who is copied into which
    language first says nothing.

    Raises:
        StoreUnavailable: ask again later.
    """
    start, end = _looked_at(incident, now)
    if incident.verdict is not VerdictName.ORGANIC or end - start < LEAST_TIME or len(incident.languages) < 2:
        return None
    before = start - BEFORE
    scope = Scope(incident.topic, EVERYTHING, before, end)
    first_hour = before.replace(minute=0)
    minutes = language_minutes_query(scope, incident.languages)
    hours = language_hours_query(Scope(incident.topic, EVERYTHING, first_hour - USUAL, first_hour), incident.languages)
    counts = counted(minutes.rows(reader), incident.languages, before, end, MINUTE)
    usual = usual_by_hour(counted(hours.rows(reader), incident.languages, first_hour - USUAL, first_hour, HOUR))
    since = BEFORE // MINUTE - REACH
    times = np.arange(counts.shape[1]) + before.minute
    # The first column of `usual` is the hour of the day at which its time begins.
    expected = usual[:, times // 60 % 24] / 60
    return led(incident.languages, counts, expected, since, start=start - REACH * MINUTE, queries=(minutes, hours))


def _looked_at(incident: Incident, now: datetime) -> tuple[datetime, datetime]:
    """Return the begin and the end of the first pulse, or of the first hours of an incident without a second one."""
    start = incident.start.replace(second=0, microsecond=0)
    starts = sorted(pulse.start for pulse in incident.pulses)[1:]
    end = min(incident.end or now, start + LONGEST, *(each for each in starts if each > start + LEAST_TIME))
    return start, end.replace(second=0, microsecond=0)


def counted(rows: Iterable[Row], languages: Sequence[str], start: datetime, end: datetime, width: timedelta) -> Counts:
    """Return rows of (language, moment, posts) as an array: a row for each language, a column for each `width`."""
    found = np.zeros((len(languages), (end - start) // width))
    place = {language: row for row, language in enumerate(languages)}
    for language, moment, posts in rows:
        found[place[language], (moment - start) // width] = posts
    return found


def usual_by_hour(hours: Counts) -> Counts:
    """Return the median posts of each hour of the day, from whole days of hours. A day without a post is unknown."""
    days = hours.reshape(len(hours), -1, 24)
    known = days[:, days.any(axis=(0, 2))]
    if not known.shape[1]:
        return np.zeros((len(hours), 24))
    return np.asarray(np.median(known, axis=1))


def led(
    languages: Sequence[str],
    counts: Counts,
    expected: Counts,
    since: int,
    *,
    start: datetime,
    queries: tuple[Statement, ...] = (),
) -> Leads | None:
    """Return who led, from posts and expected posts by language and minute; the incident's are those from `since` on.

    The language with the most posts is the reference. A language that came before it for certain takes its place.
    """
    posts = counts[:, since:].sum(axis=1)
    ranked = [int(row) for row in np.argsort(-posts, kind="stable")[:MOST_LANGUAGES] if posts[row] >= LEAST_POSTS]
    if len(ranked) < 2:
        return None
    counts, expected, names = counts[ranked], expected[ranked], [languages[row] for row in ranked]
    leader, found = 0, lags(counts, expected, 0, since)
    earlier = [(lag.minutes, row) for row, lag in enumerate(found) if lag and lag.is_decided and lag.high < 0]
    if earlier:
        _, leader = min(earlier)
        found = lags(counts, expected, leader, since)
    shown = [tuple(int(each) for each in row[since:]) for row in counts]
    followers = [
        Follower(names[row], lag, shown[row])
        for row, lag in enumerate(found)
        if lag is not None and lag.is_decided and lag.low > 0
    ]
    if not followers:
        return None
    followed = {each.language for each in followers}
    return Leads(
        leader=names[leader],
        start=start,
        posts=shown[leader],
        followers=tuple(sorted(followers, key=lambda each: (each.lag.minutes, each.language))),
        undecided=tuple(name for row, name in enumerate(names) if name not in followed and row != leader),
        queries=queries,
    )
