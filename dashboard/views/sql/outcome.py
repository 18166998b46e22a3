"""What became of a query: its rows as a table or a chart, or the reason why there are none."""

from __future__ import annotations

import streamlit as st
from babel.units import format_unit

from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.views.sql import chart, frames
from dashboard.views.sql.run import MOST_ROWS, Run
from processing import queries
from processing.plain_text import displayable
from processing.queries import Cancelled, ReaderLimits, StoreDamaged, StoreFailure, StoreRefused, Table

# ClickHouse's error codes.
TOO_SLOW, TOO_MUCH_MEMORY, TOO_LARGE, BUSY = 159, 241, 396, 202
TOO_MUCH_READ = frozenset({158, 307})
REFUSED = frozenset({164, 291, 392, 452, 497})
LONGEST_MESSAGE = 1_000


def show(run: Run, limits: ReaderLimits, words: Words) -> None:
    """Draw the outcome of a query that has ended."""
    match run.outcome:
        case Table() as table:
            _rows(table, run, words)
        case Cancelled():
            st.warning(words.sql_page.cancelled, icon=":material/stop:")
        case StoreFailure() as failure:
            _failure(failure, run, limits, words)


def limits(limits: ReaderLimits, words: Words) -> str:
    """Return the limits of a query as a sentence."""
    return words.sql_page.limits.format(rows=words.number(MOST_ROWS), **_figures(limits, words))


def shown(failure: StoreFailure) -> str:
    """Return the engine's message as text for a person."""
    return displayable(failure.sentence, LONGEST_MESSAGE)


def _figures(limits: ReaderLimits, words: Words) -> dict[str, str]:
    return {
        "seconds": words.number(limits.seconds),
        "memory": format_unit(limits.memory / 1e9, "digital-gigabyte", length="short", locale=words.locale),
        "read": words.number(limits.rows),
    }


def _rows(table: Table, run: Run, words: Words) -> None:
    said, seconds = words.sql_page, words.number(run.duration.total_seconds())
    if not table.rows:
        st.info(said.no_rows.format(seconds=seconds))
        return
    count = words.number(len(table.rows))
    if table.cut:
        st.warning(said.cut.format(count=count), icon=":material/content_cut:")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        view = st.segmented_control(
            said.view,
            ["table", "chart"],
            default="table",
            required=True,
            key="sql_view",
            format_func=lambda each: getattr(said, f"view_{each}"),
            label_visibility="collapsed",
        )
        st.caption(said.rows.format(count=count, seconds=seconds), width="content")
    if view == "chart":
        chart.show(table, words)
    else:
        st.dataframe(frames.displayed(table), hide_index=True, key="sql_rows")
    _downloads(run, words)


def _downloads(run: Run, words: Words) -> None:
    # Streamlit can make a file at the click, and may have lost it before the browser comes for it: ADR 80.
    said = words.sql_page
    with st.container(horizontal=True):
        st.download_button(
            said.csv,
            run.file(frames.csv),
            "banwatch.csv",
            "text/csv",
            key="sql_csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            said.parquet,
            run.file(frames.parquet),
            "banwatch.parquet",
            "application/vnd.apache.parquet",
            key="sql_parquet",
            on_click="ignore",
            icon=":material/download:",
        )
    st.caption(said.csv_note)


def _failure(failure: StoreFailure, run: Run, limits: ReaderLimits, words: Words) -> None:
    said, figures = words.sql_page, _figures(limits, words)
    by_code = {
        TOO_SLOW: said.too_slow,
        TOO_MUCH_MEMORY: said.too_much_memory,
        TOO_LARGE: said.too_large,
        BUSY: said.busy,
        **dict.fromkeys(TOO_MUCH_READ, said.too_much_read),
        **dict.fromkeys(REFUSED, said.refused),
    }
    place = queries.place_of(str(failure), run.sql)
    if failure.code in by_code:
        sentence = by_code[failure.code].format(**figures)
    elif isinstance(failure, StoreDamaged):
        sentence = words.store_damaged
    elif not isinstance(failure, StoreRefused):
        sentence = words.store_away
    elif place is not None:
        sentence = said.failed_at.format(line=words.number(place.line), column=words.number(place.column))
    else:
        sentence = said.failed
    # The engine's message quotes the query, so it is shown as text and not as Markdown.
    message = element("p", shown(failure), css="bw-engine", dir="ltr", lang="en") if failure.code else ""
    st.html(element("div", element("p", sentence), message, css="bw-failure", role="alert"))
