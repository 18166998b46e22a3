"""How the languages of an incident followed each other: a sentence, and a table in the order of their first posts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element, filled, moment
from dashboard.parts import tables
from dashboard.views.incident.report import Course, Standing
from processing.queries import Arrival

MOST_SHOWN = 15
MOST_IN_SENTENCE = 6


def show(of: Standing, ran: Course, words: Words) -> None:
    """Draw the sentence and the table."""
    page = words.incident_page
    st.subheader(page.arrivals, anchor=False)
    st.html(element("p", sentence(of, ran, words)))
    rows = shown(of, ran)
    if not rows:
        return
    lead = first_of(of, rows)
    behind = page.behind.format(language=language_name(words, lead.language))
    head = (words.language, page.first_post, behind, page.tenth_post, words.posts, page.deleted_column)
    tables.show(head, (_row(each, lead, of, words) for each in rows), css="bw-names")
    st.caption(page.arrivals_note)
    tables.asked(words, ran.arrivals_query)


def sentence(of: Standing, ran: Course, words: Words) -> str:
    """Return the sentence that says which language came first, and which followed when."""
    page = words.incident_page
    risen = [each for each in ran.arrivals if each.language in of.incident.languages]
    if not risen:
        return page.no_languages
    first, *others = risen
    named = language_name(words, first.language)
    parts: list[str] = [filled(page.came_first, language=named, first=moment(first.first, words))]
    if others:
        followed = (
            page.followed_after.format(
                language=language_name(words, each.language), duration=words.duration(each.first - first.first)
            )
            for each in others[:MOST_IN_SENTENCE]
        )
        parts.append(page.followed.format(languages=words.separator.join(followed)))
    else:
        parts.append(page.one_language)
    return Markup(" ").join(parts)


def shown(of: Standing, ran: Course) -> list[Arrival]:
    """Return the languages of the table: those that rose, then those with the most posts; in order of arrival."""
    by_rank = sorted(ran.arrivals, key=lambda each: (each.language not in of.incident.languages, -each.posts))
    return sorted(by_rank[:MOST_SHOWN], key=lambda each: (each.first, each.language))


def first_of(of: Standing, rows: Sequence[Arrival]) -> Arrival:
    """Return the language that came first, of those that rose if any did."""
    return next((each for each in rows if each.language in of.incident.languages), rows[0])


def _row(each: Arrival, lead: Arrival, of: Standing, words: Words) -> tuple[str, ...]:
    name = language_name(words, each.language)
    return (
        element("b", name) if each.language in of.incident.languages else name,
        moment(each.first, words),
        words.duration(each.first - lead.first) if each.first > lead.first else "",
        words.duration(each.tenth - each.first) if each.tenth else "",
        words.number(each.posts),
        words.number(each.deleted),
    )
