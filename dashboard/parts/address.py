"""What the reader has chosen, in the parameters of the page's address.

Streamlit can bind a control to the address by itself. It writes the shown name of an option there, which differs from
language to language, so these choices are kept in the address here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st

from dashboard.context import went_back


def kept(name: str, offered: Collection[str], default: str) -> str:
    """Return a choice: the address's when a session begins and on the way back, otherwise the control's.

    When another page is opened, Streamlit empties the address and forgets the controls. So the choice is kept beside
    the control.
    """
    address, last = st.query_params.get(name), st.session_state.get(f"{name} kept")
    if address is not None and address in offered and (last is None or went_back()):
        choice = address
    else:
        choice = st.session_state.get(name) or last or default
    st.session_state[name] = st.session_state[f"{name} kept"] = choice
    return choice


def parameter(name: str, choice: str, default: str) -> str | None:
    """Return what the address says of a choice: nothing of a default, if the session began without the parameter."""
    is_named = st.session_state.setdefault(f"{name} named", st.query_params.get(name) == choice)
    return choice if is_named or choice != default else None


def write(parameters: Mapping[str, str | None]) -> None:
    """Write parameters into the address, and take those that are None out of it. Others stay.

    The browser makes an entry in its history of each message with another address, and a message is sent for each call
    on `st.query_params`. So a page writes once, and the parameters of every page are written before the page is opened.
    """
    for name, value in parameters.items():
        if value is None and name in st.query_params:
            del st.query_params[name]
    changed = {name: value for name, value in parameters.items() if value not in {None, st.query_params.get(name)}}
    if changed:
        st.query_params.update(changed)
