"""The series that are under watch: a detector and an episode each, stepped together through the bins."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from processing.spikes import detector, episodes
from processing.spikes.detector import Bin, DetectorPolicy, DetectorState
from processing.spikes.episodes import EpisodeEvent, EpisodePolicy, EpisodeState


class Key(NamedTuple):
    """A series: a topic in one language, or in all (`*`)."""

    topic: str
    language: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What was counted of one series in one bin; `authors` are hashes, enough of them to tell few from many."""

    posts: int = 0
    backfilled: int = 0
    authors: frozenset[int] = frozenset()


NOTHING = Observation()


@dataclass
class Series:
    """One series under watch."""

    detector: DetectorState
    authors: deque[frozenset[int]]
    episode: EpisodeState = field(default_factory=EpisodeState)


@dataclass
class Book:
    """All series under watch. One is taken in when it first has enough posts for a spike to be possible."""

    policy: DetectorPolicy
    episode_policy: EpisodePolicy
    series: dict[Key, Series] = field(default_factory=dict)
    _recent: deque[Mapping[Key, Observation]] = field(default_factory=deque)

    def newcomers(self, seen: Mapping[Key, Observation]) -> tuple[Key, ...]:
        """Note the counts of a bin; the series that reach the least size with it and are not under watch yet."""
        self._recent.append(seen)
        while len(self._recent) > self.policy.half_hour:
            self._recent.popleft()
        return tuple(
            key
            for key in seen
            if key not in self.series
            and sum(past.get(key, NOTHING).posts for past in self._recent) >= self.policy.minimum_posts
        )

    def take_in(self, key: Key, history: Iterable[tuple[datetime, Observation | None]]) -> None:
        """Put a series under watch, as if it had been from the start of its history."""
        series = Series(DetectorState.begin(self.policy), deque(maxlen=self.policy.half_hour))
        self.series[key] = series
        for start, observation in history:
            self._step(series, start, observation)

    def step(self, start: datetime, seen: Mapping[Key, Observation] | None) -> Iterator[tuple[Key, EpisodeEvent]]:
        """Take every series through one bin; None where the bin is unknown."""
        for key, series in self.series.items():
            event = self._step(series, start, None if seen is None else seen.get(key, NOTHING))
            if event is not None:
                yield key, event

    def _step(self, series: Series, start: datetime, observation: Observation | None) -> EpisodeEvent | None:
        series.authors.append(observation.authors if observation else frozenset())
        observed = Bin(
            start,
            None if observation is None else observation.posts,
            len(frozenset().union(*series.authors)),
            alertable=observation is None or 2 * observation.backfilled <= observation.posts,
        )
        series.detector, scored = detector.step(self.policy, series.detector, observed)
        series.episode, event = episodes.step(self.episode_policy, series.episode, scored)
        return event
