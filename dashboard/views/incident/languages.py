"""How the languages of an incident followed each other: a sentence, and a table in the order of their first posts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import streamlit as st

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element
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
    head = (words.language, page.first_post, page.behind_first, page.tenth_post, words.posts, page.deleted_column)
    tables.show(head, _rows(of, ran, words), css="bw-names")
    st.caption(page.arrivals_note)
    tables.asked(words, ran.arrivals_query)


def sentence(of: Standing, ran: Course, words: Words) -> str:
    """Return the sentence that says which language came first, and which followed when."""
    page = words.incident_page
    risen = [each for each in ran.arrivals if each.language in of.incident.languages]
    if not risen:
        return page.no_languages
    first, *others = sorted(risen, key=lambda each: each.first)
    parts = [page.came_first.format(language=language_name(words, first.language), first=words.moment(first.first))]
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
    return " ".join(parts)


def shown(of: Standing, ran: Course) -> list[Arrival]:
    """Return the languages of the table: those that rose, then those with the most posts; in order of arrival."""
    by_rank = sorted(ran.arrivals, key=lambda each: (each.language not in of.incident.languages, -each.posts))
    return sorted(by_rank[:MOST_SHOWN], key=lambda each: (each.first, each.language))


def _rows(of: Standing, ran: Course, words: Words) -> Iterator[tuple[str, ...]]:
    rows = shown(of, ran)
    for each in rows:
        name = language_name(words, each.language)
        behind = each.first - rows[0].first
        yield (
            element("b", name) if each.language in of.incident.languages else name,
            words.moment(each.first),
            words.duration(behind) if behind > timedelta(0) else "",
            words.duration(each.tenth - each.first) if each.tenth else "",
            words.number(each.posts),
            words.number(each.deleted),
        )
