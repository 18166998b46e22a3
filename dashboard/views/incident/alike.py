"""Who posted alike: pairs of accounts as a sentence, a graph and a table, with the posts of each pair."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st
from markupsafe import Markup

from dashboard.charts import Edge, Specification, graph, specification
from dashboard.i18n import Words
from dashboard.markup import element, literal
from dashboard.memoized import memoized
from dashboard.parts import tables
from dashboard.parts.posts import article
from dashboard.views.incident.report import Alike
from processing.plain_text import displayable
from processing.queries import WITHIN_SECONDS, Account, AlikePair

LONGEST_NAME = 40
LEAST_EXPECTED = 0.1
"""The smallest number that is written out of the times that chance makes likely."""
MOST_DRAWN = 32
MOST_WITH_POSTS = 10
"""The pairs whose posts are shown, too."""


def show(found: Alike, words: Words, root: str) -> None:
    """Draw the sentence, the graph, the table of the pairs, and the posts behind them.

    `root` is the topic of the incident.
    """
    page = words.incident_page
    st.html(element("p", sentence(found, words)))
    if found.pairs:
        st.vega_lite_chart(spec=_drawn(found.pairs, words), width="stretch", key="incident-alike")
        st.caption(page.alike_chart)
        head = (page.account, page.other_account, page.times, page.same, page.apart, page.by_chance)
        tables.show(head, (_row(each, words) for each in found.pairs), css="bw-names")
        with st.expander(page.alike_posts, icon=":material/forum:"):
            for each in found.pairs[:MOST_WITH_POSTS]:
                names = (literal(shown(account)) for account in (each.a, each.b))
                st.markdown(f"**{page.alike_pair.format(a=next(names), b=next(names))}**")
                st.html(element("div", *_posts(each, found, words, root), css="bw-why-posts"))
    st.caption(page.alike_note)
    tables.asked(words, found.query)


def sentence(found: Alike, words: Words) -> str:
    """Return the sentence that says how many pairs of accounts posted alike, and how many of them are shown."""
    page, seconds = words.incident_page, words.number(WITHIN_SECONDS)
    if found.too_large:
        return page.alike_too_large
    if not found.pairs:
        return page.alike_none.format(seconds=seconds)
    parts = [page.alike_some.format(seconds=seconds, pairs=words.number(found.count))]
    if len(found.pairs) < found.count:
        parts.append(page.alike_shown.format(shown=words.number(len(found.pairs))))
    return " ".join(parts)


def shown(account: Account) -> str:
    """Return an account as it is shown: its name and its network."""
    source, author = account
    return f"{displayable(author, LONGEST_NAME)} ({source})"


@memoized(MOST_DRAWN)
def _drawn(pairs: tuple[AlikePair, ...], words: Words) -> Specification:
    """Return the graph for all readers of these words."""
    page = words.incident_page
    edges = [
        Edge(shown(each.a), shown(each.b), each.times, f"{page.times}: {words.number(each.times)}") for each in pairs
    ]
    labels = {shown(account): displayable(account[1], LONGEST_NAME) for each in pairs for account in (each.a, each.b)}
    return specification(graph(edges, labels, page.alike_chart))


def _row(each: AlikePair, words: Words) -> tuple[str, ...]:
    page = words.incident_page
    return (
        element("bdi", shown(each.a)),
        element("bdi", shown(each.b)),
        words.number(each.times),
        words.separator.join(page.kinds.get(kind, kind) for kind in each.kinds),
        page.seconds.format(value=words.decimal(each.apart)),
        words.decimal(each.expected)
        if each.expected >= LEAST_EXPECTED
        else element("bdi", f"< {words.decimal(LEAST_EXPECTED)}", dir="ltr"),
    )


def _posts(pair: AlikePair, found: Alike, words: Words, root: str) -> Iterator[Markup]:
    """Yield the posts of a pair in their order. A post that is deleted since is left out."""
    keys = [key for one in pair.together for key in ((pair.a[0], one.id_a), (pair.b[0], one.id_b))]
    for key in dict.fromkeys(keys):
        if post := found.posts.get(key):
            yield article(post, words, root)
