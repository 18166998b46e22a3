"""Makes the answer to each thing that can be asked for, from the newest edition. One thread at a time may use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from http import HTTPStatus
from importlib import resources

import msgspec

from dashboard.filters import Filters
from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.public import data, feed, png, svg
from dashboard.public.answer import OF_PAGES, PLAIN, Answer
from dashboard.public.asked import Asked, Kind
from dashboard.public.chart import Chart, draw
from dashboard.public.drawing import Theme
from dashboard.public.editions import Counts, Edition, Editions
from dashboard.public.pages.frame import message
from dashboard.public.pages.incident import incident_page
from dashboard.public.pages.now import now_page
from dashboard.public.site import Site, list_path
from dashboard.public.words import chart_sentence, incident_path, words_of
from dashboard.services import Topics
from dashboard.snapshot import SurgeMark, marks_of
from dashboard.status import HeadlineState, headline_state
from dashboard.synthetic import synthetic_of
from dashboard.watch_list import Topic, WatchList, list_of, watch_lists
from processing.contract import EVERYTHING, Incident
from processing.i18n import LANGUAGES
from processing.queries import StoreDamaged, StoreRefused, StoreUnavailable

HTML, SVG, PNG = "text/html; charset=utf-8", "image/svg+xml", "image/png"
ATOM, JSON, CSV = "application/atom+xml; charset=utf-8", "application/json", "text/csv; charset=utf-8"

OF_PICTURES = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""Headers of what other sites may show inside of their own pages."""

STYLES = (resources.files("dashboard.public").joinpath("public.css").read_text("utf-8") + svg.css(Theme.AUTO)).encode()
STAMP = blake2b(STYLES, digest_size=6).hexdigest()
"""The version of the style sheet, in its address: a page that a cache holds finds the sheet that it was made for."""


@dataclass(frozen=True)
class Shown:
    """What a picture shows: the counts, their topic, the rises to mark, and the incident if it is of one."""

    counts: Counts
    topic: str
    marks: tuple[SurgeMark, ...]
    incident: Incident | None = None


class Editor:
    """Makes answers. `topics` gives the topics of the taxonomy as they are now."""

    def __init__(self, editions: Editions, topics: Topics, address: str) -> None:
        self._editions = editions
        self._topics = topics
        self._address = address
        self.incidents: frozenset[str] | None = None
        """The ids of the incidents that have a page, by the newest edition; None before the first."""
        self.topics: frozenset[str] = frozenset({EVERYTHING})
        """The topics of the taxonomy and of the newest edition."""
        self.roots: frozenset[str] | None = None
        """The roots of the watch lists; None before the first answer."""

    def make(self, asked: Asked, now: datetime) -> Answer:
        """Return the answer. `now` is wall clock."""
        try:
            topics = self._topics()
            lists = watch_lists(topics)
            self.roots = frozenset(each.root for each in lists)  # known also while the store is away
            edition = self._editions.edition(list_of(lists, asked.topic) or lists[0], now)
            self.incidents = frozenset(edition.every)
            self.topics |= {*topics, *(edition.snapshot.topics if edition.snapshot else ())}
            return self._made(replace(asked, topic=asked.topic or lists[0].root), edition, topics, now)
        except (StoreUnavailable, StoreRefused, StoreDamaged):
            return self._away(asked)

    def _made(self, asked: Asked, edition: Edition, topics: Mapping[str, Topic], now: datetime) -> Answer:
        words = words_of(asked.ui, topics)
        match asked.kind:
            case Kind.NOW:
                counts = self._editions.counts(edition.watch, asked.length, now)
                page = now_page(
                    self._site(asked.ui, edition.watch),
                    words,
                    edition,
                    counts,
                    wall=now,
                    away=self._editions.away_since,
                )
                return Answer(page.encode(), HTML)
            case Kind.INCIDENT | Kind.INCIDENT_DATA:
                return self._incident(asked, edition, words, now)
            case Kind.FEED:
                return self._feed(asked, edition, words, now)
            case Kind.INCIDENTS:
                editions = [self._editions.edition(each, now) for each in watch_lists(topics)]
                spoken = {tag: words_of(tag, topics) for tag in LANGUAGES}
                return Answer(data.incidents_json(editions, spoken, self._address, now), JSON)
            case Kind.COUNTS:
                return self._counts(asked, edition, now)
            case Kind.SVG | Kind.PNG:
                return self._picture(asked, edition, words, now)
            case Kind.HEALTH:
                return self._health(edition, now)

    def missing(self, ui: str) -> Answer:
        """Return what is said of an address that leads nowhere."""
        words = words_of(ui, self._topics())
        page = message(self._site(ui), words, words.public.missing_title, words.public.missing)
        return Answer(page.encode(), HTML, HTTPStatus.NOT_FOUND)

    def _site(self, ui: str, watch: WatchList | None = None, path: str = "") -> Site:
        """Return where a page is, which is that of its watch list (the first if None) without a `path`."""
        lists = watch_lists(self._topics())
        shown = lists[0] if watch is None else watch
        return Site(self._address, ui, path or list_path(shown, lists), STAMP, shown, lists)

    def _incident(self, asked: Asked, edition: Edition, words: Words, now: datetime) -> Answer:
        story = self._editions.story(edition, asked.incident, now)
        if story is None:
            return self.missing(asked.ui)
        found = self._editions.findings(edition, asked.incident, now)
        if asked.kind is Kind.INCIDENT_DATA:
            spoken = {tag: words_of(tag, self._topics()) for tag in LANGUAGES}
            return Answer(data.incident_json(story.incident, found, spoken, self._address, edition.snapshot), JSON)
        own = list_of(watch_lists(self._topics()), story.incident.topic)
        site = self._site(asked.ui, own, incident_path(asked.incident))
        page = incident_page(site, words, edition, story, found, wall=now, away=self._editions.away_since)
        return Answer(page.encode(), HTML)

    def _feed(self, asked: Asked, edition: Edition, words: Words, now: datetime) -> Answer:
        snapshot, newest, site = edition.snapshot, edition.incidents, self._site(asked.ui, edition.watch)
        written = feed.feed(
            newest,
            words,
            site=site,
            as_of=snapshot.now if snapshot else now,
            scored=snapshot.scored_until if snapshot else None,
            note=synthetic_of(snapshot, *newest[: feed.MOST_ENTRIES]).note(words),
        )
        return Answer(written, ATOM)

    def _counts(self, asked: Asked, edition: Edition, now: datetime) -> Answer:
        counts = self._editions.counts(edition.watch, asked.length, now)
        if counts is None:
            return Answer(b"Nothing has been counted yet.\n", PLAIN, HTTPStatus.NOT_FOUND)
        width = asked.width or counts.window.width
        if width not in counts.widths():
            minutes = ", ".join(f"{each.total_seconds() / 60:g}" for each in counts.widths())
            said = f"For this time, the parameter width is one of these numbers of minutes: {minutes}.\n"
            return Answer(said.encode(), PLAIN, HTTPStatus.BAD_REQUEST)
        return Answer(data.counts_csv(counts.in_bins(width), asked.topic, asked.language), CSV)

    def _picture(self, asked: Asked, edition: Edition, words: Words, now: datetime) -> Answer:
        if asked.kind is Kind.PNG and not png.can_write(_letters(words), rtl=words.language_of_page.right_to_left):
            words = words_of(LANGUAGES[0], self._topics())
        shown = self._shown(asked, edition, now)
        if edition.snapshot is None or shown is None:
            return self.missing(asked.ui)
        chart = _chart(asked, edition.snapshot.now, shown, words)
        drawing = draw(chart, asked.size, words)
        if asked.kind is Kind.PNG:
            return Answer(png.png(drawing, asked.theme), PNG, headers=OF_PICTURES)
        policy = f"default-src 'none'; style-src {svg.style_hash(asked.theme)}; frame-ancestors *"
        picture = svg.alone(drawing, asked.theme).encode()
        return Answer(picture, SVG, headers=OF_PICTURES | {"content-security-policy": policy})

    def _shown(self, asked: Asked, edition: Edition, now: datetime) -> Shown | None:
        if asked.incident:
            story = self._editions.story(edition, asked.incident, now)
            return None if story is None else Shown(story.counts, story.incident.topic, story.marks, story.incident)
        counts = self._editions.counts(edition.watch, asked.length, now)
        if counts is None or edition.snapshot is None:
            return None
        view = Filters(edition.watch, asked.length, topic=asked.topic, language=asked.language)
        # The marks of one language would be those of its spikes, which an edition does not hold.
        whole = edition.incidents if asked.language == EVERYTHING else ()
        marks = marks_of(view, counts.window, edition.snapshot.scored_until or edition.snapshot.now, whole, ())
        return Shown(counts, asked.topic, marks)

    def _health(self, edition: Edition, now: datetime) -> Answer:
        """Return how the pages are: `ok`, `behind` (the counts or the scores lag) or `stale` (the store is away)."""
        snapshot = edition.snapshot
        current = snapshot is not None and headline_state(snapshot, now) in {HeadlineState.CALM, HeadlineState.SURGING}
        status = "stale" if self._editions.away_since else "ok" if current else "behind"
        about = {"status": status, "as_of": snapshot and snapshot.now, "away_since": self._editions.away_since}
        return Answer(msgspec.json.encode(about), JSON, cached=False)

    def _away(self, asked: Asked) -> Answer:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        headers = OF_PAGES | {"retry-after": "60"}
        if asked.kind is Kind.HEALTH:
            return Answer(b'{"status":"unavailable"}', JSON, status, headers, cached=False)
        if asked.kind in {Kind.NOW, Kind.INCIDENT}:
            words = words_of(asked.ui, self._topics())
            page = message(self._site(asked.ui), words, words.public.away_title, words.public.away)
            return Answer(page.encode(), HTML, status, headers, cached=False)
        return Answer(b"The counts cannot be read. Try again in a minute.\n", PLAIN, status, headers, cached=False)


def _chart(asked: Asked, as_of: datetime, shown: Shown, words: Words) -> Chart:
    """Return a chart that stands alone: it says in the picture what it shows, whence and as of when."""
    counts, incident = shown.counts, shown.incident
    points = counts.points(shown.topic, asked.language)
    note = synthetic_of(counts, *([incident] if incident else [])).note(words)
    title = incident_name(incident, words) if incident else topic_name(words, shown.topic)
    if asked.language != EVERYTHING:
        title = words.colon.format(name=title, value=language_name(words, asked.language))
    source = words.public.chart_source.format(now=words.moment(as_of))
    sentence = chart_sentence(counts, points, shown.topic, words)
    return Chart(
        counts.window, points, shown.marks, f"{sentence} {note}".strip(), title, tuple(filter(None, (source, note)))
    )


def _letters(words: Words) -> str:
    """Return letters of a language that a picture in it needs."""
    return words.subtitle + words.synthetic + words.public.chart_source
