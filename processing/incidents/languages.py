"""Finds the languages of an incident: when it is described, each language is tested once over the incident's time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from processing import queries
from processing.contract import UNDETERMINED, Incident
from processing.coverage import Coverage
from processing.incidents.language_rise import LanguageCounts, languages_that_rose
from processing.queries import Reader
from processing.queries.scopes import BEHIND_THE_PEAK, Range, within

DAY = timedelta(days=1)
DAYS_BEFORE = 7


def languages_of(reader: Reader, incident: Incident, now: datetime) -> tuple[str, ...]:
    """Return the languages in which talk of the leading topic rose, the one with the most posts first.

    Languages whose rise people did not make are left out.

    `now` is event time.
    """
    # Of an incident that goes on, the window ends an hour after its last pulse: later hours hold few of its posts.
    last = max([incident.peak, *(pulse.peak for pulse in incident.pulses)])
    end = incident.end or min(now, last + BEHIND_THE_PEAK)
    topic, window = incident.lead_topic or incident.topic, (incident.start, end)
    before = windows_before(window, queries.coverage(reader))
    spoken = _spoken(reader, topic, window)
    usual = _posts(reader, topic, before) if before else {}
    doubted = {UNDETERMINED, *(each.language for each in incident.doubted)}
    counts = [
        LanguageCounts(language, posts, people, usual.get(language, 0), len(before))
        for language, posts, people in spoken
        if language not in doubted
    ]
    rose = set(languages_that_rose(sum(posts for _, posts, _ in spoken), counts))
    return tuple(each.language for each in counts if each.language in rose)


def windows_before(window: Range, coverage: Sequence[Coverage]) -> list[Range]:
    """Return the same hours on the days of the week before, those that a collector covered as a whole.

    They lie a day apart, or as many days as the window lasts, so that none overlaps another or the window.
    """
    start, end = window
    apart = max(1, -((start - end) // DAY)) * DAY
    shifts = [apart * number for number in range(1, max(1, DAYS_BEFORE * DAY // apart) + 1)]
    ranges = [(start - shift, end - shift) for shift in shifts]
    return [
        (since, until)
        for since, until in ranges
        if any(each.since <= since and until <= each.until for each in coverage)
    ]


def _spoken(reader: Reader, topic: str, window: Range) -> list[tuple[str, int, int]]:
    """Language, posts and people, most posts first. A post that names no author is one person's."""
    rows = reader.query(
        """
        SELECT language, count() AS posts, uniqExact(if(author = '', concat('-', id), author)) AS people
        FROM posts
        WHERE has(topics, {topic:String}) AND NOT deleted
            AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}
        GROUP BY language
        ORDER BY posts DESC, language
        """,
        {"topic": topic, "start": window[0], "end": window[1]},
    )
    return [(str(language), int(posts), int(people)) for language, posts, people in rows]


def _posts(reader: Reader, topic: str, windows: Sequence[Range]) -> dict[str, int]:
    condition, parameters = within("minute", windows)
    rows = reader.query(
        f"SELECT language, sum(posts) FROM counts WHERE topic = {{topic:String}} AND {condition} GROUP BY language",  # noqa: S608
        {**parameters, "topic": topic},
    )
    return {str(language): int(posts) for language, posts in rows}
