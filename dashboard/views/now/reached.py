"""One line on what each stage has reached and how the collectors are. The page "Health" has the details."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import streamlit as st

from dashboard import addresses
from dashboard.headline import age
from dashboard.i18n import Words
from dashboard.markup import element
from dashboard.parts.collectors import COLLECTOR_SIGNS
from dashboard.snapshot import Present
from processing.troubles import Collector, collectors, missing, watch_silence


def show(known: Present, words: Words, wall: datetime) -> None:
    """Draw the line."""
    link = element("a", words.now_page.health, href=addresses.of_health(words), target="_self")
    st.html(element("p", stages(known, words, wall), " ", states(known, words, wall), " ", link, css="bw-reached"))


def warn(known: Present, words: Words, wall: datetime) -> None:
    """Draw a warning that names the collectors whose posts are missing, if others still report, and a silent watch."""
    found = collectors(known.coverage, known.health, wall)
    absent = missing(found)
    if absent and len(absent) < len(found):
        names = words.separator.join(_last_heard(each, words, wall) for each in absent)
        _warn(words.now_page.missing.format(names=names))
    silence = watch_silence(known.watch_heard_at, known.coverage, wall)
    if silence is not None:
        _warn(words.now_page.watch_silent.format(age=words.duration(silence)))


def _warn(sentence: str) -> None:
    st.html(element("p", "✕ ", sentence, css="bw-warning", role="status"))


def stages(known: Present, words: Words, wall: datetime) -> str:
    """Return how far the counts and the scores reach."""
    page, about = words.now_page, {"counted": words.moment(known.now), "age": age(known, words, wall)}
    if known.scored_until is None:
        return page.reached_none.format(**about)
    return page.reached.format(scored=words.moment(known.scored_until), **about)


def states(known: Present, words: Words, wall: datetime) -> str:
    """Return how many collectors are in each state."""
    page = words.now_page
    found = Counter(each.state for each in collectors(known.coverage, known.health, wall))
    if not found:
        return page.no_collectors
    counted = (
        f"{sign} "
        + page.count_of_state.format(count=words.number(found[state]), state=getattr(page, f"state_{state.value}"))
        for state, sign in COLLECTOR_SIGNS.items()
        if found[state]
    )
    return page.collectors.format(states=words.separator.join(counted))


def _last_heard(collector: Collector, words: Words, wall: datetime) -> str:
    return words.now_page.missing_one.format(name=collector.source, age=words.duration(wall - collector.heard_at))
