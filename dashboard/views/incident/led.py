"""Which language led the incident: a sentence, a strip of posts for each language, and the lags."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import AXES, LINES, Specification, specification, time_axis
from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element
from dashboard.memoized import memoized
from dashboard.parts import tables
from dashboard.parts.findings import led_sentence
from dashboard.views.incident.report import Standing
from dashboard.window import Window
from processing.explanation import Follower, Leads

STRIP = 34
"""The height of a strip, in pixels."""

BIN = 5
"""Minutes that a strip gathers."""

LONGEST = timedelta(hours=4)
MOST_DRAWN = 64
MOST_STRIPS = 8


@dataclass(frozen=True)
class Shown:
    """The strips: of each language its lag in minutes and its posts a bin, the language that led first."""

    topic: str
    start: datetime
    strips: tuple[tuple[str, int, tuple[int, ...]], ...]


def show(of: Standing, found: Leads | None, words: Words) -> None:
    """Draw who led; nothing where it cannot be decided."""
    if found is None:
        return
    page = words.led
    st.header(page.title, anchor=False)
    st.html(element("p", led_sentence(found, words)))
    chart = _drawn(shown(of, found, words), words)
    st.vega_lite_chart(spec=chart, width="stretch", key="incident-led")
    named = page.behind.format(language=language_name(words, found.leader))
    tables.show((words.language, named, page.interval), (_row(each, words) for each in found.followers), css="bw-names")
    st.caption(page.note)
    tables.asked(words, *found.queries)


def shown(of: Standing, found: Leads, words: Words) -> Shown:
    """Return the strips of the languages that led and followed, over the first hours."""
    languages = [(found.leader, 0, found.posts)]
    languages += [(each.language, round(each.lag.minutes), each.posts) for each in found.followers]
    most = LONGEST // timedelta(minutes=1)
    return Shown(
        incident_name(of.incident, words),
        found.start,
        tuple((language, lag, _gathered(posts[:most])) for language, lag, posts in languages[:MOST_STRIPS]),
    )


def _gathered(posts: tuple[int, ...]) -> tuple[int, ...]:
    """Return the posts of each whole bin."""
    return tuple(sum(posts[at : at + BIN]) for at in range(0, len(posts) - len(posts) % BIN, BIN))


@memoized(MOST_DRAWN)
def _drawn(of: Shown, words: Words) -> Specification:
    """Return the chart for all readers of these words."""
    return specification(drawn(of, words))


def drawn(of: Shown, words: Words) -> alt.Chart:
    """Return the strips in one plot, each an area above its own line and as high as its own highest bin."""
    width = timedelta(minutes=BIN)
    end = of.start + len(of.strips[0][2]) * width
    labels = {str(-row): _label(language, lag, words) for row, (language, lag, _) in enumerate(of.strips)}
    rows = [
        {
            "at": of.start + (number + 0.5) * width,
            "low": -row,
            "high": -row + 0.85 * posts / max(*strip, 1),
            "posts": posts,
            "language": labels[str(-row)],
            "when": words.moment(of.start + number * width),
        }
        for row, (_, _, strip) in enumerate(of.strips)
        for number, posts in enumerate(strip)
    ]
    axis = alt.Axis(
        values=[-row for row in range(len(of.strips))],
        labelExpr=f"({json.dumps(labels, ensure_ascii=False)})[toString(datum.value)]",
        grid=True,
        ticks=False,
        domain=False,
        labelLimit=200,
    )
    base = alt.Chart(pd.DataFrame(rows)).encode(x=time_axis(Window(of.start, end, width, end), words))
    drawn: alt.Chart = (
        base.mark_area(color=LINES[0], fillOpacity=0.5, line={"strokeWidth": 1.5})
        .encode(
            y=alt.Y("low:Q", title=None, axis=axis, scale=alt.Scale(domain=[1 - len(of.strips), 1], nice=False)),
            y2="high:Q",
            detail="language:N",
            tooltip=[
                alt.Tooltip("language:N", title=words.language),
                alt.Tooltip("when:N", title=words.time_axis),
                alt.Tooltip("posts:Q", title=words.posts, format=",d"),
            ],
        )
        .properties(
            description=words.led.chart_alt.format(
                topic=of.topic, start=words.moment(of.start, zoned=False), end=words.moment(end)
            ),
            height=STRIP * len(of.strips),
        )
        .configure_view(stroke=None)
    )
    drawn.config.axis = AXES
    return drawn


def _label(language: str, lag: int, words: Words) -> str:
    named = language_name(words, language)
    return words.led.strip.format(language=named, lag=words.duration(timedelta(minutes=lag))) if lag else named


def _row(each: Follower, words: Words) -> tuple[str, ...]:
    return element("b", language_name(words, each.language)), *behind(each, words)


def behind(each: Follower, words: Words) -> tuple[str, str]:
    """Return the lag of a language and its interval."""
    lag, low, high = (words.duration(one) for one in each.lag.whole_minutes)
    return lag, words.led.between.format(low=low, high=high)
