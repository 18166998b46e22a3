"""The heading of an incident: what it is, since when, whether it is over, and of which moment that is said."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element, filled, moment
from dashboard.parts.badges import badges
from dashboard.parts.posts import address
from dashboard.parts.verdict import sentence
from dashboard.views.incident.report import Standing
from processing.contract import VerdictName
from processing.explanation import SharedPost
from processing.explanation.sentences import rarity


def show(of: Standing, first: SharedPost | None, words: Words) -> None:
    """Draw the heading. `first` is the first post."""
    incident = of.incident
    kind = "calm" if incident.end else "surging" if incident.verdict is VerdictName.ORGANIC else "catching_up"
    title, *details = sentences(of, words)
    st.html(
        element(
            "section",
            element(
                "div",
                element("div", title, css="bw-headline-title"),
                *(element("p", detail) for detail in details),
                element("p", sentence(incident, words)),
                begun(first, words) if first else "",
                element("p", as_of(of, words), css="bw-note"),
                element("div", *badges(incident, words), css="bw-badges"),
            ),
            css=f"bw-headline bw-{kind}",
        )
    )


def sentences(of: Standing, words: Words) -> tuple[str, ...]:
    """Return the title and the sentences under it."""
    incident, page = of.incident, words.incident_page
    start = moment(incident.start, words)
    if incident.end is None:
        lasting = filled(page.going_on, start=start, duration=words.duration(of.as_of - incident.start))
    else:
        duration = words.duration(incident.end - incident.start)
        lasting = filled(page.over, start=start, end=moment(incident.end, words), duration=duration)
    height = filled(page.height, ratio=words.number(incident.ratio), peak=moment(incident.peak, words))
    amount = page.amount.format(
        observed=words.number(incident.observed),
        expected=words.number(incident.expected),
        rarity=rarity(incident.score, words.tag),
        score=words.decimal(incident.score),
    )
    languages = words.separator.join(language_name(words, each) for each in incident.languages)
    return (
        incident_name(incident, words),
        lasting,
        height + " " + amount,
        *([words.colon.format(name=words.languages, value=languages)] if languages else []),
    )


def begun(first: SharedPost, words: Words) -> Markup:
    """Return when, in which language and where the first post was written, with its address."""
    about = {"time": moment(first.created_at, words), "language": language_name(words, first.language)}
    source = element("bdi", first.source)
    return Markup("{}{}").format(
        element("p", filled(words.incident_page.begun, source=source, **about)), address(first.url, words)
    )


def as_of(of: Standing, words: Words) -> str:
    """Return the sentence that says up to when posts were scored, and whether they are counted further."""
    page = words.incident_page
    if of.scored_until is None:
        return page.nothing_scored
    scored = moment(of.as_of, words)
    if of.is_behind:
        return filled(page.as_of_behind, scored=scored, now=moment(of.now, words))
    return filled(page.as_of, scored=scored)
