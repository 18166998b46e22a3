"""The pages as HTML, from the templates beside this file. Jinja escapes every text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dashboard.headline import HEADLINE_SIGNS, headline
from dashboard.headline import incident_name as name_of
from dashboard.i18n import Words
from dashboard.i18n.labels import evidence_name, language_name, topic_name
from dashboard.parts.findings import about, came, correction_sentence, led_sentence
from dashboard.parts.verdict import badge, doubts
from dashboard.public import svg
from dashboard.public.chart import Chart, Size, draw, spark
from dashboard.public.editions import Counts, Edition, Findings, Story
from dashboard.public.words import as_of, chart_sentence, data_path, incident_path, incident_sentence, rows_within
from dashboard.snapshot import Point, SurgeMark
from dashboard.status import HeadlineState, headline_state
from dashboard.synthetic import synthetic_of
from dashboard.watch_list import WatchList
from processing.contract import EVERYTHING, Incident, Severity, VerdictName
from processing.explanation import CORRECTION_WINDOW, LEAST_CORRECTED, Correction, Leads, SharedPost
from processing.explanation.sentences import figure, limit, rarity, verdict_sentence
from processing.i18n import LANGUAGES, language
from processing.plain_text import displayable, safe_link
from processing.queries import Claim

MOST_INCIDENTS = 12
MOST_ROWS = 12
MOST_TABLE_ROWS = 32
SPARKS = 60
"""The most bins of a line of the size of a word."""

_TEMPLATES = Environment(
    loader=PackageLoader("dashboard.public"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """Where the pages are: the address of the site, empty if it is not known, and the address of this page in it.

    `path` is that of the page within its language, such as `incident/ID`. `stamp` names the style sheet's version.
    `watch` is the watch list that the page is about, and `lists` are all of them.
    """

    address: str
    ui: str
    path: str
    stamp: str
    watch: WatchList
    lists: tuple[WatchList, ...]

    @property
    def root(self) -> str:
        """The path of the pages of this language."""
        return root_of(self.ui)

    @property
    def home(self) -> str:
        """The path of the page of the watch list."""
        return self.root + list_path(self.watch, self.lists)

    @property
    def feed(self) -> str:
        """The path of the feed of the watch list."""
        return f"{self.home}{'' if self.home == self.root else '/'}feed.atom"

    def others(self, words: Words) -> list[dict[str, Any]]:
        """Return the name and the path of each watch list, if there are several, and whether the page is about it."""
        if len(self.lists) == 1:
            return []
        return [
            {
                "name": topic_name(words, each.root),
                "path": self.root + list_path(each, self.lists),
                "current": each == self.watch,
            }
            for each in self.lists
        ]

    def languages(self) -> list[dict[str, str]]:
        """Return each language of the pages: its tag, its name in itself, and the address of this page in it."""
        return [
            {"tag": tag, "name": language(tag).native_name, "path": f"{root_of(tag)}{self.path}"} for tag in LANGUAGES
        ]


def root_of(ui: str) -> str:
    """Return the path of the pages of a language. Those of the first language stand at the root."""
    return "/" if ui == LANGUAGES[0] else f"/{ui}/"


def list_path(watch: WatchList, lists: Sequence[WatchList]) -> str:
    """Return the path of the page of a watch list, within the pages of a language. The first is their first page."""
    return "" if watch == lists[0] else f"watch/{watch.root}"


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
    return _page(
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
        chart=_figure(site, words, counts, points, snapshot.marks, topic=root, asked=_asked(site)),
        incidents=[_listed(incident, snapshot.scored_until, words) for incident in newest],
        tables=[
            _breakdown(
                words, counts, words.by_language, _languages(counts, root), partial(language_name, words), root=root
            ),
            _breakdown(
                words, counts, words.by_topic, _topics(counts, site.watch), partial(topic_name, words), root=root
            ),
        ],
        shares_note=_shares_note(words, counts, root),
    )


def incident_page(
    site: Site,
    words: Words,
    edition: Edition,
    story: Story,
    found: Findings,
    *,
    wall: datetime,
    away: datetime | None,
) -> str:
    """Return the page of an incident, with what was found in it."""
    incident, counts, snapshot = story.incident, story.counts, edition.snapshot
    scored = snapshot.scored_until if snapshot else None
    points = counts.points(incident.topic, EVERYTHING)
    return _page(
        "incident.html",
        site,
        words,
        title=name_of(incident, words),
        note=synthetic_of(counts, incident).note(words),
        as_of=as_of(snapshot, words, wall) if snapshot else "",
        away=away,
        incident=incident,
        organic=incident.verdict is VerdictName.ORGANIC,
        ratio=words.number(incident.ratio),
        sentence=incident_sentence(incident, scored, words),
        badges=_badges(incident, words),
        chart=_figure(site, words, counts, points, story.marks, topic=incident.topic, asked={"incident": incident.id}),
        facts=_facts(incident, words),
        verdict=verdict_sentence(incident.verdict, incident.evidence, words.tag),
        doubts=doubts(incident, words),
        evidence=[
            (evidence_name(words, each.name), figure(each, words.tag), limit(each, words.tag), each.decisive)
            for each in incident.evidence
        ],
        pulses=[(words.moment(p.peak), words.number(p.observed), words.number(p.expected)) for p in incident.pulses],
        terms=list(_terms(incident, words)),
        spoken=_spoken(incident, counts, words),
        led=led_sentence(found.leads, words) if found.leads else "",
        corrections=[_correction(each, words) for each in found.corrections],
        corrections_note=words.correction.note.format(
            window=words.duration(CORRECTION_WINDOW), least=words.number(LEAST_CORRECTED)
        ),
        claims=[
            _claim(number, each, found.claim_leads.get(each.name), words)
            for number, each in enumerate(found.claims, start=1)
        ],
        claims_note=_claims_note(found.claims, words),
        data=data_path(incident.id),
        posts=[
            (words.first_posts, [_post(post, words) for post in story.first]),
            (words.most_shared, [_post(post, words) for post in story.shared]),
        ]
        if story.first or story.shared
        else [],
    )


def message(site: Site, words: Words, title: str, text: str) -> str:
    """Return a page that says one thing."""
    return _page("message.html", site, words, title=title, text=text, note="", as_of="", away=None)


def _page(template: str, site: Site, words: Words, *, note: str, away: datetime | None, **given: Any) -> str:
    said, about = words.public, {"topic": topic_name(words, site.watch.root)}
    return _TEMPLATES.get_template(template).render(
        site=site,
        words=words,
        said=said,
        rtl=words.language_of_page.right_to_left,
        site_title=words.title.format(**about),
        subtitle=words.subtitle.format(**about),
        about_counts=said.about_counts.format(**about),
        feed_title=said.feed_title.format(**about),
        note=note,
        not_renewed=said.not_renewed.format(at=words.moment(away)) if away else "",
        **given,
    )


def _scored(state: HeadlineState, until: datetime | None, words: Words) -> str:
    """Return up to when surges have been looked for, unless the headline says so already."""
    if until is None or state is HeadlineState.CATCHING_UP:
        return ""
    return words.public.scored_until.format(until=words.moment(until))


def _figure(
    site: Site,
    words: Words,
    counts: Counts,
    points: Sequence[Point],
    marks: Sequence[SurgeMark],
    *,
    topic: str,
    asked: Mapping[str, str],
) -> dict[str, Any]:
    """Return a chart in two sizes, its sentence, its marks explained, its table and the addresses of its pictures."""
    sentence = chart_sentence(counts, points, topic, words)
    chart = Chart(counts.window, tuple(points), tuple(marks), sentence)
    organic = {mark.verdict is VerdictName.ORGANIC for mark in marks}
    notes = (
        (True in organic, words.public.marks_surges),
        (False in organic, words.doubts_explained),
        (any(point.posts is None for point in points), words.public.no_collector),
    )
    table = rows_within(counts, MOST_TABLE_ROWS)
    query = f"?{urlencode(asked)}" if asked else ""
    return {
        "wide": svg.inline(draw(chart, Size.WIDE, words), "wide"),
        "narrow": svg.inline(draw(chart, Size.NARROW, words), "narrow"),
        "unit": words.posts_per.format(width=words.duration(counts.window.width)),
        "sentence": sentence,
        "notes": " ".join(note for shown, note in notes if shown),
        "rows": [
            (words.moment(point.start), words.public.unknown if point.posts is None else words.number(point.posts))
            for point in table.points(topic, EVERYTHING)
        ],
        "svg": f"{site.root}chart.svg{query}",
        "png": f"{site.root}chart.png{query}",
        "embed": f"{site.address}{site.root}chart.svg{query}" if site.address else "",
    }


def _listed(incident: Incident, scored: datetime | None, words: Words) -> dict[str, Any]:
    return {
        "path": incident_path(incident.id),
        "when": words.moment(incident.start, zoned=False),
        "iso": incident.start.isoformat(),
        "sentence": incident_sentence(incident, scored, words),
        "badges": _badges(incident, words),
        "organic": incident.verdict is VerdictName.ORGANIC,
    }


def _badges(incident: Incident, words: Words) -> list[Markup]:
    severities = {
        Severity.NOTABLE: words.severity_notable,
        Severity.MAJOR: words.severity_major,
        Severity.EXTREME: words.severity_extreme,
    }
    plain = [
        words.state_closed if incident.end else words.state_open,
        severities[incident.severity],
        *([words.synthetic_badge] if incident.synthetic else []),
    ]
    return [badge(incident, words), *(Markup('<span class="bw-badge">{}</span>').format(each) for each in plain)]


def _facts(incident: Incident, words: Words) -> list[tuple[str, str]]:
    return [
        (words.started, words.moment(incident.start)),
        (words.peaked, words.moment(incident.peak)),
        (words.ended, words.moment(incident.end) if incident.end else words.still_going),
        (words.observed, words.number(incident.observed)),
        (words.expected, words.number(incident.expected)),
        (words.rarity, rarity(incident.score, words.tag)),
    ]


def _asked(site: Site) -> dict[str, str]:
    """Return the parameters of the chart of the watch list. That of the first list needs none."""
    return {} if site.watch == site.lists[0] else {"topic": site.watch.root}


def _languages(counts: Counts, root: str) -> list[tuple[str, str]]:
    return [name for name in counts.series if name[0] == root and name[1] != EVERYTHING]


def _topics(counts: Counts, watch: WatchList) -> list[tuple[str, str]]:
    return [name for name in counts.series if name[1] == EVERYTHING and name[0] in watch.parts]


def _breakdown(
    words: Words, counts: Counts, title: str, series: Sequence[tuple[str, str]], name: Any, *, root: str
) -> dict[str, Any]:
    """Return the largest series of the window, each with its posts, its share of the root's posts, and its line."""
    whole = counts.total(root, EVERYTHING) or 1
    shown = sorted(series, key=lambda each: (-counts.total(*each), each))
    coarse = rows_within(counts, SPARKS)
    rows = []
    for each in shown[:MOST_ROWS]:
        called = name(each[0] if each[1] == EVERYTHING else each[1])
        posts = counts.total(*each)
        label = words.colon.format(name=words.public.trend, value=called)
        drawn = svg.inline(spark(coarse.points(*each), coarse.window, label, words), "spark")
        rows.append((called, words.number(posts), words.percent(posts / whole), drawn))
    more = len(shown) - MOST_ROWS
    return {
        "title": title,
        "rows": rows,
        "more": words.public.others.format(count=words.number(more)) if more > 0 else "",
    }


def _shares_note(words: Words, counts: Counts, topic: str) -> str:
    window = counts.window
    return words.public.shares_note.format(
        start=words.moment(window.start, zoned=False), end=words.moment(window.end), topic=topic_name(words, topic)
    )


def _spoken(incident: Incident, counts: Counts, words: Words) -> list[tuple[str, str, str]]:
    """Return the languages of the posts while the incident lasted: name, posts, share; the largest first."""
    end = incident.end or counts.window.until
    width: timedelta = counts.window.width
    totals = {
        language: sum(posts for at, posts in bins.items() if incident.start - width < at < end)
        for (topic, language), bins in counts.series.items()
        if topic == incident.topic
    }
    whole = totals.pop(EVERYTHING, 0) or 1
    shown = sorted(totals.items(), key=lambda each: (-each[1], each[0]))[:MOST_ROWS]
    return [
        (language_name(words, tag), words.number(posts), words.percent(posts / whole)) for tag, posts in shown if posts
    ]


def _terms(incident: Incident, words: Words) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each language of the terms: its name, its tag, its terms."""
    languages = dict.fromkeys(term.language for term in incident.terms)
    for tag in languages:
        said = [displayable(term.term, 80) for term in incident.terms if term.language == tag]
        yield language_name(words, tag), tag, said


def _claim(number: int, claim: Claim, leads: Leads | None, words: Words) -> dict[str, Any]:
    """Return a claim. It has a title, which is a text of a post, where posts may be shown."""
    title, languages = claim.title(words.tag), claim.languages
    more = len(languages) - MOST_ROWS
    return {
        "name": words.public.claim.format(number=words.number(number)),
        "title": displayable(title.nearest),
        "language": title.language,
        "about": about(claim, words),
        "spoken": [
            (language_name(words, each.language), came(each, languages[0], words)) for each in languages[:MOST_ROWS]
        ],
        "more": words.public.others.format(count=words.number(more)) if more > 0 else "",
        "led": led_sentence(leads, words) if leads else "",
    }


def _claims_note(claims: Sequence[Claim], words: Words) -> str:
    """Return what a claim is, and whether its title is one of a stranger or is left out."""
    said = words.public
    quoted = any(each.title(words.tag).nearest for each in claims)
    return f"{said.claims_note} {said.posts_note if quoted else said.claims_unquoted}"


def _correction(found: Correction, words: Words) -> dict[str, Any]:
    """Return a claim and its correction: a sentence and, if it is spoken of, how far it came in each language."""
    rows = [
        (
            language_name(words, each.language),
            words.number(each.claims),
            words.number(each.corrections),
            words.percent(each.share),
            words.moment(each.overtaken) if each.overtaken else words.correction.reach[each.reach],
        )
        for each in found.languages[:MOST_ROWS]
    ]
    more = len(found.languages) - MOST_ROWS
    return {
        "sentence": correction_sentence(found, words),
        "languages": rows if found.is_spoken_of else [],
        "more": words.public.others.format(count=words.number(more)) if more > 0 else "",
    }


def _post(post: SharedPost, words: Words) -> dict[str, Any]:
    link = safe_link(post.url)
    host = displayable(urlsplit(link).hostname or "", 80) if link else ""
    return {
        "about": [words.moment(post.created_at), language_name(words, post.language), post.source],
        "text": displayable(post.text),
        "language": post.language,
        "link": link,
        "read_at": words.read_at.format(host=host),
    }
