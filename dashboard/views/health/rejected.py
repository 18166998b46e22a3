"""What was rejected: by whom, of which network, why, how often, and which share of its posts that is."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import Words
from dashboard.markup import element, filled
from dashboard.parts import tables
from dashboard.views.health.standing import Standing
from processing.plain_text import displayable
from processing.queries import Rejections

LONGEST_NAME = 80
LONGEST_REASON = 200
READ_REJECTED = 'kcat -C -e -b "$BANWATCH_KAFKA_BOOTSTRAP" -t posts.rejected'


def show(of: Standing, words: Words) -> None:
    """Draw the reasons of the last day, what the collectors have said since their start, and where the records are."""
    page = words.health_page
    st.header(page.rejected_title, anchor=False)
    if of.rejections:
        shares = {each.source: each.share for each in of.rejected_shares}
        head = (page.rejected_by, page.source, page.rejected_why, page.rejected_hour, page.rejected_day, page.share)
        rows = (_row(each, shares.get(each.source), words) for each in of.rejections)
        tables.show(head, rows, css="bw-words")
        st.caption(page.rejected_share_note)
    _since_start(of, words)
    st.caption(page.rejected_where)
    st.code(READ_REJECTED, language="sh")


def _row(of: Rejections, share: float | None, words: Words) -> tuple[str, ...]:
    page = words.health_page
    unknown = element("span", page.not_known, css="bw-unknown")
    return (
        page.rejecting[of.stage],
        element("bdi", _name(of.source), css="bw-source"),
        element(
            "span",
            page.rejected_kinds[of.kind],
            *([" ", element("bdi", displayable(of.reason, LONGEST_REASON), dir="ltr")] if of.reason else []),
        ),
        words.number(of.latest),
        words.number(of.records),
        unknown if share is None else words.percent(share),
    )


def _since_start(of: Standing, words: Words) -> None:
    page, counted = words.health_page, [each for each in of.health if each.rejected]
    if not of.health:
        st.html(element("p", element("span", page.rejected_unknown, css="bw-unknown")))
    elif not counted:
        st.html(element("p", page.rejected_none))
    else:
        parts: list[str] = []
        for each in counted:
            named = page.rejected_of.format(name=_name(each.source), count=words.number(each.rejected))
            parts += [words.separator, element("bdi", named)] if parts else [element("bdi", named)]
        told = page.rejected_some(sum(each.rejected for each in counted), names="{names}")
        st.html(element("p", filled(told, names=element("span", *parts))))


def _name(source: str) -> str:
    return displayable(source, LONGEST_NAME)
