"""How the page is displayed to this reader: in which language, in which time zone, and whether it updates by itself.

Streamlit can bind a control to the address by itself. It writes the shown name of an option there, so the language,
which is named by its tag, is kept in the address here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.i18n import WORDS, Words
from processing.i18n import LANGUAGES, language, nearest

INTERFACE = "ui"
IN_UTC = "utc"
LIVE = "live"
_IN_ADDRESS = "ui in the address"


@dataclass(frozen=True)
class Display:
    """The reader's choice. `browser_zone` is the zone of the reader's browser, and `zone` that of the page."""

    tag: str
    zone: tzinfo
    browser_zone: tzinfo
    live: bool

    def words(self) -> Words:
        """Return the sentences in the reader's language, with times in the reader's zone."""
        return replace(WORDS[self.tag], zone=self.zone)


def chosen() -> Display:
    """Return the reader's choice. Without one, the browser decides the language and the zone."""
    own, in_utc = _browser_zone(), st.session_state.get(IN_UTC, st.query_params.get(IN_UTC) == "true")
    return Display(_tag(), UTC if in_utc else own, own, st.session_state.get(LIVE, True))


def show(display: Display, words: Words) -> None:
    """Draw the menu with the controls."""
    name = language(display.tag).native_name
    with st.popover(f"{name} · UTC" if display.zone is UTC else name, icon=":material/language:", help=words.display):
        st.radio(words.interface, LANGUAGES, key=INTERFACE, format_func=lambda tag: language(tag).native_name)
        own_zone = words.in_utc_help.format(zone=display.browser_zone)
        st.toggle(words.in_utc, key=IN_UTC, bind="query-params", help=own_zone)
        st.toggle(words.live, value=True, key=LIVE, persist_state="session", help=words.live_help)


def _tag() -> str:
    """Return the language: the address's when the page is opened and on the way back, otherwise the control's.

    The choice is written to the address again, because Streamlit empties the address when another page is opened.
    """
    address = st.query_params.get(INTERFACE)
    if address in LANGUAGES and address != st.session_state.get(_IN_ADDRESS):
        tag = address
    else:
        tag = st.session_state.get(INTERFACE) or nearest(st.context.locale)
    st.session_state[INTERFACE] = st.session_state[_IN_ADDRESS] = tag
    if address != tag:
        st.query_params[INTERFACE] = tag
    return tag


def _browser_zone() -> tzinfo:
    name = st.context.timezone
    if name in {None, "UTC", "Etc/UTC", "GMT"}:
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
