"""The chart of posts over time, with surges shaded and their pulses marked.

Time runs from left to right in Arabic too. A time axis is a figure, like a map, and two readers of a shared view must
see the same figure. A mirrored axis would show an effect before its cause to a reader who compares the two. The axis of
counts always starts at zero.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import altair as alt
import pandas as pd

from dashboard.i18n import Words
from dashboard.i18n.labels import mark_name
from dashboard.snapshot import OTHERS, Point, SurgeMark, silences
from dashboard.window import Window
from processing.contract import VerdictName

# Okabe and Ito's colours, which people with any colour vision can distinguish (jfly.uni-koeln.de/color).
# Vermilion is reserved for surges, and grey for the line of all other series.
INK = "currentColor"
"""The page's own text colour, light or dark: the chart is an SVG inside the page and inherits the colour."""
LINES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", INK)
REST = "#8C8C8C"
SURGE = "#D55E00"
SILENCE = "#B0B0B0"
HEIGHT = 300
AT = "at:T"
"""The time field of the marks. They share the scale and the axis of the counts and need no title of their own."""
SHADE_OF_SILENCE = partial(alt.Chart.mark_rect, color=SILENCE, opacity=0.25)
SHADE_OF_SURGE = partial(alt.Chart.mark_rect, color=SURGE, opacity=0.15)
FRAME = partial(alt.Chart.mark_rect, fillOpacity=0, stroke=REST, strokeDash=[2, 3], strokeWidth=1.5)
RULE = partial(alt.Chart.mark_rule, color=SURGE, strokeDash=[4, 3], strokeWidth=1.5)
AXES = alt.AxisConfig(labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=INK)


def colours(lines: Sequence[str]) -> dict[str, str]:
    """Return a colour for each line. The lines are sorted by size, the largest first."""
    named = [line for line in lines if line != OTHERS]
    return {line: LINES[index % len(LINES)] for index, line in enumerate(named)} | {OTHERS: REST}


def names_of(points: Sequence[Point]) -> tuple[str, ...]:
    """Return the names of a chart's lines in their order."""
    return tuple(dict.fromkeys(point.line for point in points))


def timeline(
    points: Sequence[Point],
    marks: Sequence[SurgeMark],
    window: Window,
    *,
    stacked: bool,
    words: Words,
    name: Callable[[str], str],
    description: str,
) -> alt.LayerChart:
    """Return the chart: separate lines over time, or stacked areas if the lines add up to the total."""
    surges = [mark for mark in marks if mark.verdict is VerdictName.ORGANIC]
    doubts = [mark for mark in marks if mark.verdict is not VerdictName.ORGANIC]
    marked = [
        _marks(SHADE_OF_SILENCE, _silence_rows(points, window, words), x2="until:T"),
        _marks(SHADE_OF_SURGE, _mark_rows(surges, words), x2="until:T"),
        _marks(FRAME, _mark_rows(doubts, words), x2="until:T"),
        _marks(RULE, _pulse_rows(surges, words)),
        # The labels stand in two rows above the plot, where no line of counts can cross them.
        _labels(_surge_labels(surges, words), y=-24),
        _labels(_mark_rows(doubts, words), y=-24),
        _labels(_pulse_labels(surges), y=-8),
    ]
    counts = _counts(points, window, stacked=stacked, words=words, name=name)
    layers = [counts, *(layer for layer in marked if layer is not None)]
    return alt.LayerChart(
        description=description,
        layer=layers,
        height=HEIGHT,
        config=alt.Config(view=alt.ViewConfig(stroke=None), axis=AXES),
    )


def _time_axis(window: Window, words: Words) -> alt.X:
    """Return the time axis, with days by name and hours by clock.

    Vega has English month names only, so the axis sets its own.
    """
    names = words.locale.months["format"]["abbreviated"]
    months = json.dumps([names[month] for month in range(1, 13)], ensure_ascii=False)
    opening, _, closing = words.isolated("|").partition("|")
    # Vega knows two zones, UTC and the browser's. The reader's is the one or the other.
    in_utc = words.zone is UTC
    utc, write = ("utc", "utcFormat") if in_utc else ("", "timeFormat")
    label = (
        f"{utc}hours(datum.value) == 0 && {utc}minutes(datum.value) == 0"
        f" ? '{opening}' + {utc}date(datum.value) + ' ' + {months}[{utc}month(datum.value)] + '{closing}'"
        f" : {write}(datum.value, '%H:%M')"
    )
    domain = [_vega(window.start), _vega(window.end)]
    return alt.X(
        AT,
        title=words.isolated(words.time_axis.format(zone=words.offset(window.end))),
        scale=alt.Scale(type="utc" if in_utc else "time", domain=domain, nice=False),
        axis=alt.Axis(labelExpr=label, grid=False, tickCount=8, labelOverlap=True, labelFlush=True),
    )


def _vega(at: datetime) -> alt.DateTime:
    return alt.DateTime(
        year=at.year, month=at.month, date=at.day, hours=at.hour, minutes=at.minute, seconds=at.second, utc=True
    )


def _counts(
    points: Sequence[Point],
    window: Window,
    *,
    stacked: bool,
    words: Words,
    name: Callable[[str], str],
) -> alt.Chart:
    lines = names_of(points)
    chart = alt.Chart(pd.DataFrame(_count_rows(points, window, words, name)))
    single = len(lines) == 1
    filled = chart.mark_area(line={"strokeWidth": 2}, fillOpacity=0.25) if single else chart.mark_area(opacity=0.85)
    drawn = filled if stacked or single else chart.mark_line(strokeWidth=2)
    palette = colours(lines)
    counted: alt.Chart = drawn.encode(
        x=_time_axis(window, words),
        y=alt.Y(
            "posts:Q",
            title=words.isolated(words.posts_per.format(width=words.duration(window.width))),
            stack="zero" if stacked else None,
            scale=alt.Scale(zero=True, nice=True),
            axis=alt.Axis(format=",d", tickMinStep=1, tickCount=5),
        ),
        color=alt.Color(
            "line:N",
            legend=None,
            scale=alt.Scale(domain=[name(line) for line in lines], range=[palette[line] for line in lines]),
        ),
        order=alt.Order("order:Q"),
        tooltip=[
            alt.Tooltip("when:N", title=words.time),
            alt.Tooltip("line:N", title=" "),
            alt.Tooltip("posts:Q", title=words.posts, format=",d"),
        ],
    )
    return counted


def _count_rows(
    points: Sequence[Point], window: Window, words: Words, name: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return one row for each bin.

    A point stands at the middle of its bin, so that a pulse's line meets the top of its bin.
    """
    order = {line: index for index, line in enumerate(names_of(points))}
    return [
        {
            "at": point.start + window.width / 2,
            "line": name(point.line),
            "posts": point.posts,
            "when": words.moment(point.start),
            "order": order[point.line],
        }
        for point in points
    ]


def _silence_rows(points: Sequence[Point], window: Window, words: Words) -> list[dict[str, Any]]:
    return [
        {"at": start, "until": end, "label": words.no_data, "when": words.moment(start)}
        for start, end in silences(points, window.width)
    ]


def _mark_rows(marks: Sequence[SurgeMark], words: Words) -> list[dict[str, Any]]:
    """Return one row for each rise. The label of a surge is its ratio; the label of any other rise is its verdict."""
    return [
        {
            "at": mark.start,
            "until": max(mark.end, mark.start + timedelta(minutes=1)),
            "label": f"{words.surge} {words.number(mark.ratio)}{words.times_normal}"
            if mark.verdict is VerdictName.ORGANIC
            else mark_name(mark.verdict, words),
            "when": words.moment(mark.start),
        }
        for mark in marks
    ]


def _pulse_rows(marks: Sequence[SurgeMark], words: Words) -> list[dict[str, Any]]:
    return [
        {"at": pulse.peak, "label": f"{words.pulse} {index}", "when": words.moment(pulse.peak)}
        for mark in marks
        for index, pulse in enumerate(mark.pulses, start=1)
    ]


def _surge_labels(marks: Sequence[SurgeMark], words: Words) -> list[dict[str, Any]]:
    return [{"at": mark.start, "label": f"{words.number(mark.ratio)}×"} for mark in marks]


def _pulse_labels(marks: Sequence[SurgeMark]) -> list[dict[str, Any]]:
    return [
        {"at": pulse.peak, "label": str(index)} for mark in marks for index, pulse in enumerate(mark.pulses, start=1)
    ]


def _marks(mark: Callable[..., alt.Chart], rows: list[dict[str, Any]], **encoding: Any) -> alt.Chart | None:
    """Return one mark for each row, clipped to the plot, with a tooltip; None if there are no rows."""
    drawn: alt.Chart = mark(alt.Chart(pd.DataFrame(rows)), clip=True).encode(
        x=AT, tooltip=["label:N", "when:N"], **encoding
    )
    return drawn if rows else None


def _labels(rows: list[dict[str, Any]], *, y: int) -> alt.Chart | None:
    labels = alt.Chart(pd.DataFrame(rows)).mark_text(align="left", dx=4, color=INK, fontSize=13, fontWeight="bold")
    drawn: alt.Chart = labels.encode(x=AT, y=alt.value(y), text="label:N")
    return drawn if rows else None
