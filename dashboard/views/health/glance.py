"""Whether banwatch is well, at one glance: the headline, and each problem with what to do."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard import addresses
from dashboard.i18n import Words
from dashboard.markup import element, filled
from dashboard.views.health.standing import Fault, Problem, StageState, Standing, problems, stages
from processing.plain_text import displayable

LONGEST_NAME = 80


def show(of: Standing, words: Words, wall: datetime) -> None:
    """Draw the headline and the problems."""
    page, found = words.health_page, problems(of, wall)
    if found:
        _headline("▲", page.attention(len(found)), "", "surging")
    elif any(stage.state is StageState.UNKNOWN for stage in stages(of, wall)[:-1]):
        _headline("?", page.unknown, page.unknown_detail, "unknown")
    else:
        _headline("●", page.well, page.well_detail, "calm")
    if found:
        st.html(element("ol", *(_row(problem, words) for problem in found), css="bw-problems"))


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


def sentence(problem: Problem, words: Words) -> Markup:
    """Return what is wrong, as one sentence."""
    said = getattr(words.health_page, problem.fault.value)
    age = words.duration(problem.span) if problem.span is not None else ""
    if problem.fault is Fault.OVERDUE:
        return element("b", said(problem.count, age=age))
    values = {
        "name": element("bdi", displayable(problem.name, LONGEST_NAME)),
        "age": age,
        "count": words.number(problem.count),
        "share": words.percent(problem.share or 0),
    }
    return element("b", filled(said, **values))


def _row(problem: Problem, words: Words) -> Markup:
    page = words.health_page
    at_alerts = problem.fault in {Fault.CHANNEL, Fault.OVERDUE}
    link = [" ", element("a", page.alerts, href=addresses.of_alerts(words), target="_self")] if at_alerts else []
    todo = getattr(page, f"{problem.fault.value}_todo")
    return element(
        "li", element("span", "✕ "), sentence(problem, words), " ", element("span", page.to_do + ": ", todo, *link)
    )
