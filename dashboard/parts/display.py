"""How the page is displayed to this reader: in which language, in which time zone, and whether it updates by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.i18n import WORDS, Words
from dashboard.parts.address import kept, parameter
from processing.i18n import LANGUAGES, language, nearest

INTERFACE, ZONE, LIVE = "ui", "zone", "live"
OWN_ZONE, IN_UTC = "own", "utc"
MOST_WORDS = 256
"""The pairs of language and zone whose sentences are kept."""


@dataclass(frozen=True)
class Display:
    """The reader's choice. `browser_zone` is the zone of the reader's browser, and `zone` that of the page.

    `parameters` are those of the address.
    """

    tag: str
    zone: tzinfo
    browser_zone: tzinfo
    live: bool
    parameters: Mapping[str, str | None] = field(default_factory=dict)

    def words(self, topics: Mapping[str, str]) -> Words:
        """Return the sentences in the reader's language, with these names of topics and times in the reader's zone.

        Readers of one language and zone get the same object, by which they share what is made of it.
        """
        return _words(self.tag, self.zone, tuple(sorted(topics.items())))


@lru_cache(maxsize=MOST_WORDS)
def _words(tag: str, zone: tzinfo, topics: tuple[tuple[str, str], ...]) -> Words:
    return replace(WORDS[tag], zone=zone, topics=dict(topics))


def chosen() -> Display:
    """Return the reader's choice. Without one, the browser decides the language and the zone."""
    own = nearest(st.context.locale)
    tag, zone = kept(INTERFACE, LANGUAGES, own), kept(ZONE, (OWN_ZONE, IN_UTC), OWN_ZONE)
    parameters = {INTERFACE: parameter(INTERFACE, tag, own), ZONE: parameter(ZONE, zone, OWN_ZONE)}
    browser_zone = _browser_zone()
    in_use = UTC if zone == IN_UTC else browser_zone
    return Display(tag, in_use, browser_zone, st.session_state.get(LIVE, True), parameters)


def show(display: Display, words: Words) -> None:
    """Draw the menu with the controls."""
    name = language(display.tag).native_name
    with st.popover(f"{name} · UTC" if display.zone is UTC else name, icon=":material/language:", help=words.display):
        st.radio(words.interface, LANGUAGES, key=INTERFACE, format_func=lambda tag: language(tag).native_name)
        zones = {OWN_ZONE: str(display.browser_zone), IN_UTC: "UTC"}
        if display.browser_zone is not UTC:
            st.radio(words.zone_of_times, list(zones), key=ZONE, format_func=zones.__getitem__)
        st.toggle(words.live, value=True, key=LIVE, persist_state="session", help=words.live_help)


def _browser_zone() -> tzinfo:
    name = st.context.timezone
    if name in {None, "UTC", "Etc/UTC", "GMT"}:
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
