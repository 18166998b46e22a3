"""What the watch would have told of stored counts, had it judged by other thresholds. Nothing is written.

It reads what the watch reads and judges with the same detector, as a matrix: weeks of hundreds of series in seconds.
Of series that are older than `HISTORY` before the range it knows less than a watch that ran all the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.contract import SYNTHETIC_PREFIX
from processing import queries
from processing.contract import Incident, Spike
from processing.queries import BinCount, Reader
from processing.spikes.backtest import episode_events
from processing.spikes.bins import bins, is_covered, start_of_bin
from processing.spikes.book import Key
from processing.spikes.detector import DetectorPolicy
from processing.spikes.episodes import EpisodePolicy
from processing.spikes.incidents import IncidentPolicy, group
from processing.spikes.matrix import Matrix, ScoredMatrix, score_matrix

HISTORY = timedelta(days=35)
"""What is read of the time before the range; as much as a series that comes under watch is shown."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Backtest:
    """The incidents of a range, oldest first, out of so many series."""

    start: datetime
    end: datetime
    series: int
    incidents: tuple[Incident, ...]

    @property
    def alerts_a_week(self) -> float:
        """An incident is told once."""
        return len(self.incidents) / ((self.end - self.start) / timedelta(weeks=1))


@dataclass(frozen=True, slots=True)
class _Counts:
    """All series large enough to be judged, from `begin` on."""

    begin: datetime
    keys: tuple[Key, ...]
    matrix: Matrix


def backtest(
    reader: Reader, policy: DetectorPolicy, roots: Mapping[str, str], start: datetime, end: datetime
) -> Backtest:
    """Judge the series of the topics in `roots`, which maps each to its root.

    Times are rounded down to bins. Incidents count that were found in the range.
    """
    start, end = start_of_bin(start, policy.width), start_of_bin(end, policy.width)
    counts = _read(reader, policy, roots, start, end)
    if counts is None:
        return Backtest(start, end, 0, ())
    scored = _with_authors(reader, policy, counts, score_matrix(policy, counts.matrix))
    spikes = [spike for spike in _spikes(policy, counts, scored) if start < spike.detected_at <= end]
    incidents = group(IncidentPolicy(), spikes, (), roots, end)
    told = tuple(_with_provenance(reader, incident, end) for incident in incidents)
    return Backtest(start, end, len(counts.keys), told)


def _read(
    reader: Reader,
    policy: DetectorPolicy,
    roots: Mapping[str, str],
    start: datetime,
    end: datetime,
) -> _Counts | None:
    coverage = queries.coverage(reader)
    earliest = min((start_of_bin(each.since, policy.width) for each in coverage), default=end)
    begin = max(start - HISTORY, earliest)
    if begin >= end:
        return None
    starts = list(bins(begin, end, policy.width))
    rows: dict[Key, list[BinCount]] = {}
    for count in queries.binned_counts(reader, begin, end, policy.width):
        if count.topic in roots:
            rows.setdefault(Key(count.topic, count.language), []).append(count)
    zero = np.where([is_covered(coverage, each, policy.width) for each in starts], 0.0, np.nan)
    counts, backfilled = np.tile(zero, (len(rows), 1)), np.zeros((len(rows), len(starts)))
    for number, series in enumerate(rows.values()):
        places = [(each.start - begin) // policy.width for each in series]
        known = ~np.isnan(zero[places])
        counts[number, places] = np.where(known, [each.posts for each in series], np.nan)
        backfilled[number, places] = np.where(known, [each.backfilled for each in series], 0.0)
    posts = _half_hours(counts, policy)
    history = 2 * _half_hours(backfilled, policy) > posts
    large = np.flatnonzero(posts.max(axis=1, initial=0.0) >= policy.minimum_posts)
    keys = tuple(rows)
    return _Counts(begin, tuple(keys[each] for each in large), Matrix(counts[large], backfilled=history[large]))


def _half_hours(counts: NDArray[np.float64], policy: DetectorPolicy) -> NDArray[np.float64]:
    sums = np.cumsum(np.nan_to_num(counts), axis=1)
    sums[:, policy.half_hour :] -= sums[:, : -policy.half_hour].copy()
    return sums


def _with_authors(reader: Reader, policy: DetectorPolicy, counts: _Counts, scored: ScoredMatrix) -> ScoredMatrix:
    """Judged again where authors matter: only raised bins ask who spoke, so nobody else's names are read."""
    raised = scored.score >= policy.leave
    if not raised.any():
        return scored
    authors = np.full(raised.shape, np.nan)
    half_hour = policy.half_hour * policy.width
    for day in np.unique(np.flatnonzero(raised.any(axis=0)) // policy.bins_a_day).tolist():
        since = counts.begin + day * _DAY
        who = queries.speakers(reader, since - half_hour, since + _DAY, policy.width, enough=policy.minimum_authors)
        today = slice(day * policy.bins_a_day, (day + 1) * policy.bins_a_day)
        for number, place in np.argwhere(raised[:, today]).tolist():
            last = since + place * policy.width
            recent = bins(last - half_hour + policy.width, last + policy.width, policy.width)
            key = counts.keys[number]
            speakers = frozenset[int]().union(*(who.get((each, *key), frozenset()) for each in recent))
            authors[number, day * policy.bins_a_day + place] = len(speakers)
    return score_matrix(policy, Matrix(counts.matrix.counts, authors, counts.matrix.backfilled))


def _spikes(policy: DetectorPolicy, counts: _Counts, scored: ScoredMatrix) -> Iterator[Spike]:
    episode_policy = EpisodePolicy.matching(policy)
    for number, key in enumerate(counts.keys):
        found: dict[datetime, Spike] = {}
        for event in episode_events(policy, episode_policy, scored, counts.begin, number):
            found[event.episode.start] = event.episode.snapshot(*key)
        yield from found.values()


def _with_provenance(reader: Reader, incident: Incident, now: datetime) -> Incident:
    sources = queries.sources_between(reader, incident.topic, incident.start, incident.end or now)
    generated = bool(sources) and all(source.startswith(SYNTHETIC_PREFIX) for source in sources)
    return msgspec.structs.replace(incident, synthetic=generated)
