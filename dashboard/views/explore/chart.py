"""The charts of a comparison: all lines in one, or a small one with bars for each line."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts import AT, AXES, SHADE_OF_SILENCE, colours, time_axis, value_axis
from dashboard.i18n import Words
from dashboard.snapshot import Point, silences
from dashboard.views.explore.comparison import Bar, Comparison
from dashboard.views.explore.names import line_name

PICKED = "picked"
"""The name of the selection of a bar."""
HEIGHT, SMALL_HEIGHT = 340, 170
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")
SIGNS = ("●", "■", "◆", "▲", "▼", "✚")
"""The shape of each line's points, and its sign beside the line's name."""


def together(of: Comparison, words: Words, *, share: bool, log: bool, description: str) -> alt.LayerChart:
    """Return one chart with a line for each series. The points of a line have a shape of their own."""
    names = [line_name(line, of, words) for line in of.lines]
    palette = colours(of.lines)
    rows = [row for line in of.lines for row in _rows(of.bars[line], of, words, share=share)]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=value_axis("value", _title(of, words, share=share), log=log, share=share),
        color=alt.Color(
            "line:N", legend=None, scale=alt.Scale(domain=names, range=[palette[line] for line in of.lines])
        ),
    )
    picked = alt.selection_point(name=PICKED, fields=["key"], nearest=True, toggle=False)
    points = base.mark_point(filled=True, size=45, opacity=1).encode(
        x=time_axis(of.window, words),
        shape=alt.Shape("line:N", legend=None, scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)]))),
        tooltip=_tooltip(words, share=share),
    )
    lines = base.mark_line(strokeWidth=2, tooltip=False).encode(x=alt.X(AT, axis=None))
    unknown = _unknown([bar for line in of.lines for bar in of.bars[line]], of, words, every=len(of.lines))
    return _whole([*unknown, lines, points.add_params(picked)], HEIGHT, description)


def alone(
    of: Comparison, line: str, words: Words, *, share: bool, log: bool, top: float | None, description: str
) -> alt.LayerChart:
    """Return a small chart with the bars of one line. Charts with the same `top` have the same scale."""
    bars = of.bars[line]
    drawn = alt.Chart(pd.DataFrame(_rows(bars, of, words, share=share)))
    picked = alt.selection_point(name=PICKED, fields=["key"], toggle=False)
    counts = drawn.mark_bar(color=colours(of.lines)[line], tooltip=True).encode(
        x=time_axis(of.window, words).title(None),
        x2="until:T",
        y=value_axis("value", _title(of, words, share=share), log=log, share=share, top=top),
        y2=alt.datum(0),
        opacity=alt.condition(picked, alt.value(1), alt.value(0.45)),
        tooltip=_tooltip(words, share=share),
    )
    return _whole([*_unknown(bars, of, words, every=1), counts.add_params(picked)], SMALL_HEIGHT, description)


def _whole(layers: list[alt.Chart], height: int, description: str) -> alt.LayerChart:
    return alt.LayerChart(
        description=description,
        layer=layers,
        height=height,
        resolve=alt.Resolve(axis=alt.AxisResolveMap(x="independent")),
        config=alt.Config(view=alt.ViewConfig(stroke=None), axis=AXES),
    )


def _title(of: Comparison, words: Words, *, share: bool) -> str:
    title = words.explore_page.share_axis if share else words.posts_per
    return words.isolated(title.format(width=words.duration(of.window.width)))


def _tooltip(words: Words, *, share: bool) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("when:N", title=words.time),
        alt.Tooltip("line:N", title=" "),
        alt.Tooltip("value:Q", title=words.posts, format=".2~%" if share else ",d"),
    ]


def _rows(bars: tuple[Bar, ...], of: Comparison, words: Words, *, share: bool) -> list[dict[str, Any]]:
    """Return a row for each bar. A point stands at the begin of its bin, where its bar begins."""
    return [
        {
            "at": bar.at,
            "until": bar.at + of.window.width * 0.92,
            "line": line_name(bar.line, of, words),
            "value": bar.value(share=share),
            "when": words.moment(bar.start),
            "key": bar.key,
        }
        for bar in bars
    ]


def _unknown(bars: list[Bar] | tuple[Bar, ...], of: Comparison, words: Words, *, every: int) -> list[alt.Chart]:
    """Return the shade of the time of which no line is known. `every` is the number of lines."""
    missing = [bar.at for bar in bars if bar.posts is None]
    points = [Point(at, "", None) for at in sorted(set(missing)) if missing.count(at) == every]
    rows = [
        {"at": start, "until": end, "label": words.no_data, "when": words.moment(start)}
        for start, end in silences(points, of.window.width)
    ]
    if not rows:
        return []
    shade = SHADE_OF_SILENCE(alt.Chart(pd.DataFrame(rows)))
    return [shade.encode(x=alt.X(AT, axis=None), x2="until:T", tooltip=["label:N", "when:N"])]
