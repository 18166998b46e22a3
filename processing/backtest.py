"""What the watch would have told of stored counts, had it judged by other thresholds. Nothing is written.

It reads what the watch reads and judges with the same detector, as a matrix: weeks of hundreds of series in seconds.
Of series that are older than `HISTORY` before the range it knows less than a watch that ran all the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import numpy as np

from processing import queries
from processing.contract import EVERYTHING, Incident, Spike, VerdictName
from processing.detection.bins import start_of_bin
from processing.detection.previous.backtest import episode_events
from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.episodes import Episode, EpisodePolicy
from processing.detection.previous.matrix import ScoredMatrix, score_matrix
from processing.detection.previous.matrix_excess import Bar
from processing.detection.previous.series_set import Key, Name
from processing.first_minutes import first_minutes
from processing.incidents.describe import described
from processing.incidents.group import IncidentPolicy, group
from processing.queries import Reader
from processing.queries.backtest_counts import Counts, read
from processing.queries.counts import Observed
from processing.verdicts.evidence import Circumstances
from processing.verdicts.judge import can_be_told_at, judge
from processing.verdicts.verdict import VerdictPolicy


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
    observed = Observed(reader, lambda: roots, policy.width)
    judged: set[Key] = set()
    episodes: dict[Name, Episode] = {}
    sooner: list[tuple[Spike, datetime]] = []
    for counts in read(reader, policy, coverage, roots, (start, end)):
        topics, languages = _judge(policy, counts)
        new = {name: each for part in (topics, languages) for name, each in _episodes(policy, part)}
        new = {name: each for name, each in new.items() if each.detected_at > start}
        closed = [episode.snapshot(*key) for (key, _), episode in new.items()]
        sooner += zip(closed, first_minutes(observed.so_far, topics.counts, languages.counts, closed), strict=True)
        episodes |= new
        judged |= {*topics.counts.keys, *languages.counts.keys}
    given = Circumstances(end, coverage, roots)
    told = can_be_told_at(reader, sooner, policy.width, given)
    found = [msgspec.structs.replace(spike, detected_at=at) for (spike, _), at in zip(sooner, told, strict=True)]
    rises = {name: episode.rises_as_spikes(*name[0]) for name, episode in episodes.items() if episode.rises}
    spikes = judge(reader, VerdictPolicy(), found, rises, given)
    incidents = group(IncidentPolicy(enter=policy.enter), spikes, (), roots, end)
    return Backtest(start, end, len(judged), tuple(described(reader, incident, end) for incident in incidents))


class _Part(NamedTuple):
    """Series that are large enough to be judged, and what was said of each bin."""

    counts: Counts
    scored: ScoredMatrix


def _judge(policy: DetectorPolicy, counts: Counts) -> tuple[_Part, _Part]:
    """First the topics over all languages, then the languages, beside them."""
    whole = np.array([key.language == EVERYTHING for key in counts.keys], dtype=bool)
    half_hours = counts.half_hours
    topics = counts.part(np.flatnonzero(whole & (half_hours >= policy.minimum_posts).any(axis=1)))
    scored = score_matrix(policy, topics.matrix)
    surges = dict(zip((key.topic for key in topics.keys), np.where(scored.spike, topics.half_hours, 0.0), strict=True))
    surge = np.zeros(half_hours.shape)
    for place in np.flatnonzero(~whole):
        surge[place] = surges.get(counts.keys[place].topic, 0.0)
    large = ~whole & (half_hours >= Bar.of(policy, surge).posts).any(axis=1)
    languages = replace(counts, surge=surge).part(np.flatnonzero(large))
    return _Part(topics, scored), _Part(languages, score_matrix(policy, languages.matrix))


def _episodes(policy: DetectorPolicy, part: _Part) -> Iterator[tuple[Name, Episode]]:
    """Each as it was told last."""
    episode_policy = EpisodePolicy.matching(policy)
    for number, key in enumerate(part.counts.keys):
        events = episode_events(policy, episode_policy, part.scored, part.counts.begin, number)
        for start, episode in {event.episode.start: event.episode for event in events}.items():
            yield (key, start), episode
