"""The headline of the page: whether talk surges now, how far above normal, and since when."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import element
from dashboard.snapshot import Snapshot
from dashboard.status import HeadlineState, going_on, headline_state, is_live, strongest, surges
from processing.contract import EVERYTHING, Incident

HEADLINE_SIGNS = {
    HeadlineState.SURGING: "▲",
    HeadlineState.CALM: "●",
    HeadlineState.CATCHING_UP: "◔",
    HeadlineState.STALE: "?",
}


def banner(snapshot: Snapshot, words: Words) -> None:
    """Draw a warning if some or all posts are generated."""
    if snapshot.generated or any(incident.synthetic for incident in snapshot.incidents):
        st.warning(words.partly_synthetic if snapshot.collected else words.synthetic, icon="⚠️")


def show(snapshot: Snapshot, words: Words, wall: datetime) -> None:
    """Draw the headline and the three figures beside it."""
    state = headline_state(snapshot, wall)
    title, *details = headline(snapshot, words, wall)
    st.html(
        element(
            "section",
            element(
                "div",
                element("div", HEADLINE_SIGNS[state], " ", title, css="bw-headline-title"),
                *(element("p", detail) for detail in details),
                element("p", counted_until(snapshot, words, wall), css="bw-note"),
            ),
            _figures(snapshot, words),
            css=f"bw-headline bw-{state.value}",
        )
    )


def headline(snapshot: Snapshot, words: Words, wall: datetime) -> tuple[str, ...]:
    """Return the headline's title, followed by the sentences under it."""
    state = headline_state(snapshot, wall)
    now = words.moment(snapshot.now)
    if state is HeadlineState.SURGING:
        return _surging(snapshot, words)
    if state is HeadlineState.CATCHING_UP:
        until = words.moment(snapshot.watched_until) if snapshot.watched_until else "—"
        return words.catching_up, words.catching_up_detail.format(until=until, now=now)
    if state is HeadlineState.STALE:
        age = words.duration(wall - max(stretch.heard_at for stretch in snapshot.coverage))
        return words.stale, words.stale_detail.format(age=age, now=now)
    return words.calm, words.calm_detail.format(now=now), *_last(surges(snapshot.incidents)[:1], words)


def counted_until(snapshot: Snapshot, words: Words, wall: datetime) -> str:
    """Return a sentence with the newest counted moment.

    The sentence adds the moment's age, or says that the posts are a replay.
    """
    live = is_live(snapshot.now, wall)
    distance = words.behind.format(age=words.duration(wall - snapshot.now)) if live else words.replay
    return words.counted_until.format(now=words.moment(snapshot.now)) + words.separator + distance


def _surging(snapshot: Snapshot, words: Words) -> tuple[str, ...]:
    going = going_on(snapshot.incidents)
    lead = strongest(going)
    detail = words.surging_detail.format(
        ratio=words.number(lead.ratio),
        start=words.moment(lead.start),
        duration=words.duration(snapshot.now - lead.start),
    )
    languages = words.separator.join(language_name(words, language) for language in lead.languages)
    return (
        words.surging.format(topic=incident_name(lead, words)),
        detail,
        *([words.colon.format(name=words.languages, value=languages)] if languages else []),
        *([words.surging_others(len(going) - 1)] if len(going) > 1 else []),
    )


def incident_name(incident: Incident, words: Words) -> str:
    """Return the incident's topic, its leading sub-topic and, if one language leads, that language."""
    topics = [topic_name(words, topic) for topic in (incident.topic, *incident.subtopics[:1])]
    alone = incident.lead_language != EVERYTHING
    return " · ".join([*topics, *([language_name(words, incident.lead_language)] if alone else [])])


def _last(incidents: tuple[Incident, ...], words: Words) -> tuple[str, ...]:
    return tuple(
        words.last_surge.format(
            topic=incident_name(last, words),
            start=words.moment(last.start, zoned=False),
            end=words.moment(last.end or last.peak),
            ratio=words.number(last.ratio),
        )
        for last in incidents
    )


def _figures(snapshot: Snapshot, words: Words) -> Markup:
    figures = (
        (words.last_hour, snapshot.last_hour),
        (words.hour_before, snapshot.hour_before),
        (words.in_range, snapshot.total),
    )
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", words.number(value))) for name, value in figures),
        css="bw-figures",
    )
