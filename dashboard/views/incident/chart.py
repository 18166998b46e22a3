"""The chart of an incident: its posts along time, what was expected of them, its pulses, and the same as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import (
    AT,
    AXES,
    INK,
    LINES,
    REST,
    RULE,
    SHADE_OF_SURGE,
    Specification,
    specification,
    time_axis,
)
from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.markup import element, filled, moment
from dashboard.memoized import memoized
from dashboard.parts import tables
from dashboard.views.incident.report import Bin, Course, Standing
from dashboard.window import Window
from processing.contract import Incident
from processing.explanation import Correction

HEIGHT = 280
MOST_DRAWN = 64
"""Charts that are kept: one for each incident and each language and zone of its readers."""

Expected = Mapping[datetime, float]


@dataclass(frozen=True)
class Shown:
    """What the chart shows. `end` is where the incident ends, or has come to."""

    incident: Incident
    window: Window
    end: datetime
    bins: tuple[Bin, ...]
    expected: Expected = field(hash=False)


@dataclass(frozen=True)
class _Drawn:
    """The chart and its figures as a table."""

    specification: Specification
    figures: pd.DataFrame


def show(of: Standing, ran: Course, expected: Expected, corrected: Sequence[Correction], words: Words) -> None:
    """Draw the chart with its sentences, and its figures in an expander. A pulse of a correction is named as one."""
    page = words.incident_page
    st.header(page.chart, anchor=False)
    if not any(each.posts for each in ran.bins):
        st.info(page.no_counts)
        return
    st.html(_legend(bool(expected), words))
    # The end that was asked for moves with each moment, and nothing of it is seen.
    window = replace(of.window, until=of.window.end)
    end = min(of.incident.end or of.as_of, window.end)
    chart = _drawn(Shown(of.incident, window, end, ran.bins, expected), words)
    st.vega_lite_chart(spec=chart.specification, width="stretch", key="incident-chart")
    st.caption(" ".join((summary(of, ran, expected, words), page.chart_marks)))
    if of.incident.pulses:
        st.html(element("ol", *(element("li", each) for each in _pulses(of, corrected, words)), css="bw-pulses"))
        st.caption(page.ratio_note)
    left, right = st.columns(2)
    with left, st.expander(page.figures, icon=":material/table:"):
        st.dataframe(chart.figures, hide_index=True, width="stretch", height=320)
    with right:
        tables.asked(words, *ran.queries)


def summary(of: Standing, ran: Course, expected: Expected, words: Words) -> str:
    """Return one sentence that says what the chart shows."""
    page = words.incident_page
    highest = max((each for each in ran.bins if each.posts is not None), key=lambda each: each.posts or 0)
    figures = {
        "width": words.duration(of.window.width),
        "posts": words.number(highest.posts or 0),
        "peak": words.moment(highest.start),
    }
    if highest.start not in expected:
        return page.chart_summary_alone.format(**figures)
    return page.chart_summary.format(**figures, expected=words.number(expected[highest.start]))


@memoized(MOST_DRAWN)
def _drawn(shown: Shown, words: Words) -> _Drawn:
    """Return the chart for all readers of these words."""
    return _Drawn(specification(drawn(shown, words)), _table(shown, words))


def drawn(shown: Shown, words: Words) -> alt.LayerChart:
    """Return the chart: observed posts as an area, expected ones as a dashed line, pulses as numbered lines."""
    incident, window, page = shown.incident, shown.window, words.incident_page
    base = alt.Chart(pd.DataFrame([_row(each, shown, words) for each in shown.bins])).encode(x=time_axis(window, words))
    tooltip = [
        alt.Tooltip("when:N", title=words.time_axis),
        alt.Tooltip("posts:Q", title=page.observed_line, format=",d"),
        alt.Tooltip("expected:Q", title=page.expected_line, format=",.1f"),
    ]
    axis = alt.Axis(format=",d", tickMinStep=1, tickCount=5)
    title = words.posts_per.format(width=words.duration(window.width))
    observed = base.mark_area(color=LINES[0], line={"strokeWidth": 2}, fillOpacity=0.25).encode(
        y=alt.Y("posts:Q", title=title, axis=axis, scale=alt.Scale(zero=True, nice=True)), tooltip=tooltip
    )
    usual = base.mark_line(color=REST, strokeDash=[6, 4], strokeWidth=2).encode(y=alt.Y("expected:Q", title=title))
    shade = [{"at": max(incident.start, window.start), "until": shown.end}]
    marks = [{"at": pulse.peak, "label": str(number)} for number, pulse in enumerate(incident.pulses, start=1)]
    layers = [SHADE_OF_SURGE(alt.Chart(pd.DataFrame(shade)), clip=True).encode(x=AT, x2="until:T"), observed]
    layers += [usual] if shown.expected else []
    if marks:
        pulses = alt.Chart(pd.DataFrame(marks))
        labels = pulses.mark_text(align="center", color=INK, fontSize=13, fontWeight="bold")
        layers += [RULE(pulses, clip=True).encode(x=AT), labels.encode(x=AT, y=alt.value(-8), text="label:N")]
    return alt.LayerChart(
        description=page.chart_alt.format(
            topic=incident_name(incident, words),
            start=words.moment(window.start, zoned=False),
            end=words.moment(window.end),
        ),
        layer=layers,
        height=HEIGHT,
        config=alt.Config(view=alt.ViewConfig(stroke=None), axis=AXES),
    )


def _row(each: Bin, shown: Shown, words: Words) -> dict[str, Any]:
    """Return one row of the chart. A point stands at the middle of its bin, where a pulse's line meets it."""
    return {
        "at": each.start + shown.window.width / 2,
        "posts": each.posts,
        "expected": shown.expected.get(each.start),
        "when": words.moment(each.start),
    }


def _legend(with_expected: bool, words: Words) -> str:
    page = words.incident_page
    keys = [(page.observed_line, f"background:{LINES[0]}")]
    if with_expected:
        keys.append((page.expected_line, f"background:none;border-top:3px dashed {REST};border-radius:0;height:0"))
    return element(
        "div",
        *(
            element("span", element("span", " ", css="bw-swatch", style=style), name, css="bw-key")
            for name, style in keys
        ),
        css="bw-legend",
    )


def _pulses(of: Standing, corrected: Sequence[Correction], words: Words) -> list[str]:
    corrects = [any(each.pulses[number] for each in corrected) for number in range(len(of.incident.pulses))]
    return [
        filled(
            words.correction.pulse if corrects[number - 1] else words.incident_page.pulse_row,
            number=words.number(number),
            peak=moment(pulse.peak, words),
            observed=words.number(pulse.observed),
            expected=words.number(pulse.expected),
        )
        for number, pulse in enumerate(of.incident.pulses, start=1)
    ]


def _table(shown: Shown, words: Words) -> pd.DataFrame:
    page = words.incident_page
    return pd.DataFrame(
        {
            page.bin_start: [words.moment(each.start) for each in shown.bins],
            page.observed_line: [each.posts for each in shown.bins],
            page.expected_line: [shown.expected.get(each.start) for each in shown.bins],
            page.deleted_column: [each.deleted for each in shown.bins],
        }
    )
