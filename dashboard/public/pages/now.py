"""The page on the present: the headline, the chart, the newest incidents, and the counts by language and by topic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from dashboard.headline import HEADLINE_SIGNS, headline
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.public import svg
from dashboard.public.chart import spark
from dashboard.public.editions import Counts, Edition
from dashboard.public.pages.frame import MOST_ROWS, badges, chart_of, message, others, page
from dashboard.public.site import Site
from dashboard.public.words import as_of, incident_path, incident_sentence, rows_within
from dashboard.status import HeadlineState, headline_state
from dashboard.synthetic import synthetic_of
from dashboard.watch_list import WatchList
from processing.contract import EVERYTHING, Incident, VerdictName

Series: TypeAlias = tuple[str, str]
"""A topic and a language."""

MOST_INCIDENTS = 12
SPARKS = 60
"""The most bins of a line of the size of a word."""


def now_page(
    site: Site, words: Words, edition: Edition, counts: Counts | None, *, wall: datetime, away: datetime | None
) -> str:
    """Return the page on the present. `away` is since when the store has not answered, or None."""
    snapshot = edition.snapshot
    if snapshot is None or counts is None:
        return message(site, words, words.public.nothing_title, words.public.nothing)
    root = site.watch.root
    state = headline_state(snapshot, wall)
    title, *details = headline(snapshot, words, wall)
    newest = edition.incidents[:MOST_INCIDENTS]
    points = counts.points(root, EVERYTHING)
    return page(
        "now.html",
        site,
        words,
        title=title,
        note=synthetic_of(snapshot, *newest).note(words),
        as_of=as_of(snapshot, words, wall),
        away=away,
        state=state.value,
        sign=HEADLINE_SIGNS[state],
        details=details,
        scored=_scored(state, snapshot.scored_until, words),
        figures=[
            (words.last_hour, words.number(snapshot.last_hour)),
            (words.hour_before, words.number(snapshot.hour_before)),
            (words.in_range, words.number(counts.total(root, EVERYTHING))),
        ],
        chart=chart_of(site, words, counts, points, snapshot.marks, topic=root, asked=_asked(site)),
        incidents=[_listed(incident, snapshot.scored_until, words) for incident in newest],
        tables=[
            _breakdown(words, counts, words.by_language, _languages(words, counts, root), root=root),
            _breakdown(words, counts, words.by_topic, _topics(words, counts, site.watch), root=root),
        ],
        shares_note=_shares_note(words, counts, root),
    )


def _scored(state: HeadlineState, until: datetime | None, words: Words) -> str:
    """Return up to when surges have been looked for, unless the headline says so already."""
    if until is None or state is HeadlineState.CATCHING_UP:
        return ""
    return words.public.scored_until.format(until=words.moment(until))


def _listed(incident: Incident, scored: datetime | None, words: Words) -> dict[str, Any]:
    return {
        "path": incident_path(incident.id),
        "when": words.moment(incident.start, zoned=False),
        "iso": incident.start.isoformat(),
        "sentence": incident_sentence(incident, scored, words),
        "badges": badges(incident, words),
        "organic": incident.verdict is VerdictName.ORGANIC,
    }


def _asked(site: Site) -> dict[str, str]:
    """Return the parameters of the chart of the watch list. That of the first list needs none."""
    return {} if site.watch == site.lists[0] else {"topic": site.watch.root}


def _languages(words: Words, counts: Counts, root: str) -> dict[Series, str]:
    return {
        (topic, tag): language_name(words, tag) for topic, tag in counts.series if topic == root and tag != EVERYTHING
    }


def _topics(words: Words, counts: Counts, watch: WatchList) -> dict[Series, str]:
    return {
        (topic, tag): topic_name(words, topic)
        for topic, tag in counts.series
        if tag == EVERYTHING and topic in watch.parts
    }


def _breakdown(words: Words, counts: Counts, title: str, names: Mapping[Series, str], *, root: str) -> dict[str, Any]:
    """Return the largest series of the window: the name of each, its posts, their share of the root's, and its line."""
    whole = counts.total(root, EVERYTHING) or 1
    shown = sorted(names, key=lambda each: (-counts.total(*each), each))
    coarse = rows_within(counts, SPARKS)
    rows = []
    for each in shown[:MOST_ROWS]:
        posts = counts.total(*each)
        label = words.colon.format(name=words.public.trend, value=names[each])
        drawn = svg.inline(spark(coarse.points(*each), coarse.window, label, words), "spark")
        rows.append((names[each], words.number(posts), words.percent(posts / whole), drawn))
    return {"title": title, "rows": rows, "more": others(len(shown), words)}


def _shares_note(words: Words, counts: Counts, topic: str) -> str:
    window = counts.window
    return words.public.shares_note.format(
        start=words.moment(window.start, zoned=False), end=words.moment(window.end), topic=topic_name(words, topic)
    )
