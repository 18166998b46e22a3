"""The chart with its legend and the explanation of its marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from dashboard.charts import colours, names_of, timeline
from dashboard.filters import Filters, Split
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import element
from dashboard.snapshot import OTHERS, Snapshot, SurgeMark
from processing.contract import VerdictName


def show(snapshot: Snapshot, view: Filters, words: Words) -> None:
    """Draw the chart with the lines of the selected split."""
    if not snapshot.lines:
        st.info(words.nothing_in_range)
        return
    lines = names_of(snapshot.lines)
    if view.by is not Split.TOTAL:
        _legend(lines, view, words)
    chart = timeline(
        snapshot.lines,
        snapshot.marks,
        snapshot.window,
        stacked=view.by is Split.LANGUAGE,
        words=words,
        name=lambda line: line_name(line, view, words),
        description=words.chart_alt.format(
            topic=topic_name(words, view.topic),
            start=words.moment(snapshot.window.start, zoned=False),
            end=words.moment(snapshot.window.end),
        ),
    )
    st.altair_chart(chart, width="stretch", key="timeline")
    notes = [*_explained(snapshot.marks, words), *([words.topics_overlap] if view.by is Split.TOPIC else [])]
    if notes:
        st.caption(" ".join(notes))


def _explained(marks: Sequence[SurgeMark], words: Words) -> Iterator[str]:
    """Yield an explanation of each kind of mark that the chart has."""
    organic = {mark.verdict is VerdictName.ORGANIC for mark in marks}
    if True in organic:
        yield words.marks_explained
    if False in organic:
        yield words.doubts_explained


def line_name(line: str, view: Filters, words: Words) -> str:
    """Return the name of a line."""
    if line == OTHERS:
        return words.other
    return topic_name(words, line) if view.by is Split.TOPIC else language_name(words, line)


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
