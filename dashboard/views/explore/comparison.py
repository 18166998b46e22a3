"""A comparison: which lines stand beside each other, and how many posts each bar counts. Pure but `load`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.filters import Filters
from dashboard.snapshot import MOST_CHART_LINES, Present, coverage_of, is_covered, largest
from dashboard.window import WIDTHS, Window, floor, window_of
from processing import queries
from processing.contract import EVERYTHING
from processing.queries import Coverage, Reader

MOST_BARS = 84
MOST_LINES = MOST_CHART_LINES
MOST_OFFERED = 200
NOW, BEFORE = "now", "before"
"""The two lines of a comparison of times."""


class Compare(StrEnum):
    """What the lines are."""

    TOPIC = "topic"
    LANGUAGE = "language"
    SOURCE = "source"
    TIME = "time"


Row = tuple[datetime, str, int]


@dataclass(frozen=True)
class Counted:
    """The counts of all lines in a window: rows of (bin, line, posts), and the posts of which shares are taken.

    In a comparison of times, the bins of the line `BEFORE` lie before the window. `topics` and `languages` are those
    that have posts in the window. `root` is the root of the watch list.
    """

    window: Window
    rows: tuple[Row, ...]
    whole: Mapping[datetime, int]
    first: datetime
    coverage: tuple[Coverage, ...]
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    root: str = ""


@dataclass(frozen=True)
class Bar:
    """The posts of one line in one bin. `at` is where the bar stands, and `start` is the bin that it counts.

    `posts` is None if no collector covered the bin. `whole` are the posts of which the share is taken.
    """

    line: str
    at: datetime
    start: datetime
    posts: int | None
    whole: int

    @property
    def key(self) -> str:
        """What tells the bar apart from all others."""
        return f"{self.line} {self.start.isoformat()}"

    def value(self, *, share: bool) -> float | None:
        """Return what the chart draws; None if it is not known."""
        if not share or self.posts is None:
            return self.posts
        return self.posts / self.whole if self.whole else None


@dataclass(frozen=True)
class Comparison:
    """The bars of each line over a window, the lines with the most posts first. `more` lines are left out."""

    by: Compare
    window: Window
    bars: Mapping[str, tuple[Bar, ...]]
    more: int = 0

    @property
    def lines(self) -> tuple[str, ...]:
        """The names of the lines."""
        return tuple(self.bars)

    def find(self, key: str) -> Bar | None:
        """Return a bar by its key."""
        return next((bar for bars in self.bars.values() for bar in bars if bar.key == key), None)

    def total(self, line: str) -> int | None:
        """Return the posts of a line over the window; None if nothing of it is known."""
        known = [bar.posts for bar in self.bars[line] if bar.posts is not None]
        return sum(known) if known else None

    def share(self, line: str) -> float | None:
        """Return the share of a line over the known part of the window."""
        known = [bar for bar in self.bars[line] if bar.posts is not None]
        whole = sum(bar.whole for bar in known)
        return sum(bar.posts or 0 for bar in known) / whole if whole else None


def load(reader: Reader, view: Filters, by: Compare, known: Present) -> Counted:
    """Read the counts of a comparison. They come from the counts and their sums, never from posts.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses the query.
    """
    finished = all(stretch.complete for stretch in known.coverage)
    window = window_of(view, floor(known.now, WIDTHS[0]), known.first, finished=finished, most=MOST_BARS)
    rows, whole = _rows(reader, view, by, window)
    held = queries.presence(reader, window.start, window.until)
    return Counted(window, rows, whole, known.first, known.coverage, held.topics, held.languages, view.watch.root)


def _rows(reader: Reader, view: Filters, by: Compare, window: Window) -> tuple[tuple[Row, ...], dict[datetime, int]]:
    start, end, width = window.start, window.end, window.width
    if by is Compare.TOPIC:
        found = queries.topics_over_time(reader, start, end, width, language=view.language)
        rows = tuple(row for row in found if view.watch.of((row[1],)))
        return rows, _series(reader, start, end, width, topic=EVERYTHING, language=view.language)
    if by is Compare.TIME:
        begin = start - (end - start)
        posts = _series(reader, begin, end, width, topic=view.topic, language=view.language)
        rows = tuple((at, NOW if at >= start else BEFORE, count) for at, count in posts.items())
        return rows, _series(reader, begin, end, width, topic=EVERYTHING, language=view.language)
    if by is Compare.LANGUAGE:
        rows = queries.posts_over_time(reader, start, end, width, by="language", topic=view.topic)
    else:
        rows = queries.posts_over_time(reader, start, end, width, by="source", topic=view.topic, language=view.language)
    return rows, _sums(rows)


def _series(
    reader: Reader, start: datetime, end: datetime, width: timedelta, *, topic: str, language: str
) -> dict[datetime, int]:
    found = queries.series(reader, start, end, width, topic=topic, language=language)
    return {each.start: each.posts for each in found}


def _sums(rows: Sequence[Row]) -> dict[datetime, int]:
    sums: Counter[datetime] = Counter()
    for start, _, posts in rows:
        sums[start] += posts
    return dict(sums)


def offered(counted: Counted, by: Compare) -> tuple[str, ...]:
    """Return the lines that can be chosen, those with the most posts first. Two times are always both shown."""
    return () if by is Compare.TIME else largest(counted.rows, MOST_OFFERED)


def compared(counted: Counted, by: Compare, chosen: Collection[str] = ()) -> Comparison:
    """Return the comparison of the chosen lines; without a choice, of the lines with the most posts.

    The root topic contains the others, so it is a line only if it is chosen.
    """
    if by is Compare.TIME:
        names: tuple[str, ...] = (NOW, BEFORE)
        more = 0
    else:
        found = largest(counted.rows, MOST_OFFERED)
        likely = [line for line in found if by is not Compare.TOPIC or line != counted.root] or list(found)
        wanted = [line for line in found if line in chosen] or likely
        names, more = tuple(wanted[:MOST_LINES]), max(0, len(wanted) - MOST_LINES)
    posts: defaultdict[str, dict[datetime, int]] = defaultdict(dict)
    for start, line, count in counted.rows:
        posts[line][start] = count
    bars = {line: tuple(_bars(counted, by, line, posts[line])) for line in names}
    return Comparison(by, counted.window, bars, more)


def _bars(counted: Counted, by: Compare, line: str, posts: Mapping[datetime, int]) -> list[Bar]:
    window = counted.window
    back = window.end - window.start if line == BEFORE and by is Compare.TIME else timedelta()
    coverage = coverage_of(line, counted.coverage) if by is Compare.SOURCE else counted.coverage
    bars = []
    for at in window.bins():
        start = at - back
        end = start + window.width
        known = start in posts or (end > counted.first and is_covered(start, end, coverage))
        bars.append(Bar(line, at, start, posts.get(start, 0) if known else None, counted.whole.get(start, 0)))
    return bars
