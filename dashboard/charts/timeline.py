"""The chart of posts over time, with what is usual behind the counts, surges shaded and their pulses marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.axes import AT, AXES, label_row, time_axis, value_axis
from dashboard.charts.event import Event, letters, within
from dashboard.charts.marks import marks_before, marks_behind, pulse_labels, rise_labels
from dashboard.charts.palette import REST, colours, names_of
from dashboard.i18n import Words
from dashboard.snapshot import Point, SurgeMark
from dashboard.usual import Usual
from dashboard.window import Window

HEIGHT = 320
BRUSH = "brush"
"""The name of the selection of a stretch of time."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """How a chart is drawn.

    `stacked` draws areas that add up to the total, in place of separate lines. `everything` has the posts on any
    subject by bin, and turns counts into shares of them. `scored_until` is set if the counts reach further than the
    scores. `brush` lets the reader select a stretch of time.
    """

    stacked: bool = False
    log: bool = False
    everything: Mapping[datetime, int] | None = field(default=None, hash=False)
    usual: Sequence[Usual] = ()
    events: Sequence[Event] = ()
    scored_until: datetime | None = None
    brush: bool = False

    @property
    def share(self) -> bool:
        """Whether the values are shares of all posts."""
        return self.everything is not None

    def axis(self, field: str, words: Words, window: Window, *, stacked: bool = False) -> alt.Y:
        """Return the axis of values."""
        title = words.now_page.share_axis if self.share else words.posts_per
        title = words.isolated(title.format(width=words.duration(window.width)))
        return value_axis(field, title, log=self.log, share=self.share, stacked=stacked)

    def value(self, point: Point) -> float | None:
        """Return what the chart draws of a bin; None if it is not known."""
        if self.everything is None or point.posts is None:
            return point.posts
        whole = self.everything.get(point.start, 0)
        return point.posts / whole if whole else None


def timeline(
    points: Sequence[Point],
    marks: Sequence[SurgeMark],
    window: Window,
    *,
    words: Words,
    name: Callable[[str], str],
    description: str,
    chart: Chart = Chart(),
) -> alt.LayerChart:
    """Return the chart: separate lines over time, or stacked areas if the lines add up to the total."""
    known = within(chart.events, window)
    rows = [pulse_labels(marks), rise_labels(marks, words), letters(known, words)]
    counts = _counts(points, window, words, name, chart)
    layers = [
        *marks_behind(points, marks, window, words),
        *_usual(chart, window, words),
        counts.add_params(alt.selection_interval(name=BRUSH, encodings=["x"])) if chart.brush else counts,
        *marks_before(marks, known, chart.scored_until, words),
        *(row for number, labels in enumerate(filter(None, rows)) if (row := label_row(labels, window, words, number))),
    ]
    return alt.LayerChart(
        description=description,
        layer=layers,
        height=HEIGHT,
        resolve=alt.Resolve(axis=alt.AxisResolveMap(x="independent")),
        config=alt.Config(view=alt.ViewConfig(stroke=None), axis=AXES),
    )


def _counts(
    points: Sequence[Point], window: Window, words: Words, name: Callable[[str], str], chart: Chart
) -> alt.Chart:
    lines = names_of(points)
    base = alt.Chart(pd.DataFrame(_count_rows(points, window, words, name, chart)))
    stacked = chart.stacked and not chart.log
    single = len(lines) == 1
    filled = base.mark_area(line={"strokeWidth": 2}, fillOpacity=0.25) if single else base.mark_area(opacity=0.85)
    drawn = filled if stacked or single else base.mark_line(strokeWidth=2)
    palette = colours(lines)
    counted: alt.Chart = drawn.encode(
        x=time_axis(window, words),
        y=chart.axis("value", words, window, stacked=stacked),
        color=alt.Color(
            "line:N",
            legend=None,
            scale=alt.Scale(domain=[name(line) for line in lines], range=[palette[line] for line in lines]),
        ),
        order=alt.Order("order:Q"),
        tooltip=[
            alt.Tooltip("when:N", title=words.time),
            alt.Tooltip("line:N", title=" "),
            alt.Tooltip("value:Q", title=words.posts, format=".2~%" if chart.share else ",d"),
        ],
    )
    return counted


def _count_rows(
    points: Sequence[Point], window: Window, words: Words, name: Callable[[str], str], chart: Chart
) -> list[dict[str, Any]]:
    """Return one row for each bin.

    A point stands at the middle of its bin, so that a pulse's line meets the top of its bin.
    """
    order = {line: index for index, line in enumerate(names_of(points))}
    return [
        {
            "at": point.start + window.width / 2,
            "line": name(point.line),
            "value": chart.value(point),
            "when": words.moment(point.start),
            "order": order[point.line],
        }
        for point in points
    ]


def _usual(chart: Chart, window: Window, words: Words) -> list[alt.Chart]:
    """Return the range of usual values as a band with an edge. It is drawn before the counts, so it lies behind."""
    if not chart.usual:
        return []
    known = {each.start: each for each in chart.usual}
    rows = [
        {"at": start + window.width / 2, "low": each.low if each else None, "high": each.high if each else None}
        for start in window.bins()
        for each in [known.get(start)]
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(x=alt.X(AT, axis=None))
    low, high = (chart.axis(field, words, window) for field in ("low", "high"))
    return [
        base.mark_area(color=REST, opacity=0.22, tooltip=False).encode(y=low, y2="high:Q"),
        base.mark_line(color=REST, strokeDash=[5, 3], strokeWidth=1.5, tooltip=False).encode(y=high),
    ]
