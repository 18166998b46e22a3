"""The filter controls of the pages: they are drawn here, read from the address and written back to it.

Streamlit can bind a control to the address by itself, but it writes the option's shown name there, which differs from
language to language. Only switches without options are bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from dashboard.context import went_back
from dashboard.filters import (
    NAMES,
    NEWEST,
    OLDEST,
    Filters,
    Range,
    Split,
    from_address,
    settled,
    to_address,
)
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.watch_list import WatchList, list_of
from dashboard.window import Window
from processing.contract import EVERYTHING

MOVE = "move"
LAST = "last view"
WINDOW = "window"
WIDTH_OF_LISTS = 320


def chosen(lists: Sequence[WatchList]) -> Filters:
    """Return the reader's filters. `lists` are the watch lists as they are now.

    The address holds them when a session begins, and when the reader goes back to an earlier view. Otherwise the
    controls hold them. The controls of all pages share their values.
    """
    address = {name: st.query_params[name] for name in NAMES.values() if name in st.query_params}
    last: Filters | None = st.session_state.get(LAST)
    if last is None:
        view = from_address(address, lists)
    else:
        last = replace(last, watch=list_of(lists, last.watch.root) or lists[0])
        view = from_address(address, lists) if went_back() else _controls(last, lists)
    view = settled(replace(view, **st.session_state.pop(MOVE, {})))
    view = replace(view, watch=list_of(lists, view.topic) or view.watch)
    st.session_state.update(_as_controls(view))
    st.session_state[LAST] = view
    return view


def _controls(last: Filters, lists: Sequence[WatchList]) -> Filters:
    """Return the filters that the controls hold. A control that the reader has emptied keeps its last value.

    Another watch list begins with its root topic.
    """
    held = {name: st.session_state.get(name) for name in NAMES}
    held["watch"] = list_of(lists, held["watch"] or "")
    if held["watch"] not in {None, last.watch}:
        held["topic"] = ""
    view = replace(last, **{name: _in_utc(value) for name, value in held.items() if value is not None})
    if view.range is not Range.CHOSEN:
        return replace(view, start=None, end=None)
    if last.range is not Range.CHOSEN:  # The reader begins to choose a time: it is the time that was shown.
        start, end = st.session_state.get(WINDOW, (None, None))
        return replace(view, start=start, end=end)
    return view


def _in_utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _as_controls(view: Filters) -> dict[str, Any]:
    values = {name: getattr(view, name) for name in NAMES} | {"watch": view.watch.root}
    return {name: each.replace(tzinfo=None) if isinstance(each, datetime) else each for name, each in values.items()}


def move(**values: Any) -> None:
    """Select other filters, from the next drawing of the page onwards.

    The choice is stored beside the controls, not in them. A refresh may interrupt the run that a button started, and
    in the next run the browser would send the controls' old values again.
    """
    st.session_state[MOVE] = values


def zoom(start: datetime, end: datetime) -> None:
    """Select the time between two moments, to the minute."""
    move(range=Range.CHOSEN, start=start.replace(second=0, microsecond=0), end=end.replace(second=0, microsecond=0))


def are_to_move() -> bool:
    """Return whether a button has selected other filters.

    The controls show the selection only after a redraw of the whole page.
    """
    return MOVE in st.session_state


def parameters(view: Filters, lists: Sequence[WatchList]) -> dict[str, str | None]:
    """Return what the address says of the filters. The parameters of single pages are not among them."""
    return dict.fromkeys(NAMES.values()) | to_address(view, lists)


def show(view: Filters, words: Words, window: Window, *, topics: Iterable[str], languages: Iterable[str]) -> None:
    """Draw the controls for time, topic and language. Call this outside of parts that refresh by themselves.

    `window` is the time that the page shows, `topics` and `languages` are those that have posts in it. Of the topics,
    those of the watch list are offered.
    """
    time, topic_column, language_column = st.columns([8, 3, 3])
    with time:
        time_range(words)
    with topic_column:
        topic(view, words, topics)
    with language_column:
        language(view, words, languages)
    st.session_state[WINDOW] = window.start, window.until
    if view.range is Range.CHOSEN:
        chosen_time(words)


def watch_list(words: Words, lists: Sequence[WatchList]) -> None:
    """Draw the control for the watch list. Whoever changes it leaves the incident that the page shows."""
    st.selectbox(
        words.watch,
        [each.root for each in lists],
        key="watch",
        format_func=lambda root: topic_name(words, root),
        label_visibility="collapsed",
        on_change=_leave_incident,
        width=WIDTH_OF_LISTS,
    )


def _leave_incident() -> None:
    st.query_params.pop("id", None)


def time_range(words: Words) -> None:
    """Draw the control for the length of the time."""
    st.segmented_control(
        words.time_range,
        list(Range),
        key="range",
        required=True,
        format_func=lambda each: getattr(words, f"range_{each.value}"),
    )


def chosen_time(words: Words) -> None:
    """Draw the controls for the begin and the end of a chosen time."""
    with st.container(horizontal=True):
        for label, key in ((words.range_from, "start"), (words.range_to, "end")):
            st.datetime_input(
                label,
                key=key,
                min_value=OLDEST.replace(tzinfo=None),
                max_value=NEWEST.replace(tzinfo=None),
                step=timedelta(minutes=1),
                format="YYYY-MM-DD",
                width=240,
            )


def topic(view: Filters, words: Words, topics: Iterable[str]) -> None:
    """Draw the control for the topic."""
    found = {view.watch.root, *view.watch.of(topics)}
    _by_name(words.topic, "topic", {each: topic_name(words, each) for each in _offered(view.topic, found)})


def language(view: Filters, words: Words, languages: Iterable[str]) -> None:
    """Draw the control for the language of the posts."""
    offered = _offered(view.language, languages)
    _by_name(words.language, "language", {each: language_name(words, each) for each in offered})


def split(words: Words) -> None:
    """Draw the control for the lines of a chart."""
    st.segmented_control(
        words.by,
        list(Split),
        key="by",
        required=True,
        format_func=lambda each: getattr(words, f"by_{each.value}"),
        label_visibility="collapsed",
    )


def _offered(selected: str, found: Iterable[str]) -> tuple[str, ...]:
    """Return a control's choices: everything first, then what there is and the selected one, sorted."""
    return (EVERYTHING, *sorted({selected, *found} - {EVERYTHING}))


def _by_name(label: str, key: str, names: dict[str, str]) -> None:
    everything, *others = names
    options: Sequence[str] = (everything, *sorted(others, key=names.__getitem__))
    st.selectbox(label, options, key=key, format_func=names.__getitem__, placeholder=label)
