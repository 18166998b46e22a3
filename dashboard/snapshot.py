"""A snapshot holds all data that the page "Now" shows: what is known at present, and counts of the chosen series."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Self

from dashboard.filters import Filters, Split
from dashboard.usual import DAYS_BEFORE, HOUR, Usual, usual
from dashboard.watch_list import WatchList
from dashboard.window import WIDTHS, Window, end_of_time, floor, window_of
from processing import queries
from processing.contract import EVERYTHING, Incident, Pulse, Spike, VerdictName
from processing.queries import Coverage, Health, Reader

MOST_CHART_LINES = 6
MOST_INCIDENTS = 50
OTHERS = ""
"""The name of the line that adds up all series without a line of their own."""
BEHIND_FROM = timedelta(minutes=15)
"""The watch is behind if the scored time ends so long before the counted time."""


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


@dataclass(frozen=True, kw_only=True)
class Present:
    """What the store knows at present, whatever a reader has chosen.

    `first` is the oldest covered moment, `newest` the newest counted minute, and `now` the newest covered moment;
    `watched_until` is the end of the time that the watch has scored, and `watch_heard_at` the wall clock of its last
    report. Both are None before its first bin.
    """

    first: datetime
    newest: datetime
    now: datetime
    coverage: tuple[Coverage, ...]
    watched_until: datetime | None
    incidents: tuple[Incident, ...]
    health: tuple[Health, ...] = ()
    watch_heard_at: datetime | None = None

    def of(self, watch: WatchList) -> Self:
        """Return the same with the incidents of one watch list."""
        return replace(self, incidents=tuple(each for each in self.incidents if each.topic == watch.root))

    @property
    def scored_until(self) -> datetime | None:
        """The moment of which every statement about surges is made. It is never later than the counts."""
        return None if self.watched_until is None else min(self.watched_until, self.now)

    @property
    def is_behind(self) -> bool:
        """Whether posts are counted of a time in which nobody has looked for surges yet."""
        return self.scored_until is None or self.now - self.scored_until > BEHIND_FROM


@dataclass(frozen=True, kw_only=True)
class Snapshot(Present):
    """What is known at present, with the counts of the chosen series in the chosen time.

    `last_hour` and `hour_before` are counted back from `counted_back_from`: while the watch is behind, that is the
    scored time. `everything` has the posts on any subject of each bin, if shares are asked for.
    """

    window: Window
    lines: tuple[Point, ...]
    marks: tuple[SurgeMark, ...]
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    total: int
    last_hour: int
    hour_before: int
    counted_back_from: datetime
    generated: tuple[str, ...]
    collected: tuple[str, ...]
    usual: tuple[Usual, ...] = ()
    everything: Mapping[datetime, int] | None = None

    def at(self, present: Present) -> Self:
        """Return the same counts beside what is known at another moment."""
        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**(kept | {field.name: getattr(present, field.name) for field in fields(Present)}))


def is_covered(start: datetime, end: datetime, coverage: Sequence[Coverage]) -> bool:
    """Return whether any collector covered a part of the bin. Without any coverage, every bin counts as covered."""
    return not coverage or any(stretch.since < end and stretch.until > start for stretch in coverage)


def coverage_of(source: str, coverage: Sequence[Coverage]) -> Sequence[Coverage]:
    """Return what is covered of a network: by the collector of its name, else by any, as an archive has many."""
    own = [stretch for stretch in coverage if stretch.source == source]
    return own or coverage


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


def load(reader: Reader, view: Filters, *, share: bool = False) -> Snapshot | None:
    """Load the data that the filters choose; return None while the store holds no post.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses the query.
    """
    known = present(reader)
    return None if known is None else look(reader, view, known, share=share)


def present(reader: Reader) -> Present | None:
    """Return what the store knows at present; None while it holds no post."""
    extent = queries.extent(reader)
    if extent is None:
        return None
    first, last = extent
    coverage, watch = queries.coverage(reader), queries.watch_report(reader)
    return Present(
        first=first,
        newest=last,
        now=end_of_time(coverage, last),
        coverage=coverage,
        watched_until=None if watch is None else watch.scored_until,
        incidents=queries.incidents(reader, limit=MOST_INCIDENTS),
        health=queries.health(reader),
        watch_heard_at=None if watch is None else watch.heard_at,
    )


def recent(reader: Reader, topic: str, language: str, until: datetime) -> tuple[int, int]:
    """Return the posts of a series in the hour before a moment, and in the hour before that one."""
    counts = queries.series(reader, until - 2 * HOUR, until, WIDTHS[0], topic=topic, language=language)
    last = sum(each.posts for each in counts if each.start >= until - HOUR)
    return last, sum(each.posts for each in counts) - last


def look(
    reader: Reader,
    view: Filters,
    known: Present,
    *,
    share: bool = False,
    recent: Callable[[Reader, str, str, datetime], tuple[int, int]] = recent,
) -> Snapshot:
    """Load the counts that the filters choose, with the incidents of their watch list.

    `recent` counts the last two hours, which several choices share.
    """
    known = known.of(view.watch)
    finished = all(stretch.complete for stretch in known.coverage)
    now = floor(known.now, WIDTHS[0])
    window = window_of(view, now, known.first, finished=finished)
    held = queries.presence(reader, window.start, window.until)
    spikes = queries.spikes(reader, window.start - DAYS_BEFORE, window.end)
    back_from = floor(known.scored_until, WIDTHS[0]) if known.is_behind and known.scored_until else now
    last_hour, hour_before = recent(reader, view.topic, view.language, back_from)
    return Snapshot(
        **{field.name: getattr(known, field.name) for field in fields(Present)},
        window=window,
        lines=_lines(reader, view, window, known.coverage),
        marks=marks_of(view, window, known.scored_until or now, known.incidents, spikes),
        topics=held.topics,
        languages=held.languages,
        total=_posts_between(reader, view, window.start, window.until),
        last_hour=last_hour,
        hour_before=hour_before,
        counted_back_from=back_from,
        generated=held.generated,
        collected=held.collected,
        usual=_usual(reader, view, window, known, spikes, share=share) if view.by is Split.TOTAL else (),
        everything=_everything(reader, view, window) if share else None,
    )


def _lines(reader: Reader, view: Filters, window: Window, coverage: Sequence[Coverage]) -> tuple[Point, ...]:
    start, end, width = window.start, window.end, window.width
    if view.by is Split.TOPIC:
        rows = queries.topics_over_time(reader, start, end, width, language=view.language)
        # The root topic contains all the others, which would be flat lines beside it. The split "Total" shows it.
        rows = tuple(row for row in rows if row[1] in view.watch.parts)
        return lines_of(rows, window, coverage, others=False)
    if view.by is Split.LANGUAGE and view.language == EVERYTHING:
        rows = queries.posts_over_time(reader, start, end, width, by="language", topic=view.topic)
        return lines_of(rows, window, coverage, others=True)
    counts = queries.series(reader, start, end, width, topic=view.topic, language=view.language)
    rows = tuple((each.start, each.language, each.posts) for each in counts)
    return lines_of(rows, window, coverage, others=False)


def _everything(reader: Reader, view: Filters, window: Window) -> dict[datetime, int]:
    """Return the posts on any subject of each bin, in the chosen language."""
    return _counts(reader, _any_topic(view), window.start, window.end, window.width)


def _usual(
    reader: Reader, view: Filters, window: Window, known: Present, spikes: Collection[Spike], *, share: bool
) -> tuple[Usual, ...]:
    """Return what is usual for the chosen series at the time of each bin, in posts or as a share of all posts."""
    start = floor(window.start, HOUR) - DAYS_BEFORE
    hours = _counts(reader, view, start, window.end, HOUR)
    everything = _counts(reader, _any_topic(view), start, window.end, HOUR) if share else None
    raised = [
        (spike.start, spike.end or known.now)
        for spike in spikes
        if (spike.topic, spike.language) == (view.topic, view.language)
    ]

    def is_known(begin: datetime, end: datetime) -> bool:
        return begin >= known.first and is_covered(begin, end, known.coverage)

    return usual(hours, window, is_known, raised, everything)


def _any_topic(view: Filters) -> Filters:
    return replace(view, topic=EVERYTHING)


def _counts(reader: Reader, view: Filters, start: datetime, end: datetime, width: timedelta) -> dict[datetime, int]:
    counts = queries.series(reader, start, end, width, topic=view.topic, language=view.language)
    return {each.start: each.posts for each in counts}


def _posts_between(reader: Reader, view: Filters, start: datetime, end: datetime) -> int:
    return sum(_counts(reader, view, start, end, WIDTHS[-1]).values())
