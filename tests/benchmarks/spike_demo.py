"""How soon each planted surge of the demonstration is found in each language, and how that hangs on its posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

import msgspec
import numpy as np

from deploy.demo.communities import MINUTES, START
from deploy.demo.scenario import QUIET
from deploy.demo.schedule import arrivals
from deploy.demo.situations import BAN_TALK
from deploy.demo.truth import PlantedSurge, truth
from processing.contract import EVERYTHING, Spike
from processing.spikes.bins import bins, start_of_bin
from processing.spikes.book import NOTHING, Book, Key, Observation
from processing.spikes.detector import DetectorPolicy
from processing.spikes.episodes import EpisodePolicy
from processing.spikes.matrix import Matrix, score_matrix

SEED = 2020
SCALES = (1.0, 3.0, 10.0)
END = START + timedelta(minutes=MINUTES)
EVENTS = ("india-ban", "us-remark", "amazon-email")
"""Each begins while none before it is going on."""
TEN_MINUTES = timedelta(minutes=10)
Times = Mapping[Key, list[datetime]]


def by_volume(policy: DetectorPolicy) -> None:
    """Print it for archives of one and several times the posts, as if every post were tagged rightly."""
    print("planted surges of the demonstration, of the topic in one language, found within ten minutes:")
    for scale in SCALES:
        times = _times(scale)
        delays = list(_delays(times, _spikes(policy, times)))
        of_start = [name for name, start, _ in delays if start <= TEN_MINUTES]
        of_third = [name for name, _, third in delays if third <= TEN_MINUTES]
        too_few = [name for name, start, third in delays if start - third > TEN_MINUTES]
        print(
            f"  {scale:g} times the posts: {len(of_start)} of {len(delays)} of the planted start "
            f"({len(too_few)} had no third post by then), {len(of_third)} of the third post"
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
    counted: dict[datetime, dict[Key, Observation]] = defaultdict(dict)
    for key, each in times.items():
        for moment in each:
            seen = counted[start_of_bin(moment, policy.width)]
            seen[key] = Observation(seen.get(key, NOTHING).posts + 1)
    book, found = Book(policy, EpisodePolicy.matching(policy)), {}
    for start in bins(START, END, policy.width):
        history = partial(_history, policy, counted, start)
        for key, event in book.step(start, counted.get(start, {}), history):
            found[key, event.episode.start] = event.episode.snapshot(*key)
    return list(found.values())


def _history(
    policy: DetectorPolicy, counted: Mapping[datetime, Mapping[Key, Observation]], until: datetime, key: Key
) -> Iterator[tuple[datetime, Observation]]:
    for start in bins(START, until, policy.width):
        yield start, counted.get(start, {}).get(key, NOTHING)


def _delays(times: Times, spikes: list[Spike]) -> Iterator[tuple[str, timedelta, timedelta]]:
    """Of each surge, the time from its planted start and from its third post until it was found."""
    for surge in truth():
        if surge.name in EVENTS and surge.topic == "ban" and surge.language != EVERYTHING:
            found = min((spike.detected_at for spike in spikes if _is_of(spike, surge)), default=END)
            posts = [moment for moment in times[Key(surge.topic, surge.language)] if moment >= surge.start]
            yield f"{surge.name} {surge.language}", found - surge.start, found - posts[2]


def _is_of(spike: Spike, surge: PlantedSurge) -> bool:
    same = (spike.topic, spike.language) == (surge.topic, surge.language)
    return same and spike.start < surge.end and (spike.end or END) > surge.start
