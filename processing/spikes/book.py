"""The series that are under watch, stepped together through the bins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from processing.contract import EVERYTHING, Spike
from processing.spikes.detector import DetectorPolicy
from processing.spikes.episodes import EpisodeEvent, EpisodePolicy
from processing.spikes.series import NOTHING, Observation, Seen, Series

__all__ = ["NOTHING", "Book", "Key", "Observation"]


class Key(NamedTuple):
    """A series: a topic in one language, or in all (`*`)."""

    topic: str
    language: str


Counted = Mapping[Key, Observation]
"""The series of one bin that have any post."""


History = Callable[[Key], Iterable[tuple[datetime, Observation | None]]]
"""What was counted of a series in every bin before the one at hand."""


@dataclass
class Book:
    """All series under watch. One is taken in when it first has enough posts for a spike to be possible."""

    policy: DetectorPolicy
    episode_policy: EpisodePolicy
    series: dict[Key, Series] = field(default_factory=dict)
    recent: deque[tuple[datetime, dict[Key, int]]] = field(default_factory=deque)
    """Posts of the last half hour's bins."""

    def take_in(self, key: Key, history: Iterable[tuple[datetime, Observation | None]]) -> None:
        """Put a series under watch, as if it had been from the start of its history; a topic before its languages."""
        whole = self._whole(key)
        surges = {} if whole is None else whole.surges
        seen = (Seen(start, observation, surges.get(start, 0)) for start, observation in history)
        self.series[key] = Series.begin(self.policy, self.episode_policy, seen)

    def ended(self, spike: Spike) -> Spike:
        """A spike without an end, with the one it has had; itself while its series goes on with it.

        One that its series does not know is over with its highest bin, the last one of it that we can be sure of.
        """
        series = self.series.get(Key(spike.topic, spike.language))
        episode = None if series is None else series.live.episode.episode
        known = episode if episode is not None and episode.start == spike.start else None
        end = spike.peak + self.policy.width if known is None else known.end
        return msgspec.structs.replace(spike, end=end)

    def step(self, start: datetime, seen: Counted | None, history: History) -> Iterator[tuple[Key, EpisodeEvent]]:
        """Take every series through one bin; None where the bin is unknown.

        Series that reach the least size with it are taken in before. Topics over all languages go first: whether they
        surge lowers the bar for their languages.
        """
        counted = seen or {}
        for part in (False, True):
            for key in self._newcomers(counted, part=part):
                self.take_in(key, history(key))
            for key, series in self.series.items():
                if (key.language != EVERYTHING) is part:
                    observation = None if seen is None else seen.get(key, NOTHING)
                    event = series.step(self.policy, self.episode_policy, Seen(start, observation, self._surge(key)))
                    if event is not None:
                        yield key, event
        self.recent.append((start, {key: observation.posts for key, observation in counted.items()}))
        while len(self.recent) > self.policy.half_hour:
            self.recent.popleft()

    def peek(self, start: datetime, seen: Counted, history: History) -> Iterator[tuple[Key, EpisodeEvent]]:
        """The spikes that the next bin begins already, while it is still open and more posts of it may come.

        No series is changed. More posts only raise a score: what begins now has begun when the bin closes. So languages
        are held to the ordinary bar here, since that of `DetectorPolicy.joining` rises with the surge.
        """
        for part in (False, True):
            for key in self._newcomers(seen, part=part):
                self.take_in(key, history(key))
        for key, observation in seen.items():
            series = self.series.get(key)
            event = None if series is None else series.peek(self.policy, self.episode_policy, Seen(start, observation))
            if event is not None:
                yield key, event

    def _newcomers(self, seen: Counted, *, part: bool) -> tuple[Key, ...]:
        """Those of the next bin that reach the least size with it and are not under watch yet."""
        before = list(self.recent)[1 - self.policy.half_hour :] if self.policy.half_hour > 1 else []
        return tuple(
            key
            for key, observation in seen.items()
            if (key.language != EVERYTHING) is part
            and key not in self.series
            and observation.posts + sum(posts.get(key, 0) for _, posts in before) >= self._least(key)
        )

    def _least(self, key: Key) -> int:
        surge = self._surge(key)
        return (self.policy.joining(surge) if surge else self.policy).minimum_posts

    def _surge(self, key: Key) -> int:
        whole = self._whole(key)
        return 0 if whole is None else whole.live.surge

    def _whole(self, key: Key) -> Series | None:
        """The series of the same topic over all languages, of one language's."""
        return None if key.language == EVERYTHING else self.series.get(Key(key.topic, EVERYTHING))

    def rescore(self, counted: Mapping[datetime, Counted]) -> Iterator[tuple[Key, EpisodeEvent]]:
        """Take in posts that arrived late: the bins of the last half hour, counted again.

        Only series whose counts have changed are judged again. A bin that is not in `counted` is as it was.
        """
        for start, posts in self.recent:
            posts.update({key: seen.posts for key, seen in counted.get(start, {}).items()})
        for key, series in self.series.items():
            bins = {seen.start: counted[seen.start].get(key) for seen in series.recent if seen.start in counted}
            again = {start: observation for start, observation in bins.items() if observation is not None}
            event = series.rescore(self.policy, self.episode_policy, again)
            if event is not None:
                yield key, event
