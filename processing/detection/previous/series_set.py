"""The series that are under watch, stepped together through the bins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import msgspec

from processing.contract import EVERYTHING, Spike
from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.episodes import EpisodeEvent, EpisodeKind, EpisodePolicy
from processing.detection.previous.series import NOTHING, Observation, Seen, Series, Stand

__all__ = ["NOTHING", "Book", "Key", "Observation"]

MINUTE = timedelta(minutes=1)


class Key(NamedTuple):
    """A series: a topic in one language, or in all (`*`)."""

    topic: str
    language: str


Name = tuple[Key, datetime]
"""A spike is known by its series and its start."""


def name_of(spike: Spike) -> Name:
    """What tells a spike from every other one."""
    return Key(spike.topic, spike.language), spike.start


Counted = Mapping[Key, Observation]
"""The series of one bin that have any post."""


History = Callable[[Key], Iterable[tuple[datetime, Observation | None]]]
"""What was counted of a series in every bin before the one at hand."""

SoFar = Callable[[], Sequence[Counted]]
"""What the bin at hand held at the end of each of its minutes but the last; nothing where that is not known."""


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
        known = () if episode is None else (episode, *episode.comebacks)
        end = next((each.end for each in known if each.start == spike.start), spike.peak + self.policy.width)
        return msgspec.structs.replace(spike, end=end)

    def step(
        self, start: datetime, seen: Counted | None, history: History, so_far: SoFar = tuple
    ) -> Iterator[tuple[Key, EpisodeEvent]]:
        """Take every series through one bin; None where the bin is unknown.

        Series that reach the least size with it are taken in before. Topics over all languages go first: whether they
        surge lowers the bar for their languages. A spike is found at the end of the first minute that was enough.
        """
        counted = seen or {}
        minutes = cache(so_far)
        surges: dict[str, int] = {}
        for part in (False, True):
            for key in self._newcomers(counted, surges, part=part):
                self.take_in(key, history(key))
            for key, series in self.series.items():
                if (key.language != EVERYTHING) is part:
                    observation = None if seen is None else seen.get(key, NOTHING)
                    bin_seen = Seen(start, observation, surges.get(key.topic, 0) if part else 0)
                    event = series.step(self.policy, self.episode_policy, bin_seen)
                    if not part:
                        surges[key.topic] = series.live.surge
                    if event is not None:
                        opened = event.kind is EpisodeKind.OPENED
                        yield key, self._sooner(key, event, start, minutes()) if opened else event
        self.recent.append((start, {key: observation.posts for key, observation in counted.items()}))
        while len(self.recent) > self.policy.half_hour:
            self.recent.popleft()

    def pass_over(self, begin: datetime, end: datetime) -> Iterator[tuple[Key, EpisodeEvent]]:
        """Take every series through time of which nothing is known, in one step however long it is.

        It leaves what stepping through each bin leaves. Its last hour is stepped through, because a bin looks back half
        an hour and the settled stand of a series is half an hour behind; the rest the detector takes as unknown.
        """
        last = (end - back * self.policy.width for back in range(2 * self.policy.half_hour, 0, -1))
        for start in last:
            if start >= begin:
                yield from self.step(start, None, lambda _: ())

    def peek(self, start: datetime, seen: Counted, history: History) -> Iterator[tuple[Key, EpisodeEvent]]:
        """The spikes that the next bin begins already, while it is still open and more posts of it may come.

        No series is changed. More posts only raise a score: what begins now has begun when the bin closes, but where
        most of the half hour is backfill by then, and but for a language that joins: its bar rises with the surge.
        Three posts of the first hundred are seldom a mistake.
        """
        surges: dict[str, int] = {}
        for part in (False, True):
            for key in self._newcomers(seen, surges, part=part):
                self.take_in(key, history(key))
            for key, observation in seen.items():
                series = self.series.get(key)
                if series is not None and (key.language != EVERYTHING) is part:
                    bin_seen = Seen(start, observation, surges.get(key.topic, 0) if part else 0)
                    stand, event = series.peek(self.policy, self.episode_policy, bin_seen)
                    if not part:
                        surges[key.topic] = stand.surge
                    if event is not None:
                        yield key, event

    def _sooner(self, key: Key, event: EpisodeEvent, start: datetime, minutes: Sequence[Counted]) -> EpisodeEvent:
        """The beginning of a spike, found at the end of the first minute with which the bin would have begun it."""
        for number, stand in enumerate(self._within(key, start, minutes), 1):
            if stand.detector.open:
                found = start + number * MINUTE
                self.series[key].found(found)
                return msgspec.structs.replace(event, episode=msgspec.structs.replace(event.episode, detected_at=found))
        return event

    def _within(self, key: Key, start: datetime, minutes: Sequence[Counted]) -> Iterator[Stand]:
        """How a series stood at the end of each minute of the last bin."""
        whole = Key(key.topic, EVERYTHING)
        if key == whole or whole not in self.series:
            surges = [0] * len(minutes)
        else:
            surges = [stand.surge for stand in self._within(whole, start, minutes)]
        so_far = (Seen(start, of.get(key, NOTHING), surge) for of, surge in zip(minutes, surges, strict=True))
        return self.series[key].within(self.policy, self.episode_policy, so_far)

    def _newcomers(self, seen: Counted, surges: Mapping[str, int], *, part: bool) -> tuple[Key, ...]:
        """Those of the next bin that reach the least size with it and are not under watch yet."""
        before = list(self.recent)[1 - self.policy.half_hour :] if self.policy.half_hour > 1 else []
        return tuple(
            key
            for key, observation in seen.items()
            if (key.language != EVERYTHING) is part
            and key not in self.series
            and observation.posts + sum(posts.get(key, 0) for _, posts in before) >= self._least(surges, key)
        )

    def _least(self, surges: Mapping[str, int], key: Key) -> int:
        surge = surges.get(key.topic, 0)
        return (self.policy.joining(surge) if surge else self.policy).minimum_posts

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
