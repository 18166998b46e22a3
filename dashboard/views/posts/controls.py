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
    words = context.words.posts_page
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
        ordered = _order(words)
    topic, language, source, since, until = st.columns(5)
    with topic:
        ids = {EVERYTHING, ROOT_TOPIC, context.filters.topic, *presence.topics}
        of_topic = _one(context.words.topic, "topic", {each: topic_name(context.words, each) for each in ids})
    with language:
        tags = {EVERYTHING, context.filters.language, *presence.languages}
        in_language = _one(
            context.words.language, "language", {each: language_name(context.words, each) for each in tags}
        )
    with source:
        from_source = _source(context, presence)
    with since:
        start = _moment(words.start, "from", words.time_help)
    with until:
        end = _moment(words.end, "to", words.time_help)
    search = PostSearch(
        start=start or oldest,
        end=end or newest + MINUTE,
        topic=of_topic,
        language=in_language,
        source=from_source,
        words=" ".join(typed.split()),
    )
    _first_page_of((search.topic, search.language, search.source, search.words, start, end, ordered))
    return Asked(search, ordered)


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


def _source(context: Context, presence: Presence) -> str:
    words = context.words.posts_page
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
