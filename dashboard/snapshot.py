"""A snapshot holds all data that the page shows. One call of `load` reads it from the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.filters import ROOT_TOPIC, Filters, Split
from dashboard.window import WIDTHS, Window, end_of_time, window_of
from processing import queries
from processing.contract import EVERYTHING, Incident, Pulse, Spike, VerdictName
from processing.queries import Coverage, Health, Reader, StoredPost

MOST_CHART_LINES = 6
MOST_POSTS = 30
MOST_INCIDENTS = 50
OTHERS = ""
"""The name of the line that adds up all series without a line of their own."""


@dataclass(frozen=True)
class Point:
    """The posts of one line in one bin; None if no collector covered the bin."""

    start: datetime
    line: str
    posts: int | None


@dataclass(frozen=True)
class SurgeMark:
    """A rise to mark on the chart. `end` is the rise's end, or the end of the window while the rise goes on."""

    start: datetime
    end: datetime
    ratio: float
    pulses: tuple[Pulse, ...]
    verdict: VerdictName


@dataclass(frozen=True)
class Snapshot:
    """The result of one call of `load`."""

    now: datetime
    window: Window
    coverage: tuple[Coverage, ...]
    watched_until: datetime | None
    incidents: tuple[Incident, ...]
    lines: tuple[Point, ...]
    marks: tuple[SurgeMark, ...]
    posts: tuple[StoredPost, ...]
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    total: int
    last_hour: int
    hour_before: int
    generated: tuple[str, ...]
    collected: tuple[str, ...]
    health: tuple[Health, ...] = ()


def is_covered(start: datetime, end: datetime, coverage: Sequence[Coverage]) -> bool:
    """Return whether any collector covered a part of the bin. Without any coverage, every bin counts as covered."""
    return not coverage or any(stretch.since < end and stretch.until > start for stretch in coverage)


def largest(rows: Iterable[tuple[datetime, str, int]], most: int = MOST_CHART_LINES) -> tuple[str, ...]:
    """Return the names of the lines with the most posts, the largest first."""
    totals: Counter[str] = Counter()
    for _, line, posts in rows:
        totals[line] += posts
    return tuple(line for line, _ in totals.most_common(most))


def lines_of(
    rows: Sequence[tuple[datetime, str, int]],
    window: Window,
    coverage: Sequence[Coverage],
    *,
    others: bool,
    most: int = MOST_CHART_LINES,
) -> tuple[Point, ...]:
    """Return the largest series with a point for every bin. A covered bin without posts has zero posts.

    `others` adds the remaining series up in one line. The sum is right for languages. It is wrong for topics, because a
    post can have several.
    """
    names = largest(rows, most)
    counts: defaultdict[tuple[datetime, str], int] = defaultdict(int)
    for start, line, posts in rows:
        counts[start, line if line in names else OTHERS] += posts
    if others and any(line == OTHERS for _, line in counts):
        names = (*names, OTHERS)
    heard = {start: is_covered(start, start + window.width, coverage) for start in window.bins()}
    return tuple(
        Point(start, line, counts[start, line] if known or (start, line) in counts else None)
        for line in names
        for start, known in heard.items()
    )


def silences(lines: Sequence[Point], width: timedelta) -> tuple[tuple[datetime, datetime], ...]:
    """Return the stretches that no collector covered, as pairs of start and end."""
    found: list[tuple[datetime, datetime]] = []
    unheard = sorted({point.start for point in lines if point.posts is None})
    for start in unheard:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], start + width)
        else:
            found.append((start, start + width))
    return tuple(found)


def marks_of(
    view: Filters, window: Window, now: datetime, incidents: Iterable[Incident], spikes: Iterable[Spike]
) -> tuple[SurgeMark, ...]:
    """Return the rises to mark on the chart.

    For all languages they are the topic's incidents. For one language they are the spikes of its series.
    """
    whole = [incident for incident in incidents if view.topic in {incident.topic, EVERYTHING}]
    own = [spike for spike in spikes if (spike.topic, spike.language) == (view.topic, view.language)]
    found = whole if whole and view.language == EVERYTHING else own
    return tuple(
        SurgeMark(
            max(each.start, window.start), min(each.end or now, window.end), each.ratio, each.pulses, each.verdict
        )
        for each in found
        if each.start < window.end and (each.end or now) > window.start
    )


def load(reader: Reader, view: Filters) -> Snapshot | None:
    """Load the data that the filters choose; return None while the store holds no post.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses the query.
    """
    extent = queries.extent(reader)
    if extent is None:
        return None
    first, last = extent
    coverage = queries.coverage(reader)
    now = end_of_time(coverage, last)
    incidents = queries.incidents(reader, limit=MOST_INCIDENTS)
    finished = all(stretch.complete for stretch in coverage)
    window = window_of(view, now, first, incidents, finished=finished)
    presence = queries.presence(reader, window.start, window.until)
    spikes = queries.spikes(reader, window.start, window.end)
    hour = timedelta(hours=1)
    return Snapshot(
        now=now,
        window=window,
        coverage=coverage,
        watched_until=queries.scored_until(reader),
        incidents=incidents,
        lines=_lines(reader, view, window, coverage),
        marks=marks_of(view, window, now, incidents, spikes),
        posts=_newest(reader, view, window),
        topics=_offered(view.topic, presence.topics, ROOT_TOPIC),
        languages=_offered(view.language, presence.languages),
        total=_posts_between(reader, view, window.start, window.until),
        last_hour=_posts_between(reader, view, now - hour, now),
        hour_before=_posts_between(reader, view, now - 2 * hour, now - hour),
        generated=presence.generated,
        collected=presence.collected,
        health=queries.health(reader),
    )


def _lines(reader: Reader, view: Filters, window: Window, coverage: Sequence[Coverage]) -> tuple[Point, ...]:
    start, end, width = window.start, window.end, window.width
    if view.by is Split.TOPIC:
        rows = queries.topics_over_time(reader, start, end, width, language=view.language)
        # The root topic contains all the others, which would be flat lines beside it. The split "Total" shows it.
        rows = tuple(row for row in rows if row[1] != ROOT_TOPIC)
        return lines_of(rows, window, coverage, others=False)
    if view.by is Split.LANGUAGE and view.language == EVERYTHING:
        rows = queries.posts_over_time(reader, start, end, width, by="language", topic=view.topic)
        return lines_of(rows, window, coverage, others=True)
    counts = queries.series(reader, start, end, width, topic=view.topic, language=view.language)
    rows = tuple((each.start, each.language, each.posts) for each in counts)
    return lines_of(rows, window, coverage, others=False)


def _newest(reader: Reader, view: Filters, window: Window) -> tuple[StoredPost, ...]:
    return queries.newest_posts(
        reader, window.start, window.until, topic=view.topic, language=view.language, limit=MOST_POSTS
    )


def _posts_between(reader: Reader, view: Filters, start: datetime, end: datetime) -> int:
    counts = queries.series(reader, start, end, WIDTHS[-1], topic=view.topic, language=view.language)
    return sum(each.posts for each in counts)


def _offered(chosen: str, found: Iterable[str], *always: str) -> tuple[str, ...]:
    """Return a filter's choices: everything first, then the window's values, the chosen one and `always`, sorted."""
    return (EVERYTHING, *sorted({chosen, *found, *always} - {EVERYTHING}))
