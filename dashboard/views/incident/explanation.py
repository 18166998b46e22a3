"""Why an incident is one: driving terms, posts, links, languages and the concentration of authors, with their SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import streamlit as st
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name
from dashboard.markup import element, moment
from dashboard.parts import tables
from dashboard.parts.posts import address
from processing.explanation import Concentration, Counted, Explanation, Share, SharedPost, Terms
from processing.plain_text import displayable, safe_link
from processing.queries import Statement

LONGEST_CELL = 60
MOST_SHARES = 12


def show(explained: Explanation, words: Words) -> None:
    """Draw what people say, the first and the most shared posts, links, languages, sources and who speaks."""
    st.caption(words.why_note.format(start=words.moment(explained.start, zoned=False), end=words.moment(explained.end)))
    _terms(explained.terms, words)
    first, shared = st.columns(2, gap="large")
    with first:
        _posts(words.first_posts, explained.first_posts.rows, explained.first_posts.query, words)
    with shared:
        _posts(words.most_shared, explained.most_shared.rows, explained.most_shared.query, words)
    _columns(explained, words)


def _terms(parts: Sequence[Terms], words: Words) -> None:
    st.markdown(f"**{words.driving_terms}**")
    st.html(element("div", *(_language(part, words) for part in parts), css="bw-drivers"))
    tables.asked(words, *(query for part in parts for query in (part.query, part.query_before)))


def _language(part: Terms, words: Words) -> Markup:
    """Return a language's terms as chips. Each chip has the direction of its own letters."""
    chips = [
        element(
            "span",
            element("bdi", displayable(row.term, LONGEST_CELL), lang=part.language),
            " ",
            element("span", words.number(row.authors), css="bw-count"),
            css="bw-chip",
            title=words.term_title.format(
                authors=words.number(row.authors), before=words.number(row.before), z=words.decimal(row.z)
            ),
        )
        for row in part.rows
    ]
    read = words.terms_read.format(
        read=words.number(part.read), posts=words.number(part.posts), before=words.number(part.read_before)
    )
    return element(
        "div",
        element("b", language_name(words, part.language)),
        element(
            "div",
            *(chips or [element("span", words.no_terms, css="bw-note")]),
            element("span", read, css="bw-note"),
            css="bw-chips",
        ),
        css="bw-driver",
    )


def _posts(title: str, rows: Sequence[SharedPost], query: Statement, words: Words) -> None:
    st.markdown(f"**{title}**")
    shown = [_post(row, words) for row in rows] or [element("p", words.none, css="bw-note")]
    st.html(element("div", *shown, css="bw-why-posts"))
    tables.asked(words, query)


def _post(post: SharedPost, words: Words) -> Markup:
    shared = max(post.shared, post.reposts or 0)
    about = [moment(post.created_at, words), language_name(words, post.language), post.source]
    about += [words.colon.format(name=words.reposts, value=words.number(shared))] * bool(shared)
    return element(
        "article",
        element("header", *(element("bdi", part) for part in about)),
        element("p", displayable(post.text), css="bw-text", dir="auto", lang=post.language),
        address(post.url, words),
        css="bw-post",
    )


def _columns(explained: Explanation, words: Words) -> None:
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _counted(words.links, explained.links.rows, explained.links.query, words)
        _counted(words.sites, explained.sites.rows, explained.sites.query, words)
    with middle:
        _counted(words.hashtags, explained.hashtags.rows, explained.hashtags.query, words)
        _who(explained, words)
    with right:
        _shares(
            words.languages, explained.languages.rows, explained.languages.query, words, partial(language_name, words)
        )
        _shares(words.sources, explained.sources.rows, explained.sources.query, words)


def _counted(title: str, rows: Sequence[Counted], query: Statement, words: Words) -> None:
    named = [(pointed_at(row.name), words.number(row.authors), words.number(row.posts)) for row in rows]
    tables.show((title, words.authors, words.posts), named or [(element("span", words.none, css="bw-note"), "", "")])
    tables.asked(words, query)


def _shares(
    title: str, rows: Sequence[Share], query: Statement, words: Words, name: Callable[[str], str] = str
) -> None:
    shown = [row for row in rows[:MOST_SHARES] if row.posts]
    shares = [[words.percent(share, tenths=True) for share in (row.share, row.usual)] for row in shown]
    named = (element("bdi", name(row.name)) for row in shown)
    body = [(each, *values) for each, values in zip(named, shares, strict=True)]
    tables.show((title, words.share, words.usual_share), body)
    tables.asked(words, query)


def _who(explained: Explanation, words: Words) -> None:
    """Draw the concentration of authors in the selected language."""
    for who in explained.concentration.rows:
        tables.show((words.who_speaks, ""), _concentration(who, words))
    tables.asked(words, explained.concentration.query)


def _concentration(who: Concentration, words: Words) -> Iterable[tuple[str, str]]:
    yield words.posts, words.number(who.posts)
    yield words.authors, words.number(who.authors)
    yield words.texts, words.number(who.texts)
    yield words.top_author, words.percent(who.top_author, tenths=True)
    yield words.top_ten_authors, words.percent(who.top_ten_authors, tenths=True)
    yield words.reposts, words.percent(who.reposts)
    yield words.copies, words.percent(who.copies)
    if who.domain:
        yield (
            words.top_server,
            element("bdi", displayable(f"{who.domain} {words.percent(who.domain_share)}", LONGEST_CELL)),
        )


def pointed_at(name: str) -> Markup:
    """Return a link or a site that people shared, as one line with host and path. An unsafe address is plain text."""
    link = safe_link(name)
    if link is None:
        return element("bdi", displayable(name, LONGEST_CELL))
    return element(
        "a",
        displayable(link.partition("://")[2].rstrip("/")),
        css="bw-address",
        dir="ltr",
        href=link,
        title=displayable(link),
        target="_blank",
        rel="noopener noreferrer nofollow",
    )
