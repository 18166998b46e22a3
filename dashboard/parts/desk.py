"""What an operator enters, on every page where somebody may.

Streamlit ends the drawing of a page at the next click, wherever the drawing has got to, and forgets a visitor when the
server starts again. So a form keeps its fields until its entry is written, and the same entry is not written twice in a
moment: whatever comes in between, the text is on the page or in the store, and in the store once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

import streamlit as st

from dashboard.context import Context
from dashboard.i18n import Words
from dashboard.services import DeskUnavailable

AGAIN = timedelta(seconds=5)
"""The same entry within this time is a double click."""


@dataclass
class Draft:
    """What a visitor has last entered in one form: the fields, when, and whether these are still to be emptied."""

    entry: object = None
    at: float = 0.0
    is_written: bool = False
    lock: Lock = field(default_factory=Lock)
    """Held during a write. The second click of two has a thread of its own, while the first one still writes."""


def fault(error: DeskUnavailable, words: Words) -> str:
    """Return why an entry was not written."""
    return str(getattr(words.access, f"desk_{error.fault.value}"))


def draft(form: str, **empty: object) -> Draft:
    """Return the draft of a form, and empty the fields of an entry that is written.

    `empty` holds the empty value of each field by its name. The key of a field is `FORM-NAME`. Call this function
    before the fields are drawn.
    """
    found: Draft = st.session_state.setdefault(f"{form}-draft", Draft())
    if found.is_written:
        for name, value in empty.items():
            st.session_state[f"{form}-{name}"] = value
        found.is_written = False
    return found


def enter(context: Context, draft: Draft, entry: object, write: Callable[[], None], renew: Callable[[], None]) -> None:
    """Write an entry, which its fields tell from others, and draw the page again. Say why if it cannot be written."""
    try:
        with draft.lock:
            if entry != draft.entry or time.monotonic() - draft.at > AGAIN.total_seconds():
                write()
                draft.entry, draft.at = entry, time.monotonic()
            draft.is_written = True
    except DeskUnavailable as unavailable:
        st.error(fault(unavailable, context.words))
        return
    _tell(context, renew)


def written(
    context: Context, write: Callable[[], None], renew: Callable[[], None] | None = None, said: str = ""
) -> None:
    """Write what an operator chose, forget what is cached with `renew`, and draw the page again.

    `said` is the sentence that the page then shows; the general one if it is empty.
    """
    try:
        write()
    except DeskUnavailable as unavailable:
        st.error(fault(unavailable, context.words))
        return
    _tell(context, renew, said)


def _tell(context: Context, renew: Callable[[], None] | None, said: str = "") -> None:
    if renew is not None:
        renew()
    st.toast(said or context.words.incident_page.written)
    st.rerun()
