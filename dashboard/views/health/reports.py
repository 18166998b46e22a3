"""The collectors: in which state each is, what it covers, how much it has read, and its own report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.parts.collectors import COLLECTOR_SIGNS, covered, detail, says
from dashboard.status import is_live
from dashboard.views.health.standing import Standing, listed, rejected_share, words_of
from processing.plain_text import displayable
from processing.queries import Health
from processing.troubles import Collector

LONGEST_NAME = 80


def show(of: Standing, words: Words, wall: datetime) -> None:
    """Draw a card for each collector, those whose posts are missing first."""
    page, found = words.health_page, listed(of, wall)
    st.header(page.collectors, anchor=False)
    if not found:
        st.caption(page.no_collectors)
        return
    reports = words_of(of.health)
    cards = (_card(each, reports.get(each.source), words, wall) for each in found)
    st.html(element("div", *cards, css="bw-collectors"))
    st.caption(f"{page.states_explained} {page.since_start}")


def _card(collector: Collector, report: Health | None, words: Words, wall: datetime) -> Markup:
    facts = (
        element("div", element("dt", name), element("dd", *_value(value, words)))
        for name, value in _facts(collector, report, words, wall)
    )
    return element(
        "article",
        element(
            "header",
            element("span", COLLECTOR_SIGNS[collector.state], css=f"bw-{collector.state.value}"),
            " ",
            element("bdi", displayable(collector.source, LONGEST_NAME), css="bw-source"),
            " ",
            element("span", says(collector, words, wall)),
        ),
        element("p", covered(collector, words), css="bw-covers"),
        element("dl", *facts, css="bw-facts"),
        *detail(collector),
        css=f"bw-collector bw-collector-{collector.state.value}",
    )


def _value(value: str | None, words: Words) -> tuple[Markup | str, ...]:
    return (element("span", words.health_page.not_known, css="bw-unknown"),) if value is None else (value,)


def _facts(
    collector: Collector, report: Health | None, words: Words, wall: datetime
) -> Iterator[tuple[str, str | None]]:
    """Yield each fact with its name. A fact that nobody has reported is None, which is not zero."""
    page = words.health_page
    yield page.heard, _ago(collector.heard_at, words, wall)
    yield page.lag, None if report is None else _lag(report, words)
    yield page.posts_read, None if report is None else words.number(report.posts)
    yield page.rejected, None if report is None else _rejected(report, words)
    yield page.reconnects, None if report is None else words.number(report.reconnects)
    last_post = None if report is None else report.last_post
    yield page.last_post, None if last_post is None else _ago(last_post, words, wall)


def _ago(at: datetime, words: Words, wall: datetime) -> str:
    return words.health_page.ago.format(age=words.duration(wall - at))


def _lag(report: Health, words: Words) -> str:
    """Return the lag of a collector. One that reads past posts has none."""
    lag = timedelta(seconds=report.lag)
    live = is_live(report.heard_at - lag, report.heard_at)
    return words.duration(lag) if live else words.health_page.past


def _rejected(report: Health, words: Words) -> str:
    share = rejected_share(report)
    if not report.rejected or share is None:
        return words.number(report.rejected)
    return f"{words.number(report.rejected)} ({words.percent(share)})"
