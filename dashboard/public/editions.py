"""What the public pages show, read from the store at most once a bucket of time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

import structlog

from dashboard.filters import Filters, Range
from dashboard.snapshot import Point, Snapshot, SurgeMark, is_covered, load, marks_of
from dashboard.watch_list import WatchList
from dashboard.window import WIDTHS, Window, ceiling, floor, window_of
from processing import explanation, queries
from processing.contract import Corrects, Incident
from processing.explanation import Correction, Leads, SharedPost
from processing.queries import TOO_MUCH, Briefly, Claim, Coverage, Reader, StoreDamaged, StoreRefused, StoreUnavailable

log = structlog.get_logger()

MOST_INCIDENTS = 1_000
"""The newest incidents, which have a page each."""

MOST_HELD = 200
MOST_FOUND = MOST_INCIDENTS
"""Findings that are held. They are many, because they cost the store the most and are small."""

FOUND_WITHIN = timedelta(seconds=4)
"""How long the store may take for one query of findings. It is shorter than the time-out of a request."""

FOUND_AGAIN = timedelta(minutes=10)
"""How long at most findings with texts stand, because the time of a text ends without a trace in the counts.

It is also how long the store is not asked again for those that it did not tell.
"""

_NEVER = datetime.max.replace(tzinfo=UTC)

RETRY = timedelta(seconds=5)
"""The pause after a failure, during which the store is not asked."""

Failure = StoreUnavailable | StoreRefused | StoreDamaged
T = TypeVar("T")


@dataclass(frozen=True)
class Counts:
    """Posts in bins of every series in a window: (topic, language) -> start of the bin -> posts, where there are any.

    `generated` and `collected` are the sources of all posts in the window.
    """

    window: Window
    coverage: tuple[Coverage, ...]
    series: Mapping[tuple[str, str], Mapping[datetime, int]]
    generated: tuple[str, ...]
    collected: tuple[str, ...]

    def points(self, topic: str, language: str) -> tuple[Point, ...]:
        """Return one series, a point for each bin. A bin that no collector covered has no number."""
        found = self.series.get((topic, language), {})
        return tuple(Point(start, language, found.get(start, self._without(start))) for start in self.window.bins())

    def total(self, topic: str, language: str) -> int:
        """Return the posts of one series in the window."""
        return sum(self.series.get((topic, language), {}).values())

    def widths(self) -> tuple[timedelta, ...]:
        """Return the widths of bins in which the counts can be given, the smallest first."""
        return tuple(width for width in WIDTHS if not width % self.window.width)

    def in_bins(self, width: timedelta) -> Counts:
        """Return the counts in wider bins. A bin at the edge that the window cuts is left out."""
        if width == self.window.width:
            return self
        start, end = ceiling(self.window.start, width), floor(self.window.end, width)
        window = Window(start, max(start, end), width, self.window.until)
        wider: dict[tuple[str, str], dict[datetime, int]] = {}
        for name, bins in self.series.items():
            sums = wider.setdefault(name, {})
            for at, posts in bins.items():
                if window.start <= at < window.end:
                    sums[floor(at, width)] = sums.get(floor(at, width), 0) + posts
        return replace(self, window=window, series=wider)

    def _without(self, start: datetime) -> int | None:
        return 0 if is_covered(start, start + self.window.width, self.coverage) else None


@dataclass(frozen=True)
class Edition:
    """One look at the store for a watch list. `snapshot` is None while the store holds no post."""

    watch: WatchList
    snapshot: Snapshot | None
    every: Mapping[str, Incident]
    """The newest incidents of all watch lists by id, the newest first."""

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """The newest incidents of the list, the newest first."""
        return tuple(each for each in self.every.values() if each.topic == self.watch.root)


@dataclass(frozen=True)
class Findings:
    """What was found in an incident: its largest claims, which language led it and each claim, and its corrections.

    `claim_leads` has the names of the claims of which it is decided. The claims have texts where posts may be shown.
    """

    claims: tuple[Claim, ...] = ()
    claim_leads: Mapping[str, Leads] = field(default_factory=dict)
    leads: Leads | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class _Found:
    """Findings with the state of the store of which they are, and up to when they stand, in wall clock.

    Without a state they are nothing, because the store did not tell.
    """

    state: object | None
    until: datetime
    findings: Findings


@dataclass(frozen=True)
class Story:
    """An incident with the counts around it, and with its first and most shared posts where they may be shown."""

    incident: Incident
    counts: Counts
    marks: tuple[SurgeMark, ...]
    first: tuple[SharedPost, ...] = ()
    shared: tuple[SharedPost, ...] = ()


class Editions:
    """Looks at the store. A thing is asked for once a bucket; while the store is away, the last answer stands.

    One thread at a time may use it. Each method raises the store's failure if it has never answered.
    """

    def __init__(
        self,
        connect: Callable[[], Reader],
        bucket: timedelta,
        *,
        posts: bool,
        corrects: Callable[[], Sequence[Corrects]] = tuple,
    ) -> None:
        self._connect = connect
        self._bucket = bucket
        self._posts = posts
        self._corrects = corrects
        self._found: OrderedDict[str, _Found] = OrderedDict()
        self._reader: Reader | None = None
        self._held: OrderedDict[object, tuple[datetime, object]] = OrderedDict()
        self._failure: Failure | None = None
        self._again_at = datetime.min.replace(tzinfo=UTC)
        self.away_since: datetime | None = None
        """Wall clock of the first of the failures that last until now; None while the store answers."""

    def edition(self, watch: WatchList, now: datetime) -> Edition:
        """Return the state of a watch list. `now` is wall clock here and below."""
        return self._looked(watch, now, lambda reader: _edition(reader, watch))

    def counts(self, watch: WatchList, length: Range, now: datetime) -> Counts | None:
        """Return the counts of a time up to the newest counted moment; None while the store holds no post.

        They are of all topics; it is the time that is that of the edition of this watch list.
        """
        known = self.edition(watch, now).snapshot
        if known is None:
            return None
        window = _window(known, Filters(watch, length))
        return self._looked(length, now, lambda reader: _counts(reader, known, window))

    def story(self, edition: Edition, name: str, now: datetime) -> Story | None:
        """Return an incident of an edition; None if there is none of this id."""
        incident, known = edition.every.get(name), edition.snapshot
        if incident is None or known is None:
            return None
        return self._looked(("story", name), now, lambda reader: self._story(reader, known, incident))

    def findings(self, edition: Edition, name: str, now: datetime) -> Findings:
        """Return what was found in an incident of an edition; nothing if there is none of this id."""
        incident, known = edition.every.get(name), edition.snapshot
        if incident is None or known is None:
            return Findings()
        as_of = min(known.scored_until or known.now, known.now)
        return self._looked(("findings", name), now, lambda reader: self._findings(reader, incident, as_of, now))

    def _looked(self, name: object, now: datetime, look: Callable[[Reader], T]) -> T:
        """Return what a look gave in this bucket; look again in a new one."""
        bucket = floor(now, self._bucket)
        held = self._held.get(name)
        if held is None or held[0] != bucket:
            held = self._look(now, bucket, look, held)
            self._held[name] = held
        self._held.move_to_end(name)
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        return cast("T", held[1])  # under a name lies what its own looks gave

    def _look(
        self, now: datetime, bucket: datetime, look: Callable[[Reader], T], held: tuple[datetime, object] | None
    ) -> tuple[datetime, object]:
        if not self._resting(now):
            try:
                self._reader = self._reader or self._connect()
                answer = bucket, look(self._reader)
            except (StoreUnavailable, StoreRefused, StoreDamaged) as failure:
                self._fail(failure, now)
            else:
                self.away_since = self._failure = None
                return answer
        if held is None:
            assert self._failure is not None  # noqa: S101 - it has just failed, or it rests behind a failure
            raise self._failure
        return held[0], _without_posts(held[1])

    def _resting(self, now: datetime) -> bool:
        """Return whether the last failure is so recent that the store is left alone."""
        return self._failure is not None and now < self._again_at

    def _fail(self, failure: Failure, now: datetime) -> None:
        if self.away_since is None:
            self.away_since = now
            log.warning("the store does not answer the public pages", said=failure.sentence)
        self._failure, self._again_at = failure, now + RETRY

    def _story(self, reader: Reader, now: Snapshot, incident: Incident) -> Story:
        view = around(incident, now.now)
        window = _window(now, view)
        scored = now.scored_until or now.now
        first, shared = explanation.leading_posts(reader, incident, now.now) if self._posts else ((), ())
        return Story(
            incident,
            _counts(reader, now, window, incident.topic),
            marks_of(view, window, scored, [incident], ()),
            first,
            shared,
        )

    def _findings(self, reader: Reader, incident: Incident, as_of: datetime, wall: datetime) -> Findings:
        """Return what was found in an incident as of a moment of event time.

        It is found again only after a search for claims, or if posts of its time have been written or deleted. It is
        nothing if the store refuses to tell, or if that takes it too long.
        """
        brief, corrects = Briefly(reader, FOUND_WITHIN), tuple(self._corrects())
        held = self._found.get(incident.id)
        try:
            _, end = during = queries.claim_range(incident, as_of)
            state = (
                incident,
                min(as_of, end),
                corrects,
                queries.claim_runs(brief).get(incident.id),
                queries.last_recount(brief, *during),
            )
            if held is None or wall >= held.until or (held.state is not None and held.state != state):
                until = wall + FOUND_AGAIN if self._posts else _NEVER
                held = _Found(state, until, _found(brief, incident, as_of, corrects, posts=self._posts))
        except (StoreUnavailable, StoreRefused) as failure:
            if isinstance(failure, StoreUnavailable) and failure.code not in TOO_MUCH:
                raise
            log.warning("page without findings", incident=incident.id, reason=failure.sentence)
            held = _Found(None, wall + FOUND_AGAIN, Findings())
        self._found[incident.id] = held
        self._found.move_to_end(incident.id)
        while len(self._found) > MOST_FOUND:
            self._found.popitem(last=False)
        return held.findings


def around(incident: Incident, now: datetime) -> Filters:
    """Return the view of an incident with half of its length before and after it, and at least three hours."""
    last = incident.end or now
    room = max(timedelta(hours=3), (last - incident.start) / 2)
    return Filters(WatchList(incident.topic), Range.CHOSEN, start=incident.start - room, end=last + room)


def _without_posts(held: object) -> object:
    """Return what is held without posts: one of them may have been deleted since the store was away."""
    match held:
        case Story():
            return replace(held, first=(), shared=())
        case Findings():
            return replace(held, claims=tuple(each.without_texts() for each in held.claims))
        case _:
            return held


def _found(
    reader: Reader, incident: Incident, as_of: datetime, corrects: Sequence[Corrects], *, posts: bool
) -> Findings:
    claims = queries.claims(reader, incident.id, texts=posts)
    corrections = explanation.corrections(reader, incident, as_of, corrects)
    return Findings(
        claims,
        explanation.claim_leads(reader, incident, claims, as_of),
        explanation.leads(reader, incident, as_of),
        tuple(replace(each, minutes=()) for each in corrections),  # many, and no page draws them
    )


def _edition(reader: Reader, watch: WatchList) -> Edition:
    snapshot = load(reader, Filters(watch))
    if snapshot is None:
        return Edition(watch, None, {})
    found = queries.incidents(reader, limit=MOST_INCIDENTS)
    return Edition(watch, snapshot, {incident.id: incident for incident in found})


def _window(now: Snapshot, view: Filters) -> Window:
    finished = all(stretch.complete for stretch in now.coverage)
    return window_of(view, floor(now.now, WIDTHS[0]), now.first, finished=finished)


def _counts(reader: Reader, now: Snapshot, window: Window, *topics: str) -> Counts:
    rows = queries.binned_counts(reader, window.start, window.end, window.width, topics=topics or None)
    series: dict[tuple[str, str], dict[datetime, int]] = {}
    for row in rows:
        series.setdefault((row.topic, row.language), {})[row.start] = row.posts
    present = queries.presence(reader, window.start, window.until)
    return Counts(window, now.coverage, series, present.generated, present.collected)
