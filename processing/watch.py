"""The watch: score the bins that are closed, judge what rose, group it to incidents, tell people.

It follows the watermark, not the wall clock: a replay of 2020 is watched as 2020 was. One look takes these steps, and
writes in this order, so that a watch that is killed between any two of them goes on as if it had not been:

1. **Watermark.** Bins before it are closed: nothing more of them is to come but what is late.
2. **Score.** Every series goes through the closed bins, and again through the half hour before them, for posts that
   came late.
3. **Judge.** Each spike that a bin has changed is judged: people's, a few accounts', the collector's.
4. **Write the spikes.** They come first because they hold what cannot be made anew: when a spike was found in a bin
   that was still open, and the name it was told by. The next watch takes them up under that name.
5. **Group**, and **write the incidents**, which are made of the spikes alone.
6. **Tell.** What people are told is decided, and written: it is sent by others, out of what is written. An incident is
   written before anyone is told of it, so that whoever is told can look it up. Each look decides anew, also one that
   finds nothing to score: a conversation goes on while time passes.
7. **Write how far it has come**, last. A watch killed before that scores the same bins again, from the same counts, and
   writes the same rows again.

A live look covers a bin. A look of a replay covers up to a day, which is scored at once. Where an incident begins or
grows in it, the steps from 3 on are taken there too, to four hours of event time, and not only at the end of the day:
people hear of growth as they would have heard of it at the time.

What the detector remembers is not written: it is made anew from the counts of the last five weeks, which takes about a
second. So it is made anew whenever it may be wrong: at the start, when the store has failed, when posts were tagged
again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import structlog

from processing.contract import EVERYTHING, Incident, IncidentState, Spike, VerdictName
from processing.coverage import HISTORY, Coverage, watermark
from processing.detection.bins import start_of_bin
from processing.detection.episode import EpisodeKind
from processing.detection.policy import DetectorPolicy
from processing.detection.series import Key, Name, SeriesEvent, name_of
from processing.findings import Findings
from processing.incidents.group import IncidentPolicy, group, still_growing
from processing.ports import Alerts, Describe, Judges, Observer, Records
from processing.scoring import Scoring, Stretch

log = structlog.get_logger()

STRIDE = timedelta(days=1)
"""Event time that one look covers at most."""

REPORTED_EVERY = timedelta(seconds=30)
"""Wall-clock time between two reports of a watch without work."""

REMEMBERED = timedelta(days=90)
"""Of an incident that still grows, no spike is older than this."""


@dataclass
class WatchState:
    """What a watch knows between two looks. `Watch.resume` makes all of it anew from the store."""

    scoring: Scoring
    """Made anew from the counts."""
    scored_until: datetime | None = None
    """Written. It never goes back."""
    spikes: dict[Name, Spike] = field(default_factory=dict)
    """Written: those that may still change, and those that a later one may still join."""
    incidents: dict[str, Incident] = field(default_factory=dict)
    """Written."""
    retags: int = 0
    """Read: how many there were when the series were made anew."""
    covered: frozenset[tuple[str, datetime]] = frozenset()
    """Read: source and begin of each stretch that is known to be covered."""
    renamed: dict[Name, Spike] = field(default_factory=dict)
    """The spikes that have another start in the events of the stretch that is taken."""
    reported_at: datetime | None = None
    """Wall clock of the last report of a watch without work."""


@dataclass
class Watch:
    """One watch over all series.

    `roots` tells the root of every topic that is watched, as the taxonomy is now. `clock` is the wall clock; it only
    tells which collectors have fallen silent, and when something was found in an open bin.
    """

    records: Records
    judges: Judges
    describe: Describe
    alerts: Alerts
    roots: Callable[[], Mapping[str, str]]
    policy: DetectorPolicy
    clock: Callable[[], datetime]
    observer: Observer = field(default_factory=Observer)
    state: WatchState = field(init=False)

    def __post_init__(self) -> None:
        self.state = self._nothing()

    def run(self, stop: threading.Event, interval: timedelta) -> None:
        """Look again and again until `stop` is set.

        Raises:
            StoreUnavailable: run it again; it goes on from what is written.
        """
        self.resume()
        while not stop.is_set():
            begun = time.monotonic()
            found = self.look()
            self.observer.looked(time.monotonic() - begun, self.state.scored_until, self.state.incidents.values())
            if not found:
                self._report()
                stop.wait(interval.total_seconds())

    def _report(self) -> None:
        """Write again how far the watch has come, so that a watch without work is told from one that has died."""
        state, now = self.state, self.clock()
        if state.scored_until is None:
            return
        # A clock that was set back is no reason to be silent until it has caught up.
        if state.reported_at is None or abs(now - state.reported_at) >= REPORTED_EVERY:
            self.records.write_scored_until(state.scored_until)
            state.reported_at = now

    def resume(self) -> None:
        """Make the state anew: from the counts, and from what a watch wrote down before."""
        self.state = state = self._nothing()
        state.retags = self.records.retags()
        coverage = self.records.coverage()
        state.covered = _stretches(coverage)
        written = self.records.scored_until()
        if written is None:
            return
        until = state.scored_until = start_of_bin(written, self.policy.width)  # bins may have been of another width
        for _ in state.scoring.through(coverage, until - self.policy.history, until):
            pass  # What rose before was judged before.
        # Ahead of what is scored may be what an open bin began, and what a watch wrote that was killed before step 7.
        stored = self.records.spikes(until - REMEMBERED, max(written, until) + self.policy.width)
        known = self.records.incidents()
        state.incidents = {incident.id: incident for incident in known}
        growing = still_growing(self._grouping, stored, known, self.roots(), until)
        state.spikes = {name_of(spike): spike for spike in growing}
        # An older version judged incidents alone: its spikes are judged before anyone is told of them.
        if unjudged := [spike for spike in growing if not spike.evidence]:
            judged = self.judges(until, coverage, self.roots()).judge(unjudged, {}, ())
            state.spikes |= {name_of(spike): spike for spike in judged}
            self.records.write_spikes(judged)
        for spike in growing:
            state.scoring.series.name_after(Key(spike.topic, spike.language), spike.start, spike.detected_at)
        if lost := self._end_lost(until):
            self._regroup(until)
            # The incidents come first: a watch killed between the two writes finds these spikes open again.
            self.records.write_spikes(lost)

    def look(self) -> bool:
        """Take the steps above, for a day of closed bins at most. Return whether there were any."""
        if self.records.retags() != self.state.retags:
            log.info("posts were tagged again: the series are made anew from the counts")
            self.resume()
        coverage = self.records.coverage()
        self._note_history(coverage)
        stretch = self._closed(coverage)
        if stretch is None:
            self._look_into_open_bin(coverage)
            return False
        events, self.state.renamed = self.state.scoring.step(coverage, stretch), {}
        for until in self._parts(stretch):
            new = [each for each in events if each.at <= until]
            if until == stretch.end or any(map(self._is_to_be_told, new)):
                events = events[len(new) :]
                self._take(new, until, stretch, coverage)
        return True

    def _parts(self, stretch: Stretch) -> Iterable[datetime]:
        """The ends of the parts of a stretch that are told one after the other: several only of history.

        A live watch that was away tells at once what it finds.
        """
        is_history = self.clock() - stretch.end >= HISTORY
        return stretch.parts(self.policy.told_every) if is_history else (stretch.end,)

    def _take(
        self, events: Sequence[SeriesEvent], until: datetime, stretch: Stretch, coverage: Sequence[Coverage]
    ) -> None:
        """Take the steps from 3 on for the part of a stretch that ends at `until`."""
        changed = self._judge(events, until, coverage)
        # The series stand at the end of the stretch.
        lost = self._end_lost(until) if until == stretch.end else []
        self.records.write_spikes([*changed, *lost])
        self.alerts.tell(self._regroup(until), until, coverage)
        self.records.write_scored_until(until)
        self.state.scored_until = until
        self.observer.took()

    def _closed(self, coverage: Sequence[Coverage]) -> Stretch | None:
        """The bins to score now."""
        limit = watermark(coverage, self.policy.width, self.clock())
        if limit is None:
            return None
        self.observer.closed(limit)
        begin = self.state.scored_until or min(start_of_bin(each.since, self.policy.width) for each in coverage)
        return self.state.scoring.next_stretch(coverage, begin, limit, STRIDE)

    def _judge(self, events: Sequence[SeriesEvent], now: datetime, coverage: Sequence[Coverage]) -> Sequence[Spike]:
        """The spikes that these events have changed, with their verdicts."""
        state = self.state
        found = Findings.of(events, state.spikes, state.renamed)
        for key, start in found.renamed.keys() - state.renamed.keys():
            known = found.renamed[key, start]
            state.scoring.series.name_after(key, known.start, known.detected_at)
        state.renamed = found.renamed
        begun = [event for event in events if (event.key, event.episode.start) in found.new]
        judge = self.judges(now, coverage, self.roots())
        judged = found.judged(judge, state.scoring.first_minutes(begun), list(state.spikes.values()))
        self.observer.found([spike for spike in judged if name_of(spike) not in state.spikes])
        state.spikes |= {name_of(spike): spike for spike in judged}
        return judged

    def _end_lost(self, scored_until: datetime) -> list[Spike]:
        """Give an end to the spikes that no series will end any more.

        The counts have changed since it began, or an open bin began it and became unknown before it closed. What a bin
        that is not scored yet has begun is not lost.
        """
        going = [each for each in self.state.spikes.values() if each.end is None and each.detected_at <= scored_until]
        ended = [over for spike in going if (over := self.state.scoring.series.ended(spike)) != spike]
        self.state.spikes |= {name_of(spike): spike for spike in ended}
        return ended

    def _regroup(self, now: datetime) -> list[Incident]:
        """Group the spikes anew, say what each incident is, and write what has changed."""
        state, roots = self.state, self.roots()
        known = list(state.incidents.values())
        grouped = group(self._grouping, state.spikes.values(), known, roots, now)
        incidents = [self.describe(incident, now, state.incidents.get(incident.id)) for incident in grouped]
        self.records.write_incidents([each for each in incidents if state.incidents.get(each.id) != each])
        self.observer.began([each for each in incidents if each.id not in state.incidents])
        state.incidents |= {incident.id: incident for incident in incidents}
        growing = still_growing(self._grouping, state.spikes.values(), known, roots, now)
        state.spikes = {name_of(spike): spike for spike in growing if (spike.end or now) >= now - REMEMBERED}
        return incidents

    def _look_into_open_bin(self, coverage: Sequence[Coverage]) -> None:
        """Tell what the open bin has begun already: a surge that is large in two minutes need not wait for its end."""
        state, start, width = self.state, self.state.scored_until, self.policy.width
        if start is None:
            return
        now, found = start, Findings.of((), {})
        if any(start_of_bin(each.since, width) <= start < each.until for each in coverage):
            news = (each for each in state.scoring.peek(coverage, start) if self._is_news(each))
            found = Findings.of(news, state.spikes)
        if found.spikes:
            now = state.scoring.reached(start)
            self._judge_early(found, start, now, coverage)
        self.alerts.tell(self._regroup(now) if found.spikes else [], now, coverage)

    def _judge_early(self, found: Findings, start: datetime, now: datetime, coverage: Sequence[Coverage]) -> None:
        """Judge what the bin that begins at `start` holds up to `now`, and write it."""
        at = min(now, max(start, self.clock().replace(microsecond=0)))
        judge = self.judges(now, coverage, self.roots())
        told = judge.can_be_told_at([(found.spikes[name], now) for name in found.new])
        told_at = dict(zip(found.new, told, strict=True))
        begun = [
            msgspec.structs.replace(spike, detected_at=at) if name in told_at else spike
            for name, spike in found.spikes.items()
            if told_at.get(name, now) <= now
        ]
        judged = judge.judge(begun, found.rises, ())
        self.observer.found([spike for spike in judged if name_of(spike) not in self.state.spikes])
        self.state.spikes |= {name_of(spike): spike for spike in judged}
        self.records.write_spikes(judged)

    def _is_news(self, event: SeriesEvent) -> bool:
        """Whether a spike is new, has become more severe, or may by now be known to be people's.

        A spike of earlier bins is judged again only when it becomes more severe; else the close of the bin is enough.
        """
        spike = event.episode.snapshot(*event.key)
        known = self.state.spikes.get(name_of(spike))
        if event.kind is EpisodeKind.GREW:
            return known is not None and spike.severity.rank > known.severity.rank
        if known is None or known.verdict is not VerdictName.ORGANIC:
            return known is None or known.observed != spike.observed
        return spike.severity is not known.severity

    def _is_to_be_told(self, event: SeriesEvent) -> bool:
        """Whether people hear of it: of the whole of a root topic, or of the series that leads an incident.

        To judge whatever grows every few hours would take a replay many times as long.
        """
        state, roots = self.state, self.roots()
        leading = {
            Key(each.lead_topic or each.topic, each.lead_language)
            for each in state.incidents.values()
            if each.state is IncidentState.OPEN
        }
        if event.key not in leading | {Key(root, EVERYTHING) for root in roots.values()}:
            return False
        spike = event.episode.snapshot(*event.key)
        known = state.spikes.get(name_of(spike))
        return known is None or len(spike.pulses) > len(known.pulses) or spike.severity.rank > known.severity.rank

    def _note_history(self, coverage: Sequence[Coverage]) -> None:
        """Say so where posts have come of a time that the watch has passed already."""
        until = self.state.scored_until
        for each in coverage:
            new = (each.source, each.since) not in self.state.covered
            if new and until is not None and each.since < until - self.policy.late:
                log.warning(
                    "history behind the watch opens no incident: `banwatch backtest --write` records what was there",
                    source=each.source,
                    since=each.since.isoformat(),
                    until=min(each.until, until).isoformat(),
                )
        self.state.covered |= _stretches(coverage)

    def _nothing(self) -> WatchState:
        return WatchState(Scoring.begin(self.records, self.roots, self.policy))

    @property
    def _grouping(self) -> IncidentPolicy:
        return IncidentPolicy.of(self.policy)


def _stretches(coverage: Iterable[Coverage]) -> frozenset[tuple[str, datetime]]:
    return frozenset((each.source, each.since) for each in coverage)
