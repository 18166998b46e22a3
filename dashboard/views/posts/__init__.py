"""The page "Posts": which posts there are, by words, topic, language, source and time.

The address holds the whole search, so other pages link to the posts that one of their figures counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from dashboard.addresses import of_query
from dashboard.context import Context, connection, shared, which_store
from dashboard.markup import element
from dashboard.parts.posts import article
from dashboard.settings import DashboardSettings
from dashboard.views.posts.controls import Asked, Order, choose
from dashboard.views.posts.found import Found, listed, newest
from processing import queries
from processing.queries import TIMEOUT_EXCEEDED, CountedTime, Matches, PostSearch, StoredPost, StoreUnavailable

PAGE = 50
LONGEST_ADDRESS = 4_000


def show(context: Context) -> None:
    """Draw the page."""
    st.caption(context.words.posts_page.note)
    asked = context.asked(lambda: choose(context))
    if isinstance(asked, str):
        st.info(asked)
        return
    found = context.asked(lambda: _found(context, asked))
    if isinstance(found, str):
        st.info(found)
        return
    _tell(context, asked, found)
    if found.listed:
        _pages(context, asked, found)


def _found(context: Context, asked: Asked) -> Found | str:
    words, search = context.words.posts_page, asked.search
    hours = _hours(context.settings, search)
    if asked.order is Order.NEWEST and not search.words:
        return newest(hours)
    try:
        return listed(_matches(context.settings, search, asked.order, hours), asked.order)
    except StoreUnavailable as error:
        if error.code != TIMEOUT_EXCEEDED:
            raise
        return words.too_long.format(seconds=context.words.number(queries.PATIENCE.total_seconds()))


def _tell(context: Context, asked: Asked, found: Found) -> None:
    """Draw how many posts were found, and the link to the same search in SQL."""
    address = of_query(asked.search.statement(PAGE).paste, context.words)
    link = element("a", context.words.posts_page.ask_in_sql, href=address)
    sentences = (element("span", sentence) for sentence in found.sentences(context.words))
    st.html(element("p", *sentences, link if len(address) < LONGEST_ADDRESS else "", css="bw-found"))


def _pages(context: Context, asked: Asked, found: Found) -> None:
    pages = -(-found.listed // PAGE)
    below = st.container()
    page = st.pagination(pages, key="page", bind="query-params", width="stretch") if pages > 1 else 1
    posts = context.asked(lambda: _posts(context.settings, asked.search, found, page))
    with below:
        if isinstance(posts, str):
            st.info(posts)
            return
        if pages > 1:
            st.caption(
                context.words.posts_page.pages.format(
                    page=context.words.number(page), pages=context.words.number(pages)
                )
            )
        root = context.filters.watch.root
        st.html(element("div", *(article(post, context.words, root) for post in posts), css="bw-posts"))


@shared(ttl=5, max_entries=64)
def _hours(settings: DashboardSettings, search: PostSearch) -> tuple[CountedTime, ...]:
    return queries.hours_of(connection(settings), search)


@st.cache_data(
    ttl=timedelta(minutes=1), max_entries=32, show_spinner=False, hash_funcs={DashboardSettings: which_store}
)
def _matches(settings: DashboardSettings, search: PostSearch, order: Order, _hours: Sequence[CountedTime]) -> Matches:
    """Return the matching posts. All visitors share the answer for a minute, with all its pages."""
    reader = connection(settings)
    if order is Order.SHARED:
        return queries.most_shared(reader, search)
    return queries.newest_with_words(reader, search, _hours)


def _posts(settings: DashboardSettings, search: PostSearch, found: Found, page: int) -> tuple[StoredPost, ...]:
    """Return the posts of a page. They are read anew each time, so a deleted post is gone at once."""
    reader, first = connection(settings), (page - 1) * PAGE
    if found.hours is not None:
        return queries.newest_matching(reader, search, found.hours, first=first, limit=PAGE)
    return queries.posts_with_keys(reader, search, found.keys[first : first + PAGE])
