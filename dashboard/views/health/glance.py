"""Whether banwatch is well, at one glance: the headline, and each trouble with what to do."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard import addresses
from dashboard.i18n import Words
from dashboard.markup import element, filled
from dashboard.views.health.standing import StageState, Standing, stages
from processing.plain_text import displayable
from processing.troubles import Area, Limits, Trouble, remedy, sentence, troubles

LONGEST_NAME = 80


def show(of: Standing, limits: Limits, words: Words, wall: datetime) -> None:
    """Draw the headline and the troubles."""
    page, found = words.health_page, troubles(of, limits, wall, of.told)
    if found:
        _headline("▲", page.attention(len(found)), "", "surging")
    elif any(stage.state is StageState.UNKNOWN for stage in stages(of, wall)[:-1]):
        _headline("?", page.unknown, page.unknown_detail, "unknown")
    else:
        _headline("●", page.well, page.well_detail, "calm")
    if found:
        st.html(element("ol", *(_row(trouble, words) for trouble in found), css="bw-problems"))


def store_is_away(sentence: str, words: Words) -> None:
    """Draw that the store does not answer. Then nothing else is known."""
    _headline("?", words.health_page.unknown, sentence, "unknown")


def _headline(sign: str, title: str, detail: str, css: str) -> None:
    told = [element("p", detail)] if detail else []
    st.html(
        element(
            "section",
            element("div", element("div", sign, " ", title, css="bw-headline-title"), *told),
            css=f"bw-headline bw-{css}",
            role="status",
        )
    )


def said(trouble: Trouble, words: Words) -> Markup:
    """Return what is wrong, as one sentence."""
    name = element("bdi", displayable(trouble.subject, LONGEST_NAME))
    return element("b", filled(sentence(trouble, words.tag), name=name))


def _row(trouble: Trouble, words: Words) -> Markup:
    page = words.health_page
    at_alerts = trouble.area in {Area.CHANNEL, Area.QUEUE}
    link = [" ", element("a", page.alerts, href=addresses.of_alerts(words), target="_self")] if at_alerts else []
    todo = remedy(trouble, words.tag)
    return element(
        "li", element("span", "✕ "), said(trouble, words), " ", element("span", page.to_do + ": ", todo, *link)
    )
