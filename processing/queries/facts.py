"""What a verdict needs to know of a rise: who speaks, how its posts came, and whether all else rose too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from processing.contract import Incident
from processing.queries.asked import Query
from processing.queries.reader import Reader
from processing.queries.series import Coverage
from processing.queries.speech import IN_SCOPE, USUAL, Scope, concentration, speakers_query, texts_query
from processing.spikes.verdict import Facts

DAY = timedelta(days=1)
LONGEST = DAY
"""Of a longer incident only so much is looked at."""

BEHIND_THE_PEAK = timedelta(hours=1)
"""From so long after the peak on, people talk of other things again."""

DAYS_BEFORE = 7
LATE_AFTER = timedelta(hours=1)
"""A post seen so long after it was written is history: an alert on it would tell of what is over."""

BEFOREHAND = timedelta(hours=1)
"""A collector that has listened for less when a rise begins has begun with it."""

AWAY = timedelta(days=3)
"""A collector that comes back after no longer is not a new one. Of the seven days that make an expectation, less the
lowest and the highest, two in five then lack its posts: its return alone is less than twice the expected."""

LEAST_REST = 20
"""Posts on anything else that a source usually delivers over the same hours; of fewer, a ratio is chance."""


def scope_of(incident: Incident, now: datetime) -> Scope:
    """The series that leads an incident, over a day at most of it that holds its peak.

    From the start on where the peak is on the first day; else up to an hour behind the peak, for the figures of the
    incident are those of that rise.
    """
    end = min(incident.end or now, max(incident.start + LONGEST, incident.peak + BEHIND_THE_PEAK))
    start = max(incident.start, end - LONGEST)
    return Scope(incident.lead_topic or incident.topic, incident.lead_language, start, end)


def facts(reader: Reader, incident: Incident, now: datetime, stretches: Sequence[Coverage]) -> Facts:
    """Everything that `verdict` asks for. `now` is event time, `stretches` what the collectors have covered."""
    scope = scope_of(incident, now)
    by_source, backfilled, late, replaced = _arrival(reader, scope)
    posts = max(sum(by_source.values()), 1)
    return Facts(
        observed=incident.observed,
        expected=incident.expected,
        concentration=concentration(reader, scope),
        backfilled=backfilled / posts,
        late=late / posts,
        late_before=_usually_late(reader, scope, list(by_source)),
        clock_replaced=replaced / posts,
        newly_covered=newly_covered(by_source, stretches, incident.start, incident.peak),
        rest=rest_ratio(by_source, _rest(reader, scope), _days_covered(stretches, scope)),
        silent_collectors=_fallen_silent(stretches, scope),
    )


def _arrival(reader: Reader, scope: Scope) -> tuple[dict[str, int], int, int, int]:
    """Posts by source; of all of them those that are backfill, that came late, and whose clock was replaced."""
    rows = arrival_query(scope).rows(reader)
    return {row[0]: row[1] for row in rows}, *(sum(row[place] for row in rows) for place in (2, 3, 4))


def arrival_query(scope: Scope) -> Query:
    """By source: posts, backfill among them, late ones, ones whose clock was replaced."""
    return Query(
        f"""
        SELECT
            source, count() AS posts, countIf(backfill) AS backfilled,
            countIf(NOT backfill AND seen_at > created_at + toIntervalSecond({{late:UInt32}})) AS late,
            countIf(clock_replaced) AS clock_replaced
        FROM posts
        WHERE {IN_SCOPE}
        GROUP BY source
        ORDER BY source
        """,  # noqa: S608 - the part is a constant
        {**scope.parameters, "late": int(LATE_AFTER.total_seconds())},
    )


def _usually_late(reader: Reader, scope: Scope, sources: list[str]) -> float | None:
    """The late share of everything that these sources brought before; None where that was nothing."""
    [(posts, late)] = reader.query(
        """
        SELECT count(), countIf(NOT backfill AND seen_at > created_at + toIntervalSecond({late:UInt32}))
        FROM posts
        WHERE created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
            AND source IN {sources:Array(String)}
        """,
        {
            "late": int(LATE_AFTER.total_seconds()),
            "start": scope.start - USUAL,
            "end": scope.start,
            "sources": sources,
        },
    )
    return late / posts if posts else None


def _rest(reader: Reader, scope: Scope) -> dict[str, dict[int, int]]:
    """By source and by days before: posts on anything but this topic, over the scope's hours of the day."""
    found: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for source, days, posts in rest_query(scope).rows(reader):
        found[source][days] = posts
    return found


def rest_query(scope: Scope) -> Query:
    """Source, days before (0 is the rise itself), posts on anything else."""
    return Query(
        """
        SELECT
            source,
            intDiv(dateDiff('second', minute, {end:DateTime('UTC')}) - 1, 86400) AS days_before,
            toInt64(sumIf(posts, topic = '*')) - toInt64(sumIf(posts, topic != '*')) AS posts_on_anything_else
        FROM counts
        WHERE topic IN ('*', {topic:String})
            AND minute >= {start:DateTime('UTC')} - toIntervalDay({days:UInt8}) AND minute < {end:DateTime('UTC')}
            AND (dateDiff('second', minute, {end:DateTime('UTC')}) - 1) % 86400
                < dateDiff('second', {start:DateTime('UTC')}, {end:DateTime('UTC')})
        GROUP BY source, days_before
        ORDER BY source, days_before
        """,
        {"topic": scope.topic, "start": scope.start, "end": scope.end, "days": DAYS_BEFORE},
    )


COVERAGE = """
        SELECT source, since, min(until) AS until, min(complete) AS complete
        FROM source_health
        GROUP BY source, since
        ORDER BY since, source
"""


def evidence_queries(scope: Scope) -> dict[str, Query]:
    """The query behind each figure of a verdict, by the figure's name."""
    arrival, who, coverage = arrival_query(scope), speakers_query(scope), Query(COVERAGE, {})
    return {
        **dict.fromkeys(("backfilled", "late", "clock_replaced"), arrival),
        **dict.fromkeys(("newly_covered", "silent_collectors"), coverage),
        "everything_rose": rest_query(scope),
        **dict.fromkeys(("repeated", "voices", "copies", "compared"), texts_query(scope)),
        **dict.fromkeys(("one_domain", "posts", "authors", "texts", "reposts", "top_author", "top_ten_authors"), who),
    }


def rest_ratio(by_source: dict[str, int], rest: dict[str, dict[int, int]], days: Iterable[int]) -> float | None:
    """How many times the usual amount of everything else came in, over the sources of a rise, weighted by its posts.

    The usual amount is the median over `days` (days before). None where at least half of the posts are from sources
    that usually bring too little else to tell.
    """
    days = tuple(days)
    known: dict[str, float] = {}
    for source in by_source:
        counts = rest.get(source, {})
        usual = median(counts.get(day, 0) for day in days) if days else 0
        if usual >= LEAST_REST:
            known[source] = counts.get(0, 0) / usual
    weight = sum(by_source[source] for source in known)
    if not weight or 2 * weight < sum(by_source.values()):
        return None
    return sum(by_source[source] * ratio for source, ratio in known.items()) / weight


def _days_covered(stretches: Sequence[Coverage], scope: Scope) -> list[int]:
    """The days before on which some collector covered the scope's hours."""
    return [
        day
        for day in range(1, DAYS_BEFORE + 1)
        if any(each.since <= scope.start - day * DAY and each.until >= scope.end - day * DAY for each in stretches)
    ]


def newly_covered(by_source: dict[str, int], stretches: Sequence[Coverage], start: datetime, peak: datetime) -> float:
    """The share of a rise's posts from collectors that began to listen between an hour before it and its peak.

    One that came back then, and had listened within the three days before, is not new.
    A collector that reads an archive delivers posts of other sources than its own name: if all that cover the rise
    are new, so are all its posts.
    """
    covering = {each.source for each in stretches if each.since <= peak and each.until >= start}
    old = covering & _known_before(stretches, start)
    new = covering - old
    if new and not old:
        return 1.0
    return sum(posts for source, posts in by_source.items() if source in new) / max(sum(by_source.values()), 1)


def _known_before(stretches: Sequence[Coverage], start: datetime) -> set[str]:
    return {each.source for each in stretches if each.since <= start - BEFOREHAND and each.until >= start - AWAY}


def _fallen_silent(stretches: Sequence[Coverage], scope: Scope) -> int:
    """Collectors that covered part of the day before and nothing since the start."""
    before = {each.source for each in stretches if each.until > scope.start - DAY and each.since < scope.start}
    since = {each.source for each in stretches if each.until > scope.start and each.since < scope.end}
    return len(before - since)
