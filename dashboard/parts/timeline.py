"""The chart of posts over time, with its legend, its sentence, the explanation of its marks and its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts import (
    BRUSH,
    Chart,
    Specification,
    colours,
    figures,
    names_of,
    specification,
    summary,
    timeline,
)
from dashboard.charts.event import event_name, letters, within
from dashboard.charts.marks import is_surge
from dashboard.filters import Filters, Split
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import element
from dashboard.memoized import memoized
from dashboard.parts import filters
from dashboard.services import Event
from dashboard.snapshot import OTHERS, Point, Snapshot, SurgeMark
from dashboard.window import Window
from processing.plain_text import displayable, safe_link

MOST_DRAWN = 64
"""Charts that are kept: one for each choice of filters and each language and zone of its readers."""


@dataclass(frozen=True)
class Drawn:
    """A chart, what it shows in one sentence, and its figures as a table."""

    specification: Specification
    sentence: str
    figures: pd.DataFrame


def show(snapshot: Snapshot, view: Filters, words: Words, *, events: Sequence[Event] = (), log: bool = False) -> None:
    """Draw the chart with the lines of the selected split. The reader can select a time on it and zoom in."""
    if not snapshot.lines:
        st.info(words.nothing_in_range, icon=":material/search_off:")
        return
    if view.by is not Split.TOTAL:
        _legend(names_of(snapshot.lines), view, words)
    chart = drawn(snapshot, view, words, events=events, log=log)
    # The key changes with the choice of time only, so that a refresh keeps a selection and a zoom ends it.
    key = f"timeline {view.range} {view.start} {view.end}"
    selected = st.vega_lite_chart(
        spec=chart.specification, width="stretch", key=key, on_select="rerun", selection_mode=BRUSH
    )
    _zoom(selected, words)
    st.html(element("p", chart.sentence, css="bw-sentence"))
    st.caption(" ".join(_explained(snapshot, view, words)))
    _events(within(events, snapshot.window), words)
    with st.expander(words.now_page.table, icon=":material/table:"):
        st.dataframe(chart.figures, hide_index=True, key="figures")


def drawn(snapshot: Snapshot, view: Filters, words: Words, *, events: Sequence[Event] = (), log: bool = False) -> Drawn:
    """Return the chart of a snapshot. It is made once for all readers who see the same, and nobody changes it."""
    chart = Chart(
        stacked=view.by is Split.LANGUAGE,
        log=log,
        everything=snapshot.everything,
        usual=snapshot.usual,
        events=tuple(events),
        scored_until=snapshot.scored_until if snapshot.is_behind else None,
        brush=True,
    )
    return _drawn(snapshot.lines, snapshot.marks, snapshot.window, chart, view=view, words=words)


@memoized(MOST_DRAWN)
def _drawn(
    lines: tuple[Point, ...],
    marks: tuple[SurgeMark, ...],
    window: Window,
    chart: Chart,
    *,
    view: Filters,
    words: Words,
) -> Drawn:
    name = partial(line_name, view=view, words=words)
    sentence = summary(lines, marks, window, words=words, name=name, chart=chart)
    about = words.chart_alt.format(
        topic=topic_name(words, view.topic),
        start=words.moment(window.start, zoned=False),
        end=words.moment(window.end),
    )
    made = timeline(lines, marks, window, words=words, name=name, description=f"{about}. {sentence}", chart=chart)
    return Drawn(specification(made), sentence, figures(lines, words=words, name=name, chart=chart))


def _zoom(selected: Any, words: Words) -> None:
    """Offer to zoom into the time that the reader has selected on the chart."""
    stretch = selected["selection"].get(BRUSH, {}).get("at", ())
    if len(stretch) != 2:
        return
    start, end = (datetime.fromtimestamp(moment / 1000, UTC) for moment in stretch)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(words.now_page.zoom, icon=":material/zoom_in:", on_click=filters.zoom, args=(start, end))
        st.html(
            element("p", words.now_page.selected.format(start=words.moment(start, zoned=False), end=words.moment(end)))
        )


def _explained(snapshot: Snapshot, view: Filters, words: Words) -> Iterator[str]:
    """Yield an explanation of each kind of mark that the chart has."""
    surges = {is_surge(mark) for mark in snapshot.marks}
    if True in surges:
        yield words.marks_explained
    if False in surges:
        yield words.doubts_explained
    if snapshot.usual:
        yield words.now_page.usual_note
    if snapshot.is_behind and snapshot.scored_until:
        yield words.now_page.scored_note
    if view.by is Split.TOPIC:
        yield words.topics_overlap
    yield words.now_page.brush_note


def line_name(line: str, view: Filters, words: Words) -> str:
    """Return the name of a line."""
    if line == OTHERS:
        return words.other
    return topic_name(words, line) if view.by is Split.TOPIC else language_name(words, line)


def _events(events: Sequence[Event], words: Words) -> None:
    """Draw the list of the events on the chart, with their letters and their sources."""
    if not events:
        return
    signs = letters(events, words)
    rows = (
        element(
            "li",
            element("b", f"◆ {signs[event.at]}"),
            " ",
            words.moment(event.at),
            ": ",
            _linked(event, words),
        )
        for event in events
    )
    st.html(element("ol", *rows, css="bw-events", **{"aria-label": words.now_page.events}))


def _linked(event: Event, words: Words) -> str:
    name, link = displayable(event_name(event, words)), safe_link(event.link)
    return element("a", name, href=link, target="_blank", rel="noopener noreferrer") if link else name


def _legend(lines: tuple[str, ...], view: Filters, words: Words) -> None:
    """Draw the legend outside the canvas, where it wraps on a telephone and follows the direction of the page."""
    palette = colours(lines)
    st.html(
        element(
            "div",
            *(
                element(
                    "span",
                    element("span", " ", css="bw-swatch", style=f"background:{palette[line]}"),
                    line_name(line, view, words),
                    css="bw-key",
                )
                for line in lines
            ),
            css="bw-legend",
        )
    )
