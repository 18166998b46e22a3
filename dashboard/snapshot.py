"""What the page shows, read once and shaped: one `Snapshot` a look at the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.filters import ROOT_TOPIC, Filters, Split
from dashboard.window import WIDTHS, Window, end_of_time, window_of
from processing import queries
from processing.contract import EVERYTHING, Incident, Pulse, Severity, Spike, VerdictName
from processing.queries import Coverage, Health, Reader, StoredPost

MOST_LINES = 6
MOST_POSTS = 30
MOST_INCIDENTS = 50
OTHERS = ""
"""Name of the line that holds what has no line of its own."""

LIVE_WITHIN = timedelta(days=1)
CATCHING_UP_FROM = timedelta(minutes=30)


@dataclass(frozen=True)
class Point:
    """Posts of one line in one bin; None where no collector was listening."""

    start: datetime
    line: str
    posts: int | None


@dataclass(frozen=True)
class SurgeMark:
    """A rise to mark, as a surge where it is organic: `end` is where it ends, or where the counting does."""

    start: datetime
    end: datetime
    ratio: float
    pulses: tuple[Pulse, ...]
    verdict: VerdictName


@dataclass(frozen=True)
class Snapshot:
    """Everything one look at the store gave."""

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


class HeadlineState(StrEnum):
    """What the headline says."""

    SURGING = "surging"
    CALM = "calm"
    CATCHING_UP = "catching_up"
    STALE = "stale"


class CollectorState(StrEnum):
    """What a collector does."""

    COMPLETE = "complete"
    IDLE = "idle"
    LISTENING = "listening"
    SILENT = "silent"
    AWAY = "away"
    FAILED = "failed"


@dataclass(frozen=True)
class Collector:
    """One collector as the page shows it. `stretch` is what it covers now, None where that is nothing.

    `detail` is its own word on what is wrong, in English: it may repeat what a network sent.
    """

    source: str
    state: CollectorState
    heard_at: datetime
    stretch: Coverage | None
    detail: str


def is_covered(start: datetime, end: datetime, coverage: Sequence[Coverage]) -> bool:
    """Whether any collector listened during part of a bin. With no word from any, we believe the counts."""
    return not coverage or any(stretch.since < end and stretch.until > start for stretch in coverage)


def largest(rows: Iterable[tuple[datetime, str, int]], most: int = MOST_LINES) -> tuple[str, ...]:
    """The lines with the most posts, largest first."""
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
    most: int = MOST_LINES,
) -> tuple[Point, ...]:
    """The largest series with every bin present: a bin without posts is zero where somebody listened.

    `others` adds up the rest, which is right for languages and wrong for topics, of which a post has several.
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
    """Stretches in which nobody listened."""
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
    """What to mark: incidents for a topic in all languages, the series' own spikes for anything narrower."""
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


def mood_of(snapshot: Snapshot, wall: datetime) -> HeadlineState:
    """What the headline may claim: nothing of the present where no collector speaks any more."""
    heard = [state_of(stretch, wall) for stretch in newest_stretches(snapshot.coverage)]
    if heard and all(state is CollectorState.SILENT for state in heard):
        return HeadlineState.STALE
    if going_on(snapshot.incidents):
        return HeadlineState.SURGING
    behind = snapshot.watched_until is None or snapshot.now - snapshot.watched_until > CATCHING_UP_FROM
    return HeadlineState.CATCHING_UP if behind else HeadlineState.CALM


def going_on(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Surges without an end yet. One that has ended stays open for hours, since later spikes may join it."""
    return tuple(incident for incident in surges(incidents) if incident.end is None)


def surges(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Those that people make; the others are recorded and shown among the cards, and nothing else claims a surge."""
    return tuple(incident for incident in incidents if incident.verdict is VerdictName.ORGANIC)


def strongest(incidents: Iterable[Incident]) -> Incident:
    """Of several that go on, the one to lead with."""
    order = list(Severity)
    return max(incidents, key=lambda incident: (order.index(incident.severity), incident.ratio))


def newest_stretches(coverage: Iterable[Coverage]) -> tuple[Coverage, ...]:
    """What each collector covers now: its newest stretch."""
    newest: dict[str, Coverage] = {}
    for stretch in coverage:
        kept = newest.get(stretch.source)
        if kept is None or stretch.until >= kept.until:
            newest[stretch.source] = stretch
    return tuple(newest[source] for source in sorted(newest))


def state_of(stretch: Coverage, wall: datetime) -> CollectorState:
    """How a collector is, by what it covers."""
    if stretch.complete:
        return CollectorState.COMPLETE
    if stretch.is_silent(wall):
        return CollectorState.SILENT
    return CollectorState.IDLE if stretch.idle else CollectorState.LISTENING


def collectors(coverage: Iterable[Coverage], health: Iterable[Health], wall: datetime) -> tuple[Collector, ...]:
    """Every collector that covers something or has said how it is, by name."""
    stretches = {stretch.source: stretch for stretch in newest_stretches(coverage)}
    words = {word.source: word for word in health}
    return tuple(
        _collector(source, stretches.get(source), words.get(source), wall) for source in sorted({*stretches, *words})
    )


def _collector(source: str, stretch: Coverage | None, word: Health | None, wall: datetime) -> Collector:
    events = [stretch.heard_at] if stretch else []
    events += [word.last_event] if word and word.last_event else []
    heard_at = max(events) if events or word is None else word.heard_at
    return Collector(source, _state(stretch, word, wall), heard_at, stretch, "" if word is None else word.detail)


def _state(stretch: Coverage | None, word: Health | None, wall: datetime) -> CollectorState:
    """How a collector is, as it says itself while it speaks; after that, by what it covers."""
    covers = CollectorState.SILENT if stretch is None else state_of(stretch, wall)
    says = covers if word is None else SAYS.get(word.state_at(wall), covers)
    return covers if (says, covers) in COVERS_SAYS_MORE else says


SAYS = {
    "listening": CollectorState.LISTENING,
    "silent": CollectorState.SILENT,
    "reconnecting": CollectorState.AWAY,
    "failed": CollectorState.FAILED,
}
"""A collector that has ended is what it covers."""

COVERS_SAYS_MORE = {
    (CollectorState.LISTENING, CollectorState.IDLE),
    (CollectorState.SILENT, CollectorState.COMPLETE),
}


def is_live(now: datetime, wall: datetime) -> bool:
    """Whether the data's now is near the wall's, so that its distance means anything."""
    return abs(wall - now) < LIVE_WITHIN


def load(reader: Reader, view: Filters) -> Snapshot | None:
    """Look at the store once; None while it holds no post.

    Raises:
        StoreUnavailable: it does not answer now.
        StoreRefused: it answers no.
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
        # The root topic holds all the others; beside it they would be flat lines. It is the total.
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
    """What a filter offers: what there is, what is chosen already, and everything."""
    return (EVERYTHING, *sorted({chosen, *found, *always} - {EVERYTHING}))
