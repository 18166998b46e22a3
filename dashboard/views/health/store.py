"""The store: how much it holds, of which time, and what its reader may not see."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import Words
from dashboard.markup import element, moment
from dashboard.views.health.standing import Standing


def show(of: Standing, words: Words) -> None:
    """Draw the facts of the store."""
    page = words.health_page
    st.header(page.store, anchor=False)
    unknown = element("span", page.not_known, css="bw-unknown")
    facts = (
        (page.store_posts, words.number(of.posts)),
        (page.store_first, moment(of.first, words) if of.first else unknown),
        (page.store_newest, moment(of.newest, words) if of.newest else unknown),
        (page.store_partition, f"{of.newest:%Y%m}" if of.newest else unknown),
        (page.store_disk, unknown),
    )
    rows = (element("div", element("dt", name), element("dd", value)) for name, value in facts)
    st.html(element("dl", *rows, css="bw-facts"))
    st.caption(page.store_disk_note)
