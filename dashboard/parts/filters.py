"""The filter controls of the page. This module draws them, reads them from the address and writes them back to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import streamlit as st

from dashboard.filters import Filters, Range, Split, from_address, to_address
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.parts.headline import incident_name
from dashboard.snapshot import Snapshot
from processing.contract import Incident

MOVE = "move"


def chosen() -> Filters:
    """Return the page's filters. A filter that the reader has not touched takes its value from the address."""
    view = from_address(st.query_params.to_dict())
    touched = {
        field.name: st.session_state[field.name]
        for field in fields(Filters)
        if st.session_state.get(field.name) is not None
    }
    view = replace(view, **(touched | st.session_state.pop(MOVE, {})))
    st.session_state.update({field.name: getattr(view, field.name) for field in fields(Filters)})
    return view


def look_around(incident: Incident) -> None:
    """Select the time around a surge, from the next drawing of the page onwards.

    The choice is stored beside the controls, not in them. A refresh may interrupt the run that the button started, and
    in the next run the browser would send the controls' old values again.
    """
    st.session_state[MOVE] = {"range": Range.INCIDENT, "incident": incident.id, "topic": incident.topic}


def settle(snapshot: Snapshot, view: Filters) -> None:
    """Select the newest surge if the selected surge does not exist: the address is old, or nobody has chosen yet."""
    known = [incident.id for incident in snapshot.incidents]
    if view.range is Range.INCIDENT and view.incident not in known:
        st.session_state[MOVE] = {"incident": known[0]} if known else {"range": Filters().range}
        st.rerun()


def are_to_move() -> bool:
    """Return whether a button has selected other filters.

    The controls show the selection only after a redraw of the whole page.
    """
    return MOVE in st.session_state


def remember(view: Filters) -> None:
    """Write the filters into the address, and leave its other parameters."""
    address = to_address(view)
    for field in fields(Filters):
        if field.name in st.query_params and field.name not in address:
            del st.query_params[field.name]
    st.query_params.update({name: value for name, value in address.items() if st.query_params.get(name) != value})


def show(snapshot: Snapshot, view: Filters, words: Words) -> None:
    """Draw the controls for time, topic, language and surge."""
    ranges = [each for each in Range if each is not Range.INCIDENT or snapshot.incidents]
    time, topic, language = st.columns([8, 3, 3])
    with time:
        st.segmented_control(
            words.time_range,
            ranges,
            key="range",
            required=True,
            format_func=lambda each: getattr(words, f"range_{each.value}"),
        )
    with topic:
        _by_name(words.topic, "topic", {each: topic_name(words, each) for each in snapshot.topics})
    with language:
        _by_name(words.language, "language", {each: language_name(words, each) for each in snapshot.languages})
    if view.range is Range.INCIDENT and snapshot.incidents:
        _incident(snapshot, words)


def split(words: Words) -> None:
    """Draw the heading of the chart and the control for its lines."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(words.chart, anchor=False, width="content")
        st.segmented_control(
            words.by,
            list(Split),
            key="by",
            required=True,
            format_func=lambda each: getattr(words, f"by_{each.value}"),
            label_visibility="collapsed",
        )


def _by_name(label: str, key: str, names: dict[str, str]) -> None:
    everything, *others = names
    options: Sequence[str] = (everything, *sorted(others, key=names.__getitem__))
    st.selectbox(label, options, key=key, format_func=names.__getitem__, placeholder=label)


def _incident(snapshot: Snapshot, words: Words) -> None:
    # The moment comes first, because a narrow screen cuts the end off and half a clock time would be a wrong one.
    known = {
        incident.id: words.separator.join((words.moment(incident.start), incident_name(incident, words)))
        for incident in snapshot.incidents
    }
    label = words.which_incident
    st.selectbox(label, list(known), key="incident", format_func=known.__getitem__, placeholder=label)
