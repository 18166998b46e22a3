"""The controls of the page, and how the address keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from dashboard.context import went_back
from dashboard.i18n import Words
from dashboard.parts import address
from dashboard.views.explore.comparison import MOST_LINES, Compare
from dashboard.views.explore.names import name_of

COMPARE, LAYOUT, LINES, SHARE, LOG = "compare", "charts", "lines", "share", "log"
"""The controls' names, which are their names in the address."""
BETWEEN = ","
_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


class Layout(StrEnum):
    """All lines in one chart, or a small chart for each, with one scale or with a scale of its own."""

    TOGETHER = "together"
    SHARED = "shared"
    OWN = "own"


@dataclass(frozen=True)
class Look:
    """What the controls say. Without `lines`, those with the most posts are shown."""

    by: Compare
    lines: tuple[str, ...]
    layout: Layout
    share: bool
    log: bool


def comparison() -> Compare:
    """Return what is compared."""
    return Compare(address.kept(COMPARE, [each.value for each in Compare], Compare.TOPIC.value))


def show(by: Compare, offered: Sequence[str], words: Words) -> Look:
    """Draw the controls below the filters, and return what they say."""
    page = words.explore_page
    layout = Layout(address.kept(LAYOUT, [each.value for each in Layout], Layout.TOGETHER.value))
    with st.container(horizontal=True):
        _choice(page.compare, COMPARE, {each.value: getattr(page, f"compare_{each}") for each in Compare})
        _choice(page.layout, LAYOUT, {each.value: getattr(page, f"layout_{each}") for each in Layout})
    chosen = _lines(by, offered, words)
    address.write(
        {
            COMPARE: address.parameter(COMPARE, by, Compare.TOPIC),
            LAYOUT: address.parameter(LAYOUT, layout, Layout.TOGETHER),
            LINES: BETWEEN.join(chosen) or None,
        }
    )
    with st.container(horizontal=True):
        share = st.toggle(page.share, key=SHARE, bind="query-params")
        log = st.toggle(words.now_page.log, key=LOG, bind="query-params", help=words.now_page.log_help)
    return Look(by, chosen, layout, share, log)


def _choice(label: str, key: str, names: Mapping[str, str]) -> None:
    st.segmented_control(label, list(names), key=key, required=True, format_func=names.__getitem__)


def _lines(by: Compare, offered: Sequence[str], words: Words) -> tuple[str, ...]:
    """Draw the choice of lines, and return the lines' ids."""
    if by is Compare.TIME:
        return ()
    key, named = f"{LINES} of {by}", st.query_params.get(LINES, "")
    if key not in st.session_state or went_back():
        wanted = [each for each in named.split(BETWEEN) if _ID.fullmatch(each) and each in offered]
        st.session_state[key] = wanted[:MOST_LINES]
    options = [*offered, *(each for each in st.session_state[key] if each not in offered)]
    chosen = st.multiselect(
        words.explore_page.lines,
        options,
        key=key,
        format_func=lambda line: name_of(line, by, words),
        max_selections=MOST_LINES,
        placeholder=words.explore_page.lines_default,
        help=words.explore_page.lines_help,
    )
    return tuple(chosen)
