"""A claim and its correction: a sentence, a small chart, and how far the correction has come in each language."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import AXES, LINES, Specification, specification, time_axis, value_axis
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element, moment
from dashboard.memoized import memoized
from dashboard.parts import tables
from dashboard.parts.findings import correction_sentence
from dashboard.views.incident.report import Bin, Course, Standing
from dashboard.window import Window, floor
from processing.explanation import CORRECTION_WINDOW, LEAST_CORRECTED, LONGEST_COUNTED, Correction, Spread

HEIGHT = 160
MOST_DRAWN = 64
MOST_SHOWN = 15


@dataclass(frozen=True)
class Shown:
    """What the chart shows: the posts of each bin that claim and that correct."""

    window: Window
    bins: tuple[tuple[Bin, int, int], ...]


def show(of: Standing, ran: Course, found: tuple[Correction, ...], words: Words) -> None:
    """Draw each claim of the incident that has a correction; nothing if there is none."""
    if not found:
        return
    page = words.correction
    st.header(page.title, anchor=False)
    for number, each in enumerate(found):
        st.html(element("p", correction_sentence(each, words)))
        if not each.is_spoken_of:
            continue
        chart = _drawn(shown(of, ran, each), words)
        st.vega_lite_chart(spec=chart, width="stretch", key=f"incident-correction-{number}")
        st.caption(page.chart_key)
        head = (words.language, page.claims, page.corrections, page.share, page.first, page.ahead)
        tables.show(head, (_row(spread, words) for spread in each.languages[:MOST_SHOWN]), css="bw-names")
    st.caption(page.note.format(window=words.duration(CORRECTION_WINDOW), least=words.number(LEAST_CORRECTED)))
    tables.asked(words, *(each.query for each in found))


def shown(of: Standing, ran: Course, found: Correction) -> Shown:
    """Return the figures of the chart: the bins of the incident, without those of which nothing is known."""
    claims: Counter[object] = Counter()
    corrections: Counter[object] = Counter()
    for each in found.minutes:
        start = floor(each.minute, of.window.width)
        claims[start] += each.claims
        corrections[start] += each.corrections
    end = min(of.incident.end or of.as_of, of.incident.start + LONGEST_COUNTED)
    inside = (each for each in ran.bins if floor(of.incident.start, of.window.width) <= each.start < end)
    window = replace(of.window, until=of.window.end)  # the end that was asked for moves, and nothing of it is seen
    return Shown(window, tuple((each, claims[each.start], corrections[each.start]) for each in inside))


@memoized(MOST_DRAWN)
def _drawn(of: Shown, words: Words) -> Specification:
    """Return the chart for all readers of these words."""
    return specification(drawn(of, words))


def drawn(of: Shown, words: Words) -> alt.LayerChart:
    """Return the chart: posts that claim as a line, posts that correct as a dashed one."""
    page = words.correction
    rows = pd.DataFrame(
        [
            {
                "at": each.start + of.window.width / 2,
                "claims": None if each.posts is None else claims,
                "corrections": None if each.posts is None else corrections,
                "when": words.moment(each.start),
            }
            for each, claims, corrections in of.bins
        ]
    )
    base = alt.Chart(rows).encode(x=time_axis(of.window, words))
    title = words.posts_per.format(width=words.duration(of.window.width))
    tooltip = [
        alt.Tooltip("when:N", title=words.time_axis),
        alt.Tooltip("claims:Q", title=page.claims, format=",d"),
        alt.Tooltip("corrections:Q", title=page.corrections, format=",d"),
    ]
    lines = [
        base.mark_line(color=LINES[0], strokeWidth=2).encode(
            y=value_axis("claims", title, log=False, share=False), tooltip=tooltip
        ),
        base.mark_line(color=LINES[1], strokeWidth=2, strokeDash=[6, 4]).encode(
            y=value_axis("corrections", title, log=False, share=False), tooltip=tooltip
        ),
    ]
    return alt.LayerChart(
        description=page.chart_alt.format(
            start=words.moment(of.window.start, zoned=False), end=words.moment(of.window.end)
        ),
        layer=lines,
        height=HEIGHT,
        config=alt.Config(view=alt.ViewConfig(stroke=None), axis=AXES),
    )


def _row(spread: Spread, words: Words) -> tuple[str, ...]:
    page = words.correction
    return (
        element("b", language_name(words, spread.language)),
        words.number(spread.claims),
        words.number(spread.corrections),
        words.percent(spread.share),
        moment(spread.first, words) if spread.first else "",
        moment(spread.overtaken, words) if spread.overtaken else page.reach[spread.reach],
    )
