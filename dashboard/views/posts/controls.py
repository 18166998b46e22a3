"""The controls of the search, each with its parameter in the address. All pages share topic, language and time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import streamlit as st

from dashboard.context import Context, went_back
from dashboard.filters import Filters
from dashboard.i18n.messages.posts import PostsWords
from dashboard.parts import filters
from dashboard.parts.known import MINUTE, held, present
from dashboard.window import LENGTHS, Window
from processing import queries
from processing.contract import EVERYTHING
from processing.queries import PostSearch, Presence

_SOURCE = re.compile(r"\*|[\w.:-]{1,64}", re.ASCII)


class Order(StrEnum):
    """The order of the posts."""

    NEWEST = "newest"
    SHARED = "shared"


@dataclass(frozen=True)
class Asked:
    """What the controls say."""

    search: PostSearch
    order: Order


def choose(context: Context) -> Asked | str:
    """Draw the controls and return what they say, or a sentence that says why there is nothing to search.

    Raises:
        StoreUnavailable, StoreRefused, StoreDamaged: the store does not tell what there is.
    """
    known = present(context.settings)
    if known is None:
        return context.words.empty
    presence = held(context.settings, known.first)
    words, view = context.words, context.filters
    start, end = _time(view, known.first, known.newest + MINUTE)
    typed, source, order = _own(words.posts_page, presence)
    shown = Window(start, end, MINUTE, end)
    filters.show(view, words, shown, topics=presence.topics, languages=presence.languages)
    search = PostSearch(start, end, view.topic, view.language, source, typed)
    _first_page_of((view, source, typed, order))
    return Asked(search, order)


def _time(view: Filters, oldest: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return the time that the filters choose: a chosen one as it is, else a length before the newest post."""
    if view.start and view.end:
        return view.start, view.end
    return max(oldest, end - LENGTHS.get(view.range, end - oldest)), end


def _own(words: PostsWords, presence: Presence) -> tuple[str, str, Order]:
    """Draw the controls that only this page has: words, source and order. Return what they say."""
    text, source, order = st.columns([6, 3, 5])
    with text:
        typed = st.text_input(
            words.words,
            key="words",
            bind="query-params",
            help=words.words_help,
            placeholder=words.words_example,
            max_chars=queries.LONGEST_SEARCH,
            type="search",
        )
    with source:
        from_source = _source(words, presence)
    with order:
        return " ".join(typed.split()), from_source, _order(words)


def _order(words: PostsWords) -> Order:
    """Draw the order. It is written into the address here, because a bound control would write the translated label."""
    if "order" not in st.session_state or went_back():
        named = st.query_params.get("order", "")
        st.session_state["order"] = Order(named) if named in list(Order) else Order.NEWEST
    chosen = st.segmented_control(
        words.order,
        list(Order),
        key="order",
        required=True,
        format_func=lambda each: getattr(words, f"order_{each}"),
        help=words.shared_help,
    )
    order = Order(chosen or Order.NEWEST)
    if order is Order.NEWEST:
        st.query_params.pop("order", None)
    else:
        st.query_params["order"] = order
    return order


def _source(words: PostsWords, presence: Presence) -> str:
    named = st.query_params.get("source", EVERYTHING)
    sources = {EVERYTHING, *presence.generated, *presence.collected, *([named] if _SOURCE.fullmatch(named) else [])}
    chosen = st.selectbox(
        words.source,
        sorted(sources),
        key="source",
        bind="query-params",
        format_func=lambda each: words.every_source if each == EVERYTHING else each,
    )
    return str(chosen or EVERYTHING)


def _first_page_of(search: object) -> None:
    """Go to the first page if the search is another than before. An address that names a page opens at this page."""
    before = st.session_state.get("searched")
    st.session_state["searched"] = search
    if before is not None and before != search:
        st.session_state["page"] = 1
