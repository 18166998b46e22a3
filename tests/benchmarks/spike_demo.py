"""How soon each planted surge of the demonstration is found in each language, and how that hangs on its posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import NamedTuple

import msgspec
import numpy as np

from deploy.demo.communities import MINUTES, START
from deploy.demo.scenario import AMAZON_EMAIL, EVENTS, QUIET
from deploy.demo.schedule import arrivals
from deploy.demo.situations import BAN_TALK
from deploy.demo.truth import PlantedSurge, truth
from processing.contract import EVERYTHING, Spike
from processing.detection.bins import bins, start_of_bin
from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.episodes import EpisodePolicy
from processing.detection.previous.matrix import Matrix, score_matrix
from processing.detection.previous.series_set import NOTHING, Book, Key, Observation
from processing.queries.rollups import MINUTE

SEED = 2020
SCALES = (1.0, 3.0, 10.0)
END = START + timedelta(minutes=MINUTES)
ALONE = ("india-ban", "us-remark", AMAZON_EMAIL.name)
"""Each begins while none before it is going on."""
TEN_MINUTES = timedelta(minutes=10)
Times = Mapping[Key, list[datetime]]


def by_volume(policy: DetectorPolicy) -> None:
    """Print it for archives of one and several times the posts, as if every post were tagged rightly."""
    print("planted surges of the demonstration, of the topic in one language, found within ten minutes:")
    for scale in SCALES:
        times = _times(scale)
        delays = list(_delays(scale, times, _spikes(policy, times)))
        for name, some in (("10 July", AMAZON_EMAIL.name), ("all", "")):
            of_these = [each for each in delays if some in each.name]
            within = [
                sum(delay <= TEN_MINUTES for delay in of)
                for of in zip(*(each.delays for each in of_these), strict=True)
            ]
            print(
                f"  {scale:g} times the posts, {name}: of {len(of_these)}, {within[0]} of the moment from which posts "
                f"may come, {within[1]} of the first post, {within[2]} of the third"
            )


def false_joins(policy: DetectorPolicy) -> None:
    """Print how often a language would join a surge that is none of its own: its quiet days, beside a made-up one."""
    spans = [(max(start, START + timedelta(days=2)), end) for start, end in QUIET]
    times = {key: each for key, each in _times(1.0).items() if key.language != EVERYTHING}
    starts = list(bins(START, END, policy.width))
    place = {start: number for number, start in enumerate(starts)}
    counts = np.zeros((len(times), len(starts)))
    for row, each in enumerate(times.values()):
        for moment in each:
            counts[row, place[start_of_bin(moment, policy.width)]] += 1
    observed = Matrix(counts, surge=np.full(counts.shape, 100.0))
    scored = score_matrix(msgspec.structs.replace(policy, minimum_authors=0), observed)
    opens = scored.spike[:, 1:] & ~scored.spike[:, :-1]
    quiet = np.array([any(start <= each < end for start, end in spans) for each in starts])
    hours = sum((end - start) / timedelta(hours=1) for start, end in spans) * len(times)
    print(f"  {opens[:, quiet[1:]].sum()} languages would join in {hours:,.0f} quiet language-hours")


def _times(scale: float) -> Times:
    times: dict[Key, list[datetime]] = defaultdict(list)
    for arrival in arrivals(SEED, scale):
        if arrival.situation in BAN_TALK:
            for language in (arrival.language, EVERYTHING):
                times[Key("ban", language)].append(START + timedelta(seconds=arrival.written))
    return {key: sorted(each) for key, each in times.items()}


def _spikes(policy: DetectorPolicy, times: Times) -> list[Spike]:
    """What the watch would have told of the same posts."""
    policy = msgspec.structs.replace(policy, minimum_authors=0)
    counted, by_minute = _counted(times, policy.width), _counted(times, MINUTE)
    book, found = Book(policy, EpisodePolicy.matching(policy)), {}
    for start in bins(START, END, policy.width):
        history = partial(_history, policy, counted, start)
        so_far = partial(_so_far, by_minute, start, policy.width)
        for key, event in book.step(start, counted.get(start, {}), history, so_far):
            found[key, event.episode.start] = event.episode.snapshot(*key)
    return list(found.values())


def _counted(times: Times, width: timedelta) -> Mapping[datetime, dict[Key, Observation]]:
    counted: dict[datetime, dict[Key, Observation]] = defaultdict(dict)
    for key, each in times.items():
        for moment in each:
            seen = counted[start_of_bin(moment, width)]
            seen[key] = Observation(seen.get(key, NOTHING).posts + 1)
    return counted


def _so_far(
    by_minute: Mapping[datetime, Mapping[Key, Observation]], start: datetime, width: timedelta
) -> list[dict[Key, Observation]]:
    minutes = [by_minute.get(minute, {}) for minute in bins(start, start + width, MINUTE)]
    return list(accumulate(minutes, _together, initial={}))[1:-1]


def _together(seen: dict[Key, Observation], more: dict[Key, Observation]) -> dict[Key, Observation]:
    return seen | {key: Observation(seen.get(key, NOTHING).posts + each.posts) for key, each in more.items()}


def _history(
    policy: DetectorPolicy, counted: Mapping[datetime, Mapping[Key, Observation]], until: datetime, key: Key
) -> Iterator[tuple[datetime, Observation]]:
    for start in bins(START, until, policy.width):
        yield start, counted.get(start, {}).get(key, NOTHING)


class _Surge(NamedTuple):
    name: str
    delays: tuple[timedelta, timedelta, timedelta]
    """Until it was found: from when the scenario lets it have posts, from its first and from its third post on."""


def _delays(scale: float, times: Times, spikes: list[Spike]) -> Iterator[_Surge]:
    events = {event.name: event for event in EVENTS}
    for surge in truth(SEED, scale):
        if surge.name in ALONE and surge.topic == "ban" and surge.language != EVERYTHING:
            found = min((spike.detected_at for spike in spikes if _is_of(spike, surge)), default=END)
            posts = [moment for moment in times[Key(surge.topic, surge.language)] if moment >= surge.start]
            event = events[surge.name]
            may_have = event.start + timedelta(minutes=event.languages[surge.language][1])
            yield _Surge(f"{surge.name} {surge.language}", (found - may_have, found - surge.start, found - posts[2]))


def _is_of(spike: Spike, surge: PlantedSurge) -> bool:
    same = (spike.topic, spike.language) == (surge.topic, surge.language)
    return same and spike.start < surge.end and (spike.end or END) > surge.start
