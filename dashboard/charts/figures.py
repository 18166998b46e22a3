"""What a chart shows, as one sentence and as a table, for those who cannot see the chart or want its figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

import pandas as pd

from dashboard.charts.marks import is_surge
from dashboard.charts.palette import names_of
from dashboard.charts.timeline import Chart
from dashboard.i18n import Words
from dashboard.snapshot import Point, SurgeMark
from dashboard.window import Window


def summary(
    points: Sequence[Point],
    marks: Sequence[SurgeMark],
    window: Window,
    *,
    words: Words,
    name: Callable[[str], str],
    chart: Chart,
) -> str:
    """Return one sentence with the highest bin, the total of lines that add up, and the marked surges."""
    page, lines = words.now_page, names_of(points)
    known = [(value, point) for point in points if (value := chart.value(point)) is not None]
    if not known:
        return words.nothing_in_range
    if chart.stacked:  # What the reader sees is the height of the whole stack.
        heights: defaultdict[datetime, float] = defaultdict(float)
        for height, point in known:
            heights[point.start] += height
        start, value, named = *max(heights.items(), key=lambda each: each[1]), ""
    else:
        value, highest = max(known, key=lambda each: each[0])
        start, named = highest.start, f" ({name(highest.line)})" if len(lines) > 1 else ""
    parts = [
        page.highest.format(
            value=words.percent(value, tenths=True) if chart.share else words.number(value),
            width=words.duration(window.width),
            start=words.moment(start),
        )
        + named
    ]
    if chart.stacked or len(lines) == 1:
        parts.append(page.total_posts.format(count=words.number(sum(point.posts or 0 for point in points))))
    surges = [mark for mark in marks if is_surge(mark)]
    doubts = len(marks) - len(surges)
    if surges:
        since = words.separator.join(words.moment(mark.start) for mark in surges[-3:])
        parts.append(page.marked_surges.format(count=words.number(len(surges)), since=since))
    else:
        parts.append(page.no_marked_surges)
    parts += [page.marked_doubts.format(count=words.number(doubts))] if doubts else []
    return page.sentence.join(parts) + page.full_stop


def figures(points: Sequence[Point], *, words: Words, name: Callable[[str], str], chart: Chart) -> pd.DataFrame:
    """Return the figures of the chart: a row for each bin, the newest first, and a column for each line.

    A bin that nobody covered has no value.
    """
    columns: defaultdict[str, dict[datetime, float | None]] = defaultdict(dict)
    for point in points:
        columns[name(point.line)][point.start] = chart.value(point)
    usual = {each.start: each for each in chart.usual}
    if usual:
        columns[words.now_page.usual_low] = {start: each.low for start, each in usual.items()}
        columns[words.now_page.usual_high] = {start: each.high for start, each in usual.items()}
    starts = sorted({point.start for point in points}, reverse=True)
    table = {column: [values.get(start) for start in starts] for column, values in columns.items()}
    zone = words.offset(starts[0]) if starts else ""
    times = [start.astimezone(words.zone) for start in starts]
    return pd.DataFrame({words.time_axis.format(zone=zone): times, **table})
