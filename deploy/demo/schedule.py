"""The schedule of the demo archive: when each post is written, in which language, and about which situation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from deploy.demo import everyday
from deploy.demo.communities import ACTIVITY, COMMUNITIES, HOURS, MINUTES, Community
from deploy.demo.scenario import EVENTS, Mix, ScenarioEvent, Wave, minute_of
from deploy.demo.situations import Situation

_LATE_SHARE = 0.04
_LATEST_SECONDS = 40


class Arrival(NamedTuple):
    """One post to come. `delivered` and `written` are seconds since the archive's start.

    `event` names the event that the post belongs to; an everyday post has an empty name.
    """

    delivered: float
    written: float
    language: str
    situation: Situation
    event: str

    @property
    def surge(self) -> bool:
        """Whether the post belongs to a planted surge."""
        return bool(self.event)


def arrivals(seed: int, scale: float) -> list[Arrival]:
    """Return every post in the order of delivery.

    Four posts in a hundred arrive up to 40 seconds after they are written.
    """
    drawn = [
        arrival
        for community in COMMUNITIES
        for source in (_everyday(seed, scale, community), _surges(seed, scale, community.language))
        for arrival in source
    ]
    drawn.sort()
    return drawn


def _everyday(seed: int, scale: float, community: Community) -> Iterator[Arrival]:
    rng = Random(f"{seed}:everyday:{community.language}")
    busy = 1.0
    for hour in range(HOURS):
        if hour % 24 == 0:
            busy = math.exp(rng.gauss(0, 0.08))
        mix = everyday.mix(hour * 60)
        expected = scale * busy * community.daily / 24 * ACTIVITY[community.language][hour]
        for _ in range(_poisson(rng, expected * sum(mix.values()))):
            yield _arrival(rng, community.language, (hour + rng.random()) * 60, mix, "")


def _surges(seed: int, scale: float, language: str) -> Iterator[Arrival]:
    for event in EVENTS:
        if language not in event.languages:
            continue
        rng = Random(f"{seed}:{event.name}:{language}")
        share, delay = event.languages[language]
        begins = minute_of(event.start) + delay
        for _ in range(_poisson(rng, scale * share * sum(event.wave.masses))):
            minute = begins + _elapsed(rng, event.wave)
            if _kept(rng, event, language, minute, begins):
                yield _arrival(rng, language, minute, event.mix(minute), event.name)


def _elapsed(rng: Random, wave: Wave) -> float:
    """Return a random number of minutes since the start of a wave. The wave's rate is the density of the draw."""
    rise, fast, slow = wave.masses
    place = rng.random() * (rise + fast + slow)
    if place < rise:
        return wave.rise * math.sqrt(rng.random())
    decay = wave.fast_decay if place < rise + fast else wave.slow_decay
    return wave.rise - decay * math.log(1 - rng.random())


def _kept(rng: Random, event: ScenarioEvent, language: str, minute: float, begins: float) -> bool:
    if minute - begins >= event.wave.lasts or minute >= MINUTES:
        return False
    return rng.random() < event.wakefulness(language, minute)


def _arrival(rng: Random, language: str, minute: float, mix: Mix, event: str) -> Arrival:
    written = minute * 60
    late = rng.random() * _LATEST_SECONDS if rng.random() < _LATE_SHARE else 0.0
    return Arrival(written + late, written, language, _draw(rng, mix), event)


def _draw(rng: Random, mix: Mix) -> Situation:
    return rng.choices(list(mix), list(mix.values()))[0]


def _poisson(rng: Random, mean: float) -> int:
    """Draw a Poisson number. A large mean uses the normal approximation, a small mean counts events."""
    if mean > 60:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
