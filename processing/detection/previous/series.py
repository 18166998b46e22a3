"""One series under watch, and what becomes of posts that arrive late.

A bin is scored when it closes, and again when more posts of it arrive within the half hour behind it; after that its
word stands. So a series stands twice: settled, before the bins that may still change, and live, behind them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from processing.detection.previous import detector, episodes
from processing.detection.previous.detector import Bin, DetectorPolicy, DetectorState
from processing.detection.previous.episode import Current
from processing.detection.previous.episodes import EpisodeEvent, EpisodeKind, EpisodePolicy, EpisodeState


class Observation(msgspec.Struct, frozen=True):
    """What was counted of one series in one bin; `authors` are hashes, enough of them to tell few from many."""

    posts: int = 0
    backfilled: int = 0
    authors: frozenset[int] = frozenset()


NOTHING = Observation()


class Seen(msgspec.Struct, frozen=True):
    """A bin of one series as it was counted; None where it is unknown. `surge`: see `detector.Bin`."""

    start: datetime
    observation: Observation | None
    surge: int = 0


@dataclass
class Stand:
    """A series as of one bin, with the known bins of its last half hour."""

    detector: DetectorState
    episode: EpisodeState
    half_hour: deque[Observation]

    @classmethod
    def begin(cls, policy: DetectorPolicy) -> Stand:
        """Before the first bin."""
        return cls(DetectorState.begin(policy), EpisodeState(), deque(maxlen=policy.half_hour))

    def copy(self, policy: DetectorPolicy) -> Stand:
        """Another one that shares nothing with it."""
        return Stand(
            DetectorState.from_json(policy, self.detector.to_json()),
            EpisodeState.from_json(self.episode.to_json()),
            self.half_hour.copy(),
        )

    @property
    def posts(self) -> int:
        """Posts of the half hour."""
        return sum([each.posts for each in self.half_hour])

    @property
    def surge(self) -> int:
        """The same while they are a spike, 0 while they are none."""
        return self.posts if self.detector.open else 0

    def step(self, policy: DetectorPolicy, episode_policy: EpisodePolicy, seen: Seen) -> EpisodeEvent | None:
        """Go through one bin."""
        observation = seen.observation
        self.half_hour.append(NOTHING if observation is None else observation)
        posts = self.posts
        observed = Bin(
            seen.start,
            None if observation is None else observation.posts,
            # Most half hours of most series are empty.
            len(frozenset().union(*(each.authors for each in self.half_hour))) if posts else 0,
            alertable=not posts or 2 * sum(each.backfilled for each in self.half_hour) <= posts,
            surge=seen.surge,
        )
        self.detector, scored = detector.step(policy, self.detector, observed)
        self.episode, event = episodes.step(episode_policy, self.episode, scored)
        return event


@dataclass
class Series:
    """One series under watch: `recent` are the bins between the settled and the live stand.

    `surges` are the bins of the history it was begun with in which it was a spike, each with `Stand.surge`.
    """

    settled: Stand
    live: Stand
    recent: deque[Seen] = field(default_factory=deque)
    surges: dict[datetime, int] = field(default_factory=dict)

    @classmethod
    def begin(cls, policy: DetectorPolicy, episode_policy: EpisodePolicy, history: Iterable[Seen]) -> Series:
        """As if it had been under watch from the start of its history."""
        settled, recent, surges = Stand.begin(policy), deque[Seen](), {}
        for seen in history:
            recent.append(seen)
            if len(recent) > policy.half_hour:
                past = recent.popleft()
                settled.step(policy, episode_policy, past)
                if settled.surge:
                    surges[past.start] = settled.surge
        series = cls(settled, settled.copy(policy), recent, surges)
        for seen in recent:
            series.live.step(policy, episode_policy, seen)
            if series.live.surge:
                surges[seen.start] = series.live.surge
        return series

    def step(self, policy: DetectorPolicy, episode_policy: EpisodePolicy, seen: Seen) -> EpisodeEvent | None:
        """Go through the next bin."""
        self.recent.append(seen)
        if len(self.recent) > policy.half_hour:
            self.settled.step(policy, episode_policy, self.recent.popleft())
        return self.live.step(policy, episode_policy, seen)

    def peek(
        self, policy: DetectorPolicy, episode_policy: EpisodePolicy, seen: Seen
    ) -> tuple[Stand, EpisodeEvent | None]:
        """How it would stand if the next bin closed as it is now, and the spike that this would begin.

        Nothing is changed. While a spike goes on none begins, and one that comes back is none that begins.
        """
        ahead = self.live.copy(policy)
        event = ahead.step(policy, episode_policy, seen)
        return ahead, event if event is not None and event.kind is EpisodeKind.OPENED else None

    def within(self, policy: DetectorPolicy, episode_policy: EpisodePolicy, so_far: Iterable[Seen]) -> Iterator[Stand]:
        """How it would have stood, had its last bin closed with each of these."""
        before = self.settled.copy(policy)
        for seen in list(self.recent)[:-1]:
            before.step(policy, episode_policy, seen)
        for seen in so_far:
            stand = before.copy(policy)
            stand.step(policy, episode_policy, seen)
            yield stand

    def found(self, detected_at: datetime) -> None:
        """Let the spike that goes on have been found then."""
        if self.live.episode.current is not None:
            self.live.episode.current.detected_at = detected_at

    def rescore(
        self, policy: DetectorPolicy, episode_policy: EpisodePolicy, counted: Mapping[datetime, Observation]
    ) -> EpisodeEvent | None:
        """Judge the recent bins again if their counts have changed; what that changed of the spike.

        A bin that was unknown stays so, and a spike that was told keeps its start, by which it is known.
        """
        if not any(self._changed(seen, counted) for seen in self.recent):
            return None
        self.recent = deque(
            seen
            if seen.observation is None
            else msgspec.structs.replace(seen, observation=counted.get(seen.start, seen.observation))
            for seen in self.recent
        )
        told, event = self.live.episode, None
        self.live = self.settled.copy(policy)
        for seen in self.recent:
            event = self.live.step(policy, episode_policy, seen) or event
        now = self.recent[-1].start + policy.width
        self.live.episode = reconcile(told, self.live.episode, now, policy.half_hour * policy.width)
        current = self.live.episode.current
        return EpisodeEvent(event.kind, now, current.told()) if event is not None and current is not None else None

    def name_after(self, start: datetime, detected_at: datetime) -> None:
        """Let the spike that goes on be the one that was told with this start, before its bin had closed."""
        current = self.live.episode.current
        if current is not None and start - current.start <= timedelta(hours=1):
            _name_after(current, start, detected_at)

    @staticmethod
    def _changed(seen: Seen, counted: Mapping[datetime, Observation]) -> bool:
        """The authors' hashes are a choice of many and may differ each time; they change with the posts."""
        old, new = seen.observation, counted.get(seen.start)
        return old is not None and new is not None and (old.posts, old.backfilled) != (new.posts, new.backfilled)


def reconcile(told: EpisodeState, anew: EpisodeState, now: datetime, reach: timedelta) -> EpisodeState:
    """The episode after late posts: the one found anew, under the name of the one that was told.

    Where the two cannot be the same, what was told stands. One that only the late posts have shown was found now.
    """
    before, after = told.current, anew.current
    if after is None:
        return told if before is not None else anew
    if before is None or (before.ended and after.start > before.start):
        after.detected_at = now
        return anew
    if before.start - reach <= after.start <= before.start:
        _name_after(after, before.start, before.detected_at)
        _name_comebacks_after(after, before, now, reach)
        return anew
    return told


def _name_after(after: Current, start: datetime, detected_at: datetime) -> None:
    if not after.pulses.done and after.pulses.started == after.start:
        after.pulses.started = start
    after.start, after.detected_at = start, detected_at


def _name_comebacks_after(after: Current, before: Current, now: datetime, reach: timedelta) -> None:
    for rise in after.rises[1:]:
        known = (each for each in before.rises[1:] if each.start - reach <= rise.start <= each.start)
        told = next(known, None)
        rise.start, rise.detected_at = (rise.start, now) if told is None else (told.start, told.detected_at)
