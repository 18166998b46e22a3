"""What is being said in an incident: its largest claims, each with its first post and its languages in order."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element, filled, moment
from dashboard.parts import tables
from dashboard.parts.findings import about, came, led_sentence
from dashboard.parts.posts import address
from dashboard.views.incident import led
from dashboard.views.incident.report import Said
from processing.explanation import Leads
from processing.plain_text import displayable
from processing.queries import Claim, ClaimInLanguage

MOST_LANGUAGES = 15


def show(said: Said, words: Words) -> None:
    """Draw the section."""
    page = words.incident_page
    st.header(page.claims, anchor=False)
    if said.run is None:
        st.html(element("p", page.claims_not_yet, css="bw-note"))
        return
    if said.claims:
        articles = (_article(each, said.leads.get(each.name), words) for each in said.claims)
        st.html(element("div", *articles, css="bw-claims"))
    else:
        st.html(element("p", page.claims_none, css="bw-note"))
    st.caption(" ".join(_notes(said, words)))
    tables.asked(words, said.query)


def _article(claim: Claim, leads: Leads | None, words: Words) -> Markup:
    page, reader = words.incident_page, words.language_of_page.tag
    title, languages = claim.title(reader), claim.languages
    first = languages[0]
    shown = [_language(each, first, words) for each in languages[:MOST_LANGUAGES]]
    more = len(languages) - len(shown)
    if more:
        shown.append(element("span", page.claim_more_languages.format(count=words.number(more)), css="bw-note"))
    return element(
        "article",
        element("header", *(element("bdi", part) for part in about(claim, words))),
        element("p", displayable(title.nearest), css="bw-text", dir="auto", lang=title.language)
        if title.nearest
        else element("p", words.posts_page.no_text, css="bw-note"),
        element("div", *shown, css="bw-chips"),
        element(
            "p",
            filled(page.claim_first, time=moment(first.first_at, words), language=language_name(words, first.language)),
            css="bw-note",
        ),
        address(first.first_url, words),
        _led(languages, leads, words) if len(languages) > 1 else "",
        css="bw-post",
    )


def _led(languages: Sequence[ClaimInLanguage], leads: Leads | None, words: Words) -> Markup:
    """Return which language led, and behind it a table of when the claim came in each language."""
    page = words.incident_page
    head = [words.language, page.first_post, page.tenth_post]
    behind = {}
    if leads is not None:
        head += [words.led.behind.format(language=language_name(words, leads.leader)), words.led.interval]
        behind = {each.language: led.behind(each, words) for each in leads.followers}
    rows = (
        (
            language_name(words, each.language),
            moment(each.first_at, words),
            _to_tenth(each, words),
            *(behind.get(each.language, ("", "")) if leads else ()),
        )
        for each in languages
    )
    return element(
        "details",
        element("summary", page.claim_undecided if leads is None else led_sentence(leads, words)),
        tables.table(head, rows, css="bw-names"),
    )


def _to_tenth(each: ClaimInLanguage, words: Words) -> str:
    """Return the time from the minute of the first post to that of the tenth; nothing if there is no tenth."""
    if each.tenth_post is None:
        return ""
    return words.duration(each.tenth_post - each.first_at.replace(second=0, microsecond=0))


def _language(each: ClaimInLanguage, first: ClaimInLanguage, words: Words) -> Markup:
    name, when = element("bdi", language_name(words, each.language)), came(each, first, words)
    return element("span", name, *([" ", element("bdi", when, css="bw-count")] if when else []), css="bw-chip")


def _notes(said: Said, words: Words) -> list[str]:
    """Return the sentences that say how the claims were found."""
    page, run = words.incident_page, said.run
    assert run is not None  # noqa: S101 - for mypy: the section ends before
    notes = [page.claims_note, page.claims_across if run.across_languages else page.claims_alone]
    if run.waiting:
        notes.append(page.claims_waiting.format(texts=words.number(run.waiting)))
    if run.compared < run.posts:
        notes.append(page.claims_compared.format(compared=words.number(run.compared), posts=words.number(run.posts)))
    return notes
