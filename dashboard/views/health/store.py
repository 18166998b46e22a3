"""The store: how much it holds, of which time, and how much room is left; and the embedded broker's memory."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.markup import element, filled, moment
from dashboard.views.health.standing import Standing
from processing.contract import MEGABYTE
from processing.plain_text import displayable
from processing.queries import BrokerMemory, DiskSpace

GIGABYTE = 1_000_000_000
LONGEST_NAME = 80


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
        *((page.store_disk.format(name=displayable(each.name, LONGEST_NAME)), _free(each, words)) for each in of.disks),
        *([] if of.broker is None else [(page.broker_memory, _broker(of.broker, words))]),
    )
    rows = (element("div", element("dt", name), element("dd", value)) for name, value in facts)
    st.html(element("dl", *rows, css="bw-facts"))
    if not of.disks:
        st.caption(page.store_disk_unknown)


def _free(disk: DiskSpace, words: Words) -> str:
    free, total = words.number(disk.free / GIGABYTE), words.number(disk.total / GIGABYTE)
    return words.health_page.store_free.format(free=free, total=total, share=words.percent(disk.share))


def _broker(of: BrokerMemory, words: Words) -> Markup:
    said = getattr(words.health_page, f"broker_{of.state.value}")
    held, limit = (words.number(size // MEGABYTE) for size in (of.held, of.limit))
    return filled(said, held=held, limit=limit, moment=moment(of.at, words))
