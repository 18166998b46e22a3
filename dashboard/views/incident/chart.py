"""The chart of an incident: its posts along time, what was expected of them, its pulses, and the same as a table."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import AT, AXES, INK, LINES, REST, RULE, SHADE_OF_SURGE, time_axis
from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.markup import element, filled, moment
from dashboard.parts import tables
from dashboard.views.incident.report import Bin, Course, Standing

HEIGHT = 280
Expected = dict[Any, float]


def show(of: Standing, ran: Course, expected: Expected, words: Words) -> None:
    """Draw the chart with its sentences, and its figures in an expander."""
    page = words.incident_page
    st.subheader(page.chart, anchor=False)
    if not any(each.posts for each in ran.bins):
        st.info(page.no_counts)
        return
    st.html(_legend(bool(expected), words))
    st.altair_chart(drawn(of, ran, expected, words), width="stretch", key="incident-chart")
    st.caption(" ".join((summary(of, ran, expected, words), page.chart_marks)))
    if of.incident.pulses:
        st.html(element("ol", *(element("li", each) for each in _pulses(of, words)), css="bw-pulses"))
    left, right = st.columns(2)
    with left, st.expander(page.figures, icon=":material/table:"):
        st.dataframe(_table(ran, expected, words), hide_index=True, width="stretch", height=320)
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


def drawn(of: Standing, ran: Course, expected: Expected, words: Words) -> alt.LayerChart:
    """Return the chart: observed posts as an area, expected ones as a dashed line, pulses as numbered lines."""
    incident, window, page = of.incident, of.window, words.incident_page
    rows = [_row(each, expected, of, words) for each in ran.bins]
    base = alt.Chart(pd.DataFrame(rows)).encode(x=time_axis(window, words))
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
    end = min(incident.end or of.as_of, window.end)
    shade = [{"at": max(incident.start, window.start), "until": end}]
    marks = [{"at": pulse.peak, "label": str(number)} for number, pulse in enumerate(incident.pulses, start=1)]
    layers = [SHADE_OF_SURGE(alt.Chart(pd.DataFrame(shade)), clip=True).encode(x=AT, x2="until:T"), observed]
    layers += [usual] if expected else []
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


def _row(each: Bin, expected: Expected, of: Standing, words: Words) -> dict[str, Any]:
    """Return one row of the chart. A point stands at the middle of its bin, where a pulse's line meets it."""
    return {
        "at": each.start + of.window.width / 2,
        "posts": each.posts,
        "expected": expected.get(each.start),
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


def _pulses(of: Standing, words: Words) -> list[str]:
    return [
        filled(
            words.incident_page.pulse_row,
            number=words.number(number),
            peak=moment(pulse.peak, words),
            observed=words.number(pulse.observed),
            expected=words.number(pulse.expected),
        )
        for number, pulse in enumerate(of.incident.pulses, start=1)
    ]


def _table(ran: Course, expected: Expected, words: Words) -> pd.DataFrame:
    page = words.incident_page
    return pd.DataFrame(
        {
            page.bin_start: [words.moment(each.start) for each in ran.bins],
            page.observed_line: [each.posts for each in ran.bins],
            page.expected_line: [expected.get(each.start) for each in ran.bins],
            page.deleted_column: [each.deleted for each in ran.bins],
        }
    )
