"""The controls of the search. Each is bound to a parameter of the address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import streamlit as st

from dashboard.context import Context, connection, which_store
from dashboard.filters import ROOT_TOPIC
from dashboard.i18n.labels import language_name, topic_name
from dashboard.i18n.messages.posts import PostsWords
from dashboard.settings import DashboardSettings
from processing import queries
from processing.contract import EVERYTHING
from processing.queries import PostSearch, Presence

EARLIEST, LATEST = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - the control's times have no zone
MINUTE = timedelta(minutes=1)
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
    held = _held(context.settings)
    if held is None:
        return context.words.empty
    oldest, newest, presence = held
    typed, order = _words_and_order(context.words.posts_page)
    topic, language, source, start, end = _filters(context, presence)
    search = PostSearch(start or oldest, end or newest + MINUTE, topic, language, source, typed)
    _first_page_of((topic, language, source, typed, start, end, order))
    return Asked(search, order)


def _words_and_order(words: PostsWords) -> tuple[str, Order]:
    text, order = st.columns([3, 2])
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
    with order:
        return " ".join(typed.split()), _order(words)


def _filters(context: Context, presence: Presence) -> tuple[str, str, str, datetime | None, datetime | None]:
    """Draw topic, language, source and the two ends of the time, and return them."""
    words, view = context.words, context.filters
    topics = {EVERYTHING, ROOT_TOPIC, view.topic, *presence.topics}
    tags = {EVERYTHING, view.language, *presence.languages}
    topic, language, source, since, until = st.columns(5)
    with topic:
        of_topic = _one(words.topic, "topic", {each: topic_name(words, each) for each in topics})
    with language:
        in_language = _one(words.language, "language", {each: language_name(words, each) for each in tags})
    with source:
        from_source = _source(words.posts_page, presence)
    with since:
        start = _moment(words.posts_page.start, "from", words.posts_page.time_help)
    with until:
        end = _moment(words.posts_page.end, "to", words.posts_page.time_help)
    return of_topic, in_language, from_source, start, end


@st.cache_data(ttl=30, max_entries=8, show_spinner=False, hash_funcs={DashboardSettings: which_store})
def _held(settings: DashboardSettings) -> tuple[datetime, datetime, Presence] | None:
    """Return the oldest and the newest minute of the store, and what is in it."""
    reader = connection(settings)
    extent = queries.extent(reader)
    return extent and (*extent, queries.presence(reader, extent[0], extent[1] + MINUTE))


def _order(words: PostsWords) -> Order:
    """Draw the order. It is written into the address here, because a bound control would write the translated label."""
    if "order" not in st.session_state:
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


def _one(label: str, key: str, names: Mapping[str, str]) -> str:
    options = sorted(names, key=lambda each: (each != EVERYTHING, names[each]))
    return str(st.selectbox(label, options, key=key, format_func=lambda each: names.get(each, each)))


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


def _moment(label: str, key: str, explained: str) -> datetime | None:
    chosen = st.datetime_input(
        label,
        value=None,
        min_value=EARLIEST,
        max_value=LATEST,
        key=key,
        bind="query-params",
        format="YYYY-MM-DD",
        step=MINUTE,
        help=explained,
    )
    return chosen.replace(tzinfo=UTC) if chosen else None


def _first_page_of(search: object) -> None:
    """Go to the first page if the search is another than before. An address that names a page opens at this page."""
    before = st.session_state.get("searched")
    st.session_state["searched"] = search
    if before is not None and before != search:
        st.session_state["page"] = 1
