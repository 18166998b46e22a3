"""What the page shows of one incident, but for its explanation. The loads are shared by all who look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from msgspec.structs import astuple

from dashboard.context import connection, shared
from dashboard.i18n import Words
from dashboard.parts.known import present
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.snapshot import is_covered
from dashboard.window import Window, ceiling, floor, width_for
from processing import explanation, queries
from processing.contract import Annotation, ClaimRun, Corrects, Incident, Silence
from processing.explanation import Correction, Explanation, Leads, SharedPost
from processing.plain_text import displayable
from processing.queries import (
    TIMEOUT_EXCEEDED,
    AlikePair,
    Arrival,
    BinPosts,
    Claim,
    Conversation,
    Coverage,
    Delivery,
    Scope,
    Statement,
    StoredPost,
    StoreUnavailable,
    TrendLead,
)

LEAST_AROUND = timedelta(hours=3)
"""The time that the chart shows before and behind an incident, at least."""
BEHIND_FROM = timedelta(minutes=15)
"""The scores are behind the counts from here on. Before, they lie behind only as long as the open bin lasts."""
MOST_DELIVERIES = 100
MOST_LISTED = 500
LONGEST_ID = 80


@dataclass(frozen=True)
class Standing:
    """An incident as it stands: `now` is the newest counted moment, `scored_until` that up to which it is judged."""

    incident: Incident
    now: datetime
    scored_until: datetime | None
    coverage: tuple[Coverage, ...]

    @property
    def as_of(self) -> datetime:
        """The moment of which every statement about the incident is made."""
        return min(self.scored_until or self.incident.detected_at, self.now)

    @property
    def is_behind(self) -> bool:
        """Whether posts are counted of a time in which nobody has looked for surges yet."""
        return self.now - self.as_of > BEHIND_FROM

    @property
    def window(self) -> Window:
        """The time that the chart shows: the incident, with some time before and behind it."""
        last = self.incident.end or self.now
        around = max(LEAST_AROUND, (last - self.incident.start) / 2)
        start, until = self.incident.start - around, min(self.now, last + around)
        width = width_for(until - start)
        start = floor(start, width)
        return Window(start, max(ceiling(until, width), start + width), width, until)

    @property
    def series(self) -> Scope:
        """The series of the incident's figures, over the time that the chart shows."""
        led = queries.leading_series(self.incident, self.as_of)
        return Scope(led.topic, led.language, self.window.start, self.window.end)

    @property
    def whole(self) -> Scope:
        """The topic of the incident's figures in all its languages, from the incident's start to its end."""
        led = queries.leading_series(self.incident, self.as_of)
        return Scope(led.topic, led.language, self.incident.start, self.incident.end or self.as_of)


@dataclass(frozen=True)
class Bin:
    """One bin of the chart. `posts` is None where no collector covered it; `deleted` of the posts are deleted since."""

    start: datetime
    posts: int | None
    deleted: int


@dataclass(frozen=True)
class Course:
    """How the incident ran: its posts along time, and how the languages came, both with the queries behind them."""

    bins: tuple[Bin, ...]
    arrivals: tuple[Arrival, ...]
    queries: tuple[Statement, ...]
    arrivals_query: Statement


@dataclass(frozen=True)
class Said:
    """What is said in an incident: the largest claims, which language led each where it is decided, and the search.

    `run` is None before the first search.
    """

    claims: tuple[Claim, ...]
    leads: Mapping[str, Leads]
    run: ClaimRun | None
    query: Statement


@dataclass(frozen=True)
class Alike:
    """Who posted alike: how many pairs of accounts, the first of them, and their posts by source and id.

    `too_large` where the incident has too many posts to tell.
    """

    count: int
    pairs: tuple[AlikePair, ...]
    posts: Mapping[tuple[str, str], StoredPost]
    query: Statement
    too_large: bool = False


@dataclass(frozen=True)
class Told:
    """Who was told, what people answered, and what they wrote beside the incident."""

    conversations: tuple[Conversation, ...]
    deliveries: tuple[Delivery, ...]
    answer: tuple[str, str, str, datetime] | None
    silences: tuple[Silence, ...]
    notes: tuple[Annotation, ...]


@shared(ttl=3, max_entries=64)
def standing(settings: DashboardSettings, name: str) -> Standing | None:
    """Return the incident with this id as it stands; None if there is none."""
    known, incident = present(settings), queries.incident(connection(settings), name)
    if known is None or incident is None:
        return None
    return Standing(incident, known.now, known.watched_until, known.coverage)


def unknown(name: str, words: Words) -> str:
    """Return the sentence that there is no incident with this id. An address may name anything."""
    return words.incident_page.unknown.format(id=displayable(name, LONGEST_ID))


def _as_it_stands(of: Standing) -> tuple[object, ...]:
    """Return what the loads below depend on. Of an incident that is over, it does not change with each moment."""
    incident, window = of.incident, of.window
    led = queries.leading_series(incident, of.as_of)
    times = window.start, window.end, led.start, led.end, of.whole.start, of.whole.end
    pulses = tuple((each.start, each.peak) for each in incident.pulses)
    return incident.id, incident.observed, incident.verdict, incident.languages, led.topic, led.language, times, pulses


AS_IT_STANDS: dict[str | type[Any], Callable[[Any], Any]] = {Standing: _as_it_stands}


@shared(ttl=10, max_entries=64, hash_funcs=AS_IT_STANDS)
def course(settings: DashboardSettings, of: Standing, *, with_deleted: bool) -> Course:
    """Return how the incident ran, with the posts that were deleted since or without them."""
    reader, window = connection(settings), of.window
    counted = {each.start: each for each in queries.course(reader, of.series, window.width)}
    return Course(
        bins=tuple(_bin(start, counted, window.width, of.coverage, with_deleted) for start in window.bins()),
        arrivals=queries.arrivals(reader, of.whole, with_deleted=with_deleted),
        queries=(queries.bins_query(of.series, window.width),),
        arrivals_query=queries.arrivals_query(of.whole, with_deleted=with_deleted),
    )


def _bin(
    start: datetime,
    counted: Mapping[datetime, BinPosts],
    width: timedelta,
    coverage: tuple[Coverage, ...],
    with_deleted: bool,
) -> Bin:
    found = counted.get(start)
    if found is None:
        return Bin(start, 0 if is_covered(start, start + width, coverage) else None, 0)
    return Bin(start, found.posts if with_deleted else found.posts - found.deleted, found.deleted)


@shared(ttl=60, max_entries=64, hash_funcs=AS_IT_STANDS)
def expected(settings: DashboardSettings, of: Standing, _services: Services) -> dict[datetime, float]:
    """Return the posts that were expected of each bin of the chart, by its start. A bin that is not known is absent."""
    if _services.expected is None:
        return {}
    return rebinned(_services.expected(connection(settings), of.series, of.coverage), of.window)


@shared(ttl=15, max_entries=64, hash_funcs=AS_IT_STANDS)
def _last_recount(settings: DashboardSettings, of: Standing) -> int:
    """Return what rises when a post of the incident's time is written or deleted."""
    return queries.last_recount(connection(settings), of.whole.start, of.whole.end)


@shared(ttl=60, max_entries=64, hash_funcs={**AS_IT_STANDS, Corrects: astuple})
def corrections(settings: DashboardSettings, of: Standing, corrects: tuple[Corrects, ...]) -> tuple[Correction, ...]:
    """Return the claims of the incident that have a correction among the topics of the taxonomy.

    The posts are read again only if some of the incident's time have been written or deleted since.
    """
    return _corrections(settings, of, corrects, _last_recount(settings, of))


@shared(ttl=600, max_entries=64, hash_funcs={**AS_IT_STANDS, Corrects: astuple})
def _corrections(
    settings: DashboardSettings,
    of: Standing,
    corrects: tuple[Corrects, ...],
    last_recount: int,  # noqa: ARG001
) -> tuple[Correction, ...]:
    return explanation.corrections(connection(settings), of.incident, of.as_of, corrects)


@shared(ttl=60, max_entries=64, hash_funcs=AS_IT_STANDS)
def led(settings: DashboardSettings, of: Standing) -> Leads | None:
    """Return which language led the incident; None where it cannot be decided."""
    return explanation.leads(connection(settings), of.incident, of.as_of)


def rebinned(found: Mapping[datetime, float], window: Window) -> dict[datetime, float]:
    """Return what is expected of the bins of a window, from what the detector expects of its own bins.

    A narrower bin has its share of the one that holds it; a wider bin has the sum of those in it, if all are known.
    """
    starts = sorted(found)
    own = min((later - one for one, later in pairwise(starts)), default=window.width)
    if window.width < own:
        share = window.width / own
        return {each: found[floor(each, own)] * share for each in window.bins() if floor(each, own) in found}
    within = {each: [found.get(each + n * own) for n in range(window.width // own)] for each in window.bins()}
    return {each: sum(v for v in values if v is not None) for each, values in within.items() if None not in values}


@shared(ttl=10, max_entries=64, hash_funcs=AS_IT_STANDS)
def said(settings: DashboardSettings, of: Standing) -> Said:
    """Return what is said in the incident.

    The claims are read again only after a search, or if posts of the incident's time have been written or deleted.
    """
    reader = connection(settings)
    recounted = queries.last_recount(reader, *queries.claim_range(of.incident, of.as_of))
    return _said(settings, of, queries.claim_runs(reader).get(of.incident.id), recounted)


@shared(ttl=600, max_entries=64, hash_funcs={**AS_IT_STANDS, ClaimRun: astuple})
def _said(settings: DashboardSettings, of: Standing, run: ClaimRun | None, last_recount: int) -> Said:  # noqa: ARG001
    claims = queries.claims(connection(settings), of.incident.id)
    leads = _claim_leads(settings, of, tuple(each.name for each in claims), claims)
    return Said(claims, leads, run, queries.claims_query(of.incident.id))


@shared(ttl=60, max_entries=64, hash_funcs=AS_IT_STANDS)
def _claim_leads(
    settings: DashboardSettings,
    of: Standing,
    names: tuple[str, ...],  # noqa: ARG001
    _claims: tuple[Claim, ...],
) -> dict[str, Leads]:
    return explanation.claim_leads(connection(settings), of.incident, _claims, of.as_of)


@shared(ttl=3, max_entries=64)
def told(settings: DashboardSettings, name: str, topics: tuple[str, ...], now: datetime) -> Told:
    """Return who was told of an incident, and what people said. `topics` are those that a silence may be of."""
    reader = connection(settings)
    return Told(
        conversations=queries.conversations(reader, resolved=True, limit=MOST_DELIVERIES, conversation=name),
        deliveries=queries.deliveries(reader, conversation=name, limit=MOST_DELIVERIES),
        answer=queries.answer_to(reader, name),
        silences=tuple(each for each in queries.silences(reader, now) if each.topic in topics),
        notes=queries.annotations(reader, name),
    )


@shared(ttl=60, max_entries=64)
def trend_leads(settings: DashboardSettings, name: str) -> tuple[TrendLead, ...]:
    """Return who was first, banwatch or the trends of each network; nothing where no trend is of the incident."""
    return queries.trend_leads(connection(settings), name)


@shared(ttl=15, max_entries=64, hash_funcs=AS_IT_STANDS)
def begun(settings: DashboardSettings, of: Standing) -> SharedPost | None:
    """Return the first post of the incident; None where its texts are gone."""
    return explanation.first_post(connection(settings), of.incident, of.as_of)


@shared(ttl=15, max_entries=16, hash_funcs=AS_IT_STANDS)
def explained(settings: DashboardSettings, of: Standing, language: str) -> Explanation:
    """Return the explanation. All visitors share it for half a minute; after that, a deleted post is absent from it.

    It is made again only if posts of its time have been written or deleted since.
    """
    return _explained(settings, of, language, explanation.last_change(connection(settings), of.incident, of.as_of))


@shared(ttl=600, max_entries=16, hash_funcs=AS_IT_STANDS)
def _explained(settings: DashboardSettings, of: Standing, language: str, last_change: int) -> Explanation:  # noqa: ARG001
    """Return the explanation since a change. Minutes later it is made again, because texts expire without a recount."""
    return explanation.explain(connection(settings), of.incident, of.as_of, language=language)


@shared(ttl=60, max_entries=16, hash_funcs=AS_IT_STANDS)
def alike(settings: DashboardSettings, of: Standing) -> Alike:
    """Return who posted alike. All visitors share it for two to three minutes, and then a deleted post is absent.

    The pairs are found again only if posts of the incident's time have been written or deleted since.
    """
    return _alike(settings, of, _last_recount(settings, of))


@shared(ttl=600, max_entries=16, hash_funcs=AS_IT_STANDS)
def _alike(settings: DashboardSettings, of: Standing, last_recount: int) -> Alike:  # noqa: ARG001
    """Return who posted alike, or that it takes too long: it is not asked again at each look."""
    reader, query = connection(settings), queries.alike_query(of.incident.id)
    try:
        count, pairs = queries.alike(reader, of.incident.id)
    except StoreUnavailable as error:
        if error.code != TIMEOUT_EXCEEDED:
            raise
        return Alike(0, (), {}, query, too_large=True)
    return Alike(count, pairs, queries.posts_of_pairs(reader, pairs), query)


@shared(ttl=5, max_entries=4)
def listed(settings: DashboardSettings) -> tuple[Incident, ...]:
    """Return the newest incidents, the newest first."""
    return queries.incidents(connection(settings), limit=MOST_LISTED)
