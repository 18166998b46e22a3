"""What the watch would have told of stored counts, had it judged by other thresholds. Nothing is written.

It reads what the watch reads and judges with the same detector, as a matrix: weeks of hundreds of series in seconds.
Of series that are older than `HISTORY` before the range it knows less than a watch that ran all the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing import queries
from processing.assess import described, judged
from processing.contract import EVERYTHING, Incident, Spike, VerdictName
from processing.observed import HISTORY
from processing.queries import BinCount, Circumstances, Coverage, Reader
from processing.spikes.backtest import episode_events
from processing.spikes.bins import bins, is_covered, start_of_bin
from processing.spikes.book import Key
from processing.spikes.detector import DetectorPolicy
from processing.spikes.episodes import EpisodePolicy
from processing.spikes.incidents import IncidentPolicy, group
from processing.spikes.matrix import Matrix, ScoredMatrix, score_matrix
from processing.spikes.matrix_excess import Bar
from processing.spikes.verdict import VerdictPolicy


@dataclass(frozen=True, slots=True)
class Backtest:
    """The incidents of a range, oldest first, out of so many series."""

    start: datetime
    end: datetime
    series: int
    incidents: tuple[Incident, ...]

    @property
    def alerts_a_week(self) -> float:
        """An incident is told once, and only an organic one."""
        told = sum(incident.verdict is VerdictName.ORGANIC for incident in self.incidents)
        return told / ((self.end - self.start) / timedelta(weeks=1))


@dataclass(frozen=True, slots=True)
class _Counts:
    """Series side by side, from `begin` on. `half_hours` are their posts in the half hour that ends with each bin."""

    begin: datetime
    keys: tuple[Key, ...]
    matrix: Matrix
    half_hours: NDArray[np.float64]

    def part(self, rows: NDArray[np.int64]) -> _Counts:
        """Some of them."""
        return _Counts(
            self.begin, tuple(self.keys[each] for each in rows), self.matrix.part(rows), self.half_hours[rows]
        )


def backtest(
    reader: Reader, policy: DetectorPolicy, roots: Mapping[str, str], start: datetime, end: datetime
) -> Backtest:
    """Judge the series of the topics in `roots`, which maps each to its root.

    Times are rounded down to bins. Incidents count that were found in the range.
    """
    start, end = start_of_bin(start, policy.width), start_of_bin(end, policy.width)
    # As in the watch: few authors do not hide a rise, the verdict says that few speak.
    policy = msgspec.structs.replace(policy, minimum_authors=0)
    coverage = queries.coverage(reader)
    counts = _read(reader, policy, coverage, roots, (start, end))
    if counts is None:
        return Backtest(start, end, 0, ())
    parts = _judge(policy, counts)
    found = [
        spike
        for series, scored in parts
        for spike in _spikes(policy, series, scored)
        if start < spike.detected_at <= end
    ]
    spikes = judged(reader, VerdictPolicy(), found, Circumstances(end, coverage, roots))
    incidents = group(IncidentPolicy(enter=policy.enter), spikes, (), roots, end)
    number = sum(len(series.keys) for series, _ in parts)
    return Backtest(start, end, number, tuple(described(reader, incident, end) for incident in incidents))


def _judge(policy: DetectorPolicy, counts: _Counts) -> tuple[tuple[_Counts, ScoredMatrix], ...]:
    """The series large enough to be judged: first the topics over all languages, then the languages, beside them."""
    whole = np.array([key.language == EVERYTHING for key in counts.keys], dtype=bool)
    topics = counts.part(np.flatnonzero(whole & (counts.half_hours >= policy.minimum_posts).any(axis=1)))
    scored = score_matrix(policy, topics.matrix)
    surges = dict(zip((key.topic for key in topics.keys), np.where(scored.spike, topics.half_hours, 0.0), strict=True))
    surge = np.zeros(counts.half_hours.shape)
    for place in np.flatnonzero(~whole):
        surge[place] = surges.get(counts.keys[place].topic, 0.0)
    beside = replace(counts, matrix=replace(counts.matrix, surge=surge))
    languages = beside.part(np.flatnonzero(~whole & (counts.half_hours >= Bar.of(policy, surge).posts).any(axis=1)))
    return (topics, scored), (languages, score_matrix(policy, languages.matrix))


def _read(
    reader: Reader,
    policy: DetectorPolicy,
    coverage: Sequence[Coverage],
    roots: Mapping[str, str],
    between: tuple[datetime, datetime],
) -> _Counts | None:
    start, end = between
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
    return _Counts(begin, tuple(rows), Matrix(counts, backfilled=history), posts)


def _half_hours(counts: NDArray[np.float64], policy: DetectorPolicy) -> NDArray[np.float64]:
    sums = np.cumsum(np.nan_to_num(counts), axis=1)
    sums[:, policy.half_hour :] -= sums[:, : -policy.half_hour].copy()
    return sums


def _spikes(policy: DetectorPolicy, counts: _Counts, scored: ScoredMatrix) -> Iterator[Spike]:
    episode_policy = EpisodePolicy.matching(policy)
    for number, key in enumerate(counts.keys):
        found: dict[datetime, Spike] = {}
        for event in episode_events(policy, episode_policy, scored, counts.begin, number):
            found[event.episode.start] = event.episode.snapshot(*key)
        yield from found.values()
