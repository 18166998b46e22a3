"""The clock's loop: score the bins that are closed, write down spikes and incidents, tell people.

It follows the watermark, not the wall: a replay of 2020 is watched as 2020 was. Every write may be repeated; a
watch that is killed begins again at the last bin that it wrote down. It tells of each incident at least once: twice if
it is killed after an alert has gone out and before that is written down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import msgspec
import structlog

from processing import queries
from processing.alerts.deliver import Notifier, deliver
from processing.contract import EVERYTHING, Incident, IncidentState, Spike
from processing.detection.bins import bins, close_of_bin, start_of_bin
from processing.detection.previous.checkpoint import restore, save
from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.episodes import Episode, EpisodeEvent, EpisodeKind, EpisodePolicy
from processing.detection.previous.series_set import Book, Key, Name, name_of
from processing.incidents.describe import described
from processing.incidents.group import IncidentPolicy, group, still_growing
from processing.open_bin import OpenBin
from processing.queries import Coverage
from processing.queries.counts import HISTORY, Observed
from processing.queries.coverage import is_covered, next_covered, watermark
from processing.store.client import Store, StoreUnavailable
from processing.store.writer import write_incidents, write_scored_until, write_spikes, write_watch_state
from processing.verdicts.evidence import Circumstances
from processing.verdicts.judge import in_time, judged_by_rise
from processing.verdicts.verdict import VerdictPolicy

log = structlog.get_logger()

STRIDE = timedelta(days=1)
"""Event time that one look covers at most, so that a replay tells of incidents as it goes."""

REMEMBERED = timedelta(days=90)
"""Of an incident that still grows, no spike is older than this."""


@dataclass
class Watch:
    """One watch over all series.

    `roots` tells the root of every topic that is watched, as the taxonomy is now. `clock` is the wall clock; it only
    tells which collectors have fallen silent, and when something was found in an open bin.
    """

    store: Store
    roots: Callable[[], Mapping[str, str]]
    width: timedelta
    notifiers: Sequence[Notifier]
    clock: Callable[[], datetime]
    incident_policy: IncidentPolicy = field(default_factory=IncidentPolicy)
    verdict_policy: VerdictPolicy = field(default_factory=VerdictPolicy)
    _observed: Observed = field(init=False)
    _open_bin: OpenBin = field(init=False)
    _book: Book = field(init=False)
    _spikes: dict[Name, Spike] = field(default_factory=dict)
    _returned: dict[Name, Episode] = field(default_factory=dict)
    """The episodes of those that have come back, until they are judged."""
    _incidents: dict[str, Incident] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _next: datetime | None = None

    def __post_init__(self) -> None:
        self._observed = Observed(self.store, self.roots, self.width)
        self._open_bin = OpenBin(self._observed, self.verdict_policy, self._spike)
        self._forget()

    def run(self, stop: threading.Event, interval: timedelta) -> None:
        """Look again and again until `stop` is set. A store that is away is waited for."""
        self._resume_when_possible(stop, interval)
        while not stop.is_set():
            try:
                busy = self.look()
            except StoreUnavailable as error:
                log.warning("store away", reason=str(error))
                stop.wait(interval.total_seconds())
                # The series have gone through bins of which nothing may be written down.
                self._resume_when_possible(stop, interval)
            else:
                if not busy:
                    stop.wait(interval.total_seconds())

    def _resume_when_possible(self, stop: threading.Event, interval: timedelta) -> None:
        while not stop.is_set():
            try:
                self.resume()
            except StoreUnavailable as error:
                log.warning("store away", reason=str(error))
                stop.wait(interval.total_seconds())
            else:
                return

    def resume(self) -> None:
        """Take up what an earlier watch wrote down, or this one before the store failed under it."""
        self._forget()
        self._spikes, self._returned, self._incidents = {}, {}, {}
        scored_until = queries.scored_until(self.store)
        if scored_until is None:
            self._next = None
            return
        self._next = start_of_bin(scored_until, self.width)  # with bins of another width, in the middle of one
        self._restore(self._next)
        coverage = queries.coverage(self.store)
        # Ahead of the progress may be: what an open bin began, and the states of a watch killed between the two writes.
        reached = max(scored_until, self._next) + self.width
        stored = queries.spikes(self.store, self._next - REMEMBERED, reached)
        growing = still_growing(self.incident_policy, stored, self.roots(), self._next)
        self._spikes = {name_of(spike): spike for spike in growing}
        # Spikes of a time when only incidents were judged.
        write_spikes(self.store, self._judge((), self._next, coverage))
        self._incidents = {incident.id: incident for incident in queries.incidents(self.store)}
        unknown = {key for key, _ in self._spikes} - self._book.series.keys()
        for key in sorted(unknown, key=lambda key: key.language != EVERYTHING):
            self._book.take_in(key, self._observed.history(key, coverage=coverage, end=self._next))
        if ended := self._end_lost(self._next):
            self._regroup(self._next)
            write_spikes(self.store, ended)  # last: a watch killed here finds them open, and does all again

    def _end_lost(self, scored_until: datetime) -> list[Spike]:
        """Give an end to the spikes that no series will end any more.

        The series was not taken up as it was left, or an open bin began the spike and became unknown before it closed.
        What a bin that is not scored yet has begun is not lost.
        """
        going = [each for each in self._spikes.values() if each.end is None and each.detected_at <= scored_until]
        ended = [over for spike in going if (over := self._book.ended(spike)) != spike]
        self._spikes |= {name_of(spike): spike for spike in ended}
        return ended

    def _take_back(self, begin: datetime, end: datetime, coverage: Sequence[Coverage]) -> list[Spike]:
        """The languages that joined in an open bin with too few posts for what the surge was when the bin closed.

        They are no part of the incident any more. One whose bin has become unknown is not among them.
        """
        mistaken = [
            spike
            for spike in self._spikes.values()
            if spike.end is None
            and begin < spike.detected_at <= end
            and spike.score < self._book.policy.enter
            and self._book.ended(spike) != spike
            and is_covered(coverage, close_of_bin(spike.detected_at, self.width) - self.width, self.width)
        ]
        for spike in mistaken:
            del self._spikes[name_of(spike)]
        return [spike.taken_back() for spike in mistaken]

    def _restore(self, scored_until: datetime) -> None:
        """Go on with the series as they were kept; where they cannot be used, their counts are to be read again."""
        kept = queries.watch_state(self.store)
        if kept is None or kept[0] < scored_until - self._late:
            return
        pieces = {Key(*name): state for name, state in kept[1].items()}
        try:
            self._book = restore(self._book.policy, self._book.episode_policy, pieces)
        except ValueError as reason:
            log.warning("state of the watch not used", reason=str(reason))
        else:
            self._next = start_of_bin(kept[0], self.width)

    def look(self) -> bool:
        """Score what is closed, up to `STRIDE` of it. Whether there was anything."""
        coverage = queries.coverage(self.store)
        limit = watermark(coverage, self.width, self.clock())
        begin = self._begin(coverage)
        if limit is None or begin is None or begin >= limit:
            self._look_ahead(coverage)
            return False
        begin = self._behind_nothing(begin, limit)
        end = min(limit, begin + STRIDE)
        known = list(self._spikes.values())
        self._score(coverage, begin, end)
        mistaken = self._take_back(begin, end, coverage)
        lost = self._end_lost(end)
        changed = self._judge(known, end, coverage)
        write_spikes(self.store, [*changed, *mistaken, *(spike for spike in lost if spike.evidence)])
        self._tell(self._regroup(end))
        write_watch_state(self.store, end, [(*key, state) for key, state in save(self._book).items()])
        write_scored_until(self.store, end)
        self._next = end
        return True

    def _look_ahead(self, coverage: Sequence[Coverage]) -> None:
        """Tell what the open bin has begun already."""
        start = self._next
        if start is None or not any(start_of_bin(each.since, self.width) <= start < each.until for each in coverage):
            return
        given = Circumstances(start, coverage, self.roots())
        begun, now = self._open_bin.begun(self._book, start, self.clock(), self._spikes, given)
        if begun:
            self._spikes |= {name_of(spike): spike for spike in begun}
            write_spikes(self.store, begun)
            self._tell(self._regroup(now))

    def _spike(self, key: Key, event: EpisodeEvent, now: datetime) -> Spike:
        """The record of an episode. It was found when it was first told, which may be before its bin had closed."""
        spike = event.episode.snapshot(*key)
        known = self._spikes.get(name_of(spike)) or self._told_early(key, event)
        if known is None:
            return msgspec.structs.replace(spike, detected_at=min(spike.detected_at, now))
        return msgspec.structs.replace(spike, start=known.start, detected_at=known.detected_at)

    def _told_early(self, key: Key, event: EpisodeEvent) -> Spike | None:
        """What an open bin began of a spike that late posts have shown to begin earlier: it keeps its name."""
        if event.kind is not EpisodeKind.OPENED:
            return None
        later = (spike for (of, start), spike in self._spikes.items() if of == key and start > event.episode.start)
        early = next((spike for spike in later if spike.end is None), None)
        if early is not None:
            self._book.series[key].name_after(early.start, early.detected_at)
        return early

    def _begin(self, coverage: Sequence[Coverage]) -> datetime | None:
        """Where to go on: the first covered bin that is not scored."""
        if self._next is None:
            return min((start_of_bin(each.since, self.width) for each in coverage), default=None)
        return next_covered(coverage, self._next, self.width)

    def _behind_nothing(self, begin: datetime, limit: datetime) -> datetime:
        """Where to go on if nothing was counted in the time up to there, so that it is passed over in one step.

        Empty bins change nothing while no series is under watch, and more than `HISTORY` of them leave nothing of the
        past that any series is judged by. Fewer are stepped through.
        """
        if self._observed.next_counted(begin, min(limit, begin + STRIDE)) is not None:
            return begin
        counted = self._observed.next_counted(begin, limit) or limit
        return counted if not self._book.series or counted - begin > HISTORY else begin

    def _pass_over(self, begin: datetime) -> dict[Name, Spike]:
        """Take the time up to then as unknown; a long one makes the past useless. The spikes that end with it."""
        if self._next is None or begin <= self._next:
            return {}
        ended = self._by_name(self._book.pass_over(self._next, begin))
        if begin - self._next > HISTORY:
            self._forget()
        return ended

    @property
    def _late(self) -> timedelta:
        """Posts that come no later than this behind their bin still change its score."""
        return self._book.policy.half_hour * self.width

    def _forget(self) -> None:
        # Few authors do not hide a rise from the watch: it is recorded, and the verdict says that few speak.
        policy = msgspec.structs.replace(DetectorPolicy.for_bins(self.width), minimum_authors=0)
        self._book = Book(policy, EpisodePolicy.matching(policy))

    def _score(self, coverage: Sequence[Coverage], begin: datetime, end: datetime) -> None:
        changed = self._pass_over(begin)
        observed = self._observed.between(begin - self._late, end)
        again = bins(begin - self._late, begin, self.width)
        changed |= self._by_name(self._book.rescore({start: observed.get(start, {}) for start in again}))
        for start in bins(begin, end, self.width):
            seen = observed.get(start, {}) if is_covered(coverage, start, self.width) else None
            history = partial(self._observed.history, coverage=coverage, end=start)
            so_far = partial(self._observed.so_far, start)
            changed |= self._by_name(self._book.step(start, seen, history, so_far))
        new = [spike for name, spike in changed.items() if name not in self._spikes]
        self._spikes |= changed | self._in_time(new, coverage, end)

    def _in_time(self, new: Sequence[Spike], coverage: Sequence[Coverage], now: datetime) -> dict[Name, Spike]:
        """Those found before they could be told: they were found when they could."""
        found = [(spike, spike.detected_at) for spike in new]
        told = in_time(self.store, found, self.width, Circumstances(now, coverage, self.roots()))
        return {
            name_of(spike): msgspec.structs.replace(spike, detected_at=at)
            for spike, at in zip(new, told, strict=True)
            if at != spike.detected_at
        }

    def _by_name(self, events: Iterable[tuple[Key, EpisodeEvent]]) -> dict[Name, Spike]:
        spikes: dict[Name, Spike] = {}
        for key, event in events:
            spike = self._spike(key, event, event.at)
            spikes[name_of(spike)] = spike
            if event.episode.rises:
                self._returned[name_of(spike)] = event.episode
        return spikes

    def _judge(self, known: Collection[Spike], now: datetime, coverage: Sequence[Coverage]) -> Sequence[Spike]:
        """Say what each spike is that is not judged yet, as none is that a bin has changed. Those, judged.

        `known` are the spikes as they were before.
        """
        changed = [spike for spike in self._spikes.values() if not spike.evidence]
        given = Circumstances(now, coverage, self.roots())
        found = judged_by_rise(self.store, self.verdict_policy, changed, self._returned, given, known=known)
        self._returned = {}
        self._spikes |= {name_of(spike): spike for spike in found}
        return found

    def _regroup(self, now: datetime) -> list[Incident]:
        """Group the spikes anew, say what each incident is, and write what has changed."""
        known = self._incidents
        grouped = group(self.incident_policy, self._spikes.values(), list(known.values()), self.roots(), now)
        incidents = [described(self.store, incident, now, known.get(incident.id)) for incident in grouped]
        write_incidents(self.store, [incident for incident in incidents if known.get(incident.id) != incident])
        self._incidents |= {incident.id: incident for incident in incidents}
        growing = still_growing(self.incident_policy, self._spikes.values(), self.roots(), now)
        self._spikes = {name_of(spike): spike for spike in growing if (spike.end or now) >= now - REMEMBERED}
        return incidents

    def _tell(self, incidents: Sequence[Incident]) -> None:
        """Tell of each incident once: of one whose verdict keeps it back, when a later one does not."""
        for incident in incidents:
            if incident.id not in self._settled:
                decisions = deliver(self.store, self.notifiers, incident)
                for decision in decisions:
                    log.info("incident", id=incident.id, decision=decision.value)
                if incident.state is IncidentState.CLOSED or not any(each.waits for each in decisions):
                    self._settled.add(incident.id)
