"""The chart of a result. A person chooses its axes; the defaults are the first columns that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import AXES, INK, LINES, specification
from dashboard.i18n import Words
from dashboard.markup import literal
from dashboard.views.sql import frames
from processing.queries import Kind, Table

MOST_COLOURS = len(LINES)
MOST_GROUPS = 40
"""The values that a column may have to give the colour by default."""
MOST_POINTS = 2_000
HEIGHT = 340
NONE = -1
"""The choice of no column for the colour."""


@dataclass(frozen=True)
class Axes:
    """The numbers of the columns that a chart shows. `colour` is None if there is one colour."""

    x: int
    y: int
    colour: int | None = None


def default_axes(table: Table) -> Axes | None:
    """Return sensible axes for a result, or None if it has no numbers.

    Time goes across, else the first text. The first other number goes up. A text with several values gives the colour.
    """
    kinds = [column.kind for column in table.columns]
    times, texts, numbers = (
        [place for place, kind in enumerate(kinds) if kind is wanted] for wanted in (Kind.TIME, Kind.TEXT, Kind.NUMBER)
    )
    x = next(iter([*times, *texts, *(numbers if len(numbers) > 1 else []), *range(len(kinds))]), None)
    y = next((place for place in numbers if place != x), None)
    if x is None or y is None:
        return None
    several = (place for place in texts if place != x and 1 < len({row[place] for row in table.rows}) <= MOST_GROUPS)
    return Axes(x, y, next(several, None))


def show(table: Table, words: Words) -> None:
    """Draw the choices and the chart."""
    said = words.sql_page
    default = default_axes(table)
    if default is None:
        st.info(said.no_chart)
        return
    chosen = _choose(table, default, words)
    if len(table.rows) > MOST_POINTS:
        st.caption(said.chart_first.format(count=words.number(MOST_POINTS)))
    names = frames.names_of(table.columns)
    data, groups = _data(table, chosen)
    if chosen.colour is not None and groups > MOST_COLOURS:
        column = literal(names[chosen.colour])
        st.caption(said.few_colours.format(count=words.number(MOST_COLOURS), all=words.number(groups), column=column))
    sentence = said.chart_alt.format(
        x=names[chosen.x],
        y=names[chosen.y],
        lowest=words.number(float(data["y"].min())),
        highest=words.number(float(data["y"].max())),
    )
    drawn = _chart(data, chosen, names, table.columns[chosen.x].kind, sentence)
    st.vega_lite_chart(spec=specification(drawn), key="sql_chart")
    st.caption(literal(sentence))


def _choose(table: Table, default: Axes, words: Words) -> Axes:
    said, names = words.sql_page, frames.names_of(table.columns)
    numbers = [place for place, column in enumerate(table.columns) if column.kind is Kind.NUMBER]
    # The keys name the columns, so a result with other columns starts with its own defaults.
    key = hash(tuple(names))
    across, up, colours = st.columns(3)
    with across:
        x = st.selectbox(said.x, range(len(names)), index=default.x, format_func=names.__getitem__, key=f"sql_x_{key}")
    with up:
        y = st.selectbox(
            said.y, numbers, index=numbers.index(default.y), format_func=names.__getitem__, key=f"sql_y_{key}"
        )
    with colours:
        options = [NONE, *range(len(names))]
        colour = st.selectbox(
            said.colour,
            options,
            index=options.index(NONE if default.colour is None else default.colour),
            format_func=lambda place: said.no_colour if place == NONE else names[place],
            key=f"sql_colour_{key}",
        )
    return Axes(x, y, None if colour == NONE else colour)


def _data(table: Table, axes: Axes) -> tuple[pd.DataFrame, int]:
    """Return the points of the chart, and how many groups the colour's column has. The largest groups are kept.

    The columns have names of ours: Vega reads a dot or a bracket in a name as a path.
    """
    shown = frames.displayed(Table(table.columns, table.rows[:MOST_POINTS], cut=False))
    data = pd.DataFrame({"x": shown.iloc[:, axes.x], "y": shown.iloc[:, axes.y].astype("float64")})
    if table.columns[axes.x].kind is Kind.TIME:
        data["x"] = pd.to_datetime(data["x"], errors="coerce")
    elif table.columns[axes.x].kind is not Kind.NUMBER:
        data["x"] = data["x"].astype(str)
    if axes.colour is None:
        return data, 1
    data["colour"] = shown.iloc[:, axes.colour].astype(str)
    sizes = data["y"].groupby(data["colour"]).sum()
    return data[data["colour"].isin(sizes.nlargest(MOST_COLOURS).index)], len(sizes)


def _chart(data: pd.DataFrame, axes: Axes, names: Sequence[str], kind: Kind, description: str) -> alt.Chart:
    across = _across(kind, names[axes.x])
    encoding: dict[str, Any] = {"x": across, "y": _up(names[axes.y])}
    tooltip = [alt.Tooltip(across.shorthand, title=names[axes.x]), alt.Tooltip("y:Q", title=names[axes.y])]
    if axes.colour is not None:
        groups = [str(each) for each in data["colour"].unique()]
        encoding["color"] = alt.Color(
            "colour:N",
            title=names[axes.colour],
            scale=alt.Scale(domain=groups, range=list(LINES[: len(groups)])),
            legend=alt.Legend(orient="top", labelLimit=160, labelColor=INK, titleColor=INK, columns=3),
        )
        tooltip.append(alt.Tooltip("colour:N", title=names[axes.colour]))
    base = alt.Chart(data, description=description, height=HEIGHT)
    encoded = _mark(base, data, ordered=kind in {Kind.TIME, Kind.NUMBER}).encode(**encoding, tooltip=tooltip)
    drawn: alt.Chart = encoded.configure_axis(**AXES.to_dict()).configure_view(stroke=None)
    return drawn


def _mark(base: alt.Chart, data: pd.DataFrame, *, ordered: bool) -> alt.Chart:
    """Return bars for names, else a line, or points if a line would have several values at one place."""
    if not ordered:
        marked: alt.Chart = base.mark_bar(color=LINES[0])
    elif data.duplicated(subset=[name for name in data.columns if name != "y"]).any():
        marked = base.mark_point(color=LINES[0], filled=True)
    else:
        marked = base.mark_line(color=LINES[0], point=len(data) <= 60)
    return marked


def _across(kind: Kind, name: str) -> alt.X:
    axis = alt.Axis(labelOverlap=True, labelLimit=140, labelFlush=True)
    if kind is Kind.TIME:
        # Figures alone, because Vega has English names only.
        axis.labelExpr = (
            "utcFormat(datum.value, utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : '%Y-%m-%d')"
        )
        return alt.X("x:T", title=f"{name}, UTC", scale=alt.Scale(type="utc"), axis=axis)
    if kind is Kind.NUMBER:
        return alt.X("x:Q", title=name, scale=alt.Scale(zero=False), axis=axis)
    return alt.X("x:N", title=name, sort=None, axis=axis)


def _up(name: str) -> alt.Y:
    return alt.Y("y:Q", title=name, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5))
