"""The axes of time and of counts, and the rows of labels above a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise

import altair as alt
import pandas as pd

from dashboard.charts.palette import INK
from dashboard.i18n import Words
from dashboard.window import Window

AT = "at:T"
ROW = 17
"""The height of one row of labels, in pixels."""
LABEL_SIZE = 14
LEAST_SHARE = 0.001
"""Below this share a logarithmic axis is linear, so that it has a zero."""
LETTER, BETWEEN = 9, 6
"""The width of a letter of a label and of the gap between two labels, in pixels."""


def time_axis(window: Window, words: Words) -> alt.X:
    """Return the time axis, with days by name and hours by clock.

    Vega has English month names only, so the axis sets its own.
    """
    names = words.locale.months["format"]["abbreviated"]
    months = json.dumps([names[month] for month in range(1, 13)], ensure_ascii=False)
    opening, _, closing = words.isolated("|").partition("|")
    # Vega knows two zones, UTC and the browser's. The reader's is the one or the other.
    utc, write = ("utc", "utcFormat") if words.zone is UTC else ("", "timeFormat")
    label = (
        f"{utc}hours(datum.value) == 0 && {utc}minutes(datum.value) == 0"
        f" ? '{opening}' + {utc}date(datum.value) + ' ' + {months}[{utc}month(datum.value)] + '{closing}'"
        f" : {write}(datum.value, '%H:%M')"
    )
    return alt.X(
        AT,
        title=words.isolated(words.time_axis.format(zone=words.offset(window.end))),
        scale=time_scale(window, words),
        axis=alt.Axis(labelExpr=label, grid=False, tickCount=8, labelOverlap="greedy", labelFlush=True),
    )


def time_scale(window: Window, words: Words) -> alt.Scale:
    """Return the scale of time from the begin to the end of the window."""
    return alt.Scale(
        type="utc" if words.zone is UTC else "time", domain=[vega(window.start), vega(window.end)], nice=False
    )


def value_axis(
    field: str, title: str, *, log: bool, share: bool, stacked: bool = False, top: float | None = None
) -> alt.Y:
    """Return the axis of posts or of shares. It starts at zero, also where it is logarithmic.

    All layers of a chart have it in the same form, so that they share it. Charts with the same `top` share their scale.
    """
    highest = alt.Undefined if top is None else top
    format_ = ".2~%" if share else ",d"
    if log:
        scale = alt.Scale(type="symlog", constant=LEAST_SHARE if share else 1, zero=True, nice=True, domainMax=highest)
        axis = alt.Axis(format=format_, values=[0, *(10.0**power for power in range(*((-4, 1) if share else (0, 9))))])
    else:
        scale = alt.Scale(zero=True, nice=True, domainMax=highest)
        axis = alt.Axis(format=format_, tickCount=5) if share else alt.Axis(format=format_, tickMinStep=1, tickCount=5)
    return alt.Y(f"{field}:Q", title=title, stack="zero" if stacked else None, scale=scale, axis=axis)


def label_row(labels: Mapping[datetime, str], window: Window, words: Words, row: int) -> alt.Chart | None:
    """Return a row of labels above the plot; None without labels. Row 0 is the lowest.

    The labels are those of an axis without a line. A label that would run into the one before it is left out. Vega's
    own rule for that (`labelOverlap`) keeps the last of two labels that collide, so each label knows the width of the
    plot from which it has room.
    """
    shown = {at: label for at, label in sorted(labels.items()) if window.start <= at <= window.end}
    if not shown:
        return None
    widths = _least_widths(shown, window)
    entries = {str(round(at.timestamp() * 1000)): [label, widths[at]] for at, label in shown.items()}
    entry = f"({json.dumps(entries, ensure_ascii=False)})[toString(toNumber(datum.value))]"
    axis = alt.Axis(
        orient="top",
        values=[vega(at) for at in shown],
        labelExpr=f"width < {entry}[1] ? '' : {entry}[0]",
        labelOverlap=False,
        labelFlush=True,
        labelFontSize=LABEL_SIZE,
        labelFontWeight="bold",
        labelPadding=2,
        offset=row * ROW,
        title=None,
        grid=False,
        ticks=False,
        domain=False,
    )
    base = alt.Chart(pd.DataFrame({"at": list(shown)})).mark_point(opacity=0, size=0, tooltip=False)
    drawn: alt.Chart = base.encode(x=alt.X(AT, scale=time_scale(window, words), axis=axis))
    return drawn


def _least_widths(labels: Mapping[datetime, str], window: Window) -> dict[datetime, int]:
    """Return, for each label, the width of the plot in pixels from which it has room behind the label before it."""
    widths = dict.fromkeys(labels, 0)
    for (before, first), (at, second) in pairwise(labels.items()):
        room = (len(first) + len(second)) / 2 * LETTER + BETWEEN
        widths[at] = round(room * ((window.end - window.start) / (at - before)))
    return widths


def vega(at: datetime) -> alt.DateTime:
    """Return a moment in Vega's form."""
    return alt.DateTime(
        year=at.year,
        month=at.month,
        date=at.day,
        hours=at.hour,
        minutes=at.minute,
        seconds=at.second,
        milliseconds=at.microsecond // 1000,
        utc=True,
    )


AXES = alt.AxisConfig(labelFontSize=13, titleFontSize=13, labelColor=INK, titleColor=INK)
