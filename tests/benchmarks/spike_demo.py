"""How soon each planted surge of the demonstration is found in each language, and how that hangs on its posts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import numpy as np

from deploy.demo.communities import MINUTES, START
from deploy.demo.scenario import AMAZON_EMAIL, EVENTS, QUIET
from deploy.demo.schedule import arrivals
from deploy.demo.situations import BAN_TALK
from deploy.demo.truth import PlantedSurge, truth
from processing.contract import EVERYTHING, BinCount, Spike
from processing.detection.bins import start_of_bin
from processing.detection.policy import DetectorPolicy
from processing.detection.series import Key, SeriesSet
from processing.incidents.language_rise import LanguageCounts, languages_that_rose

SEED = 2020
SCALES = (1.0, 3.0, 10.0)
END = START + timedelta(minutes=MINUTES)
ALONE = ("india-ban", "us-remark", AMAZON_EMAIL.name)
"""Each begins while none before it is going on."""
INCIDENTS = (("india-ban",), ("us-remark", "hong-kong-exit"), (AMAZON_EMAIL.name,))
TEN_MINUTES = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
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


def named() -> None:
    """Print which languages the test names in the demonstration's incidents, and how many in its quiet hours."""
    times = {key.language: each for key, each in _times(1.0).items() if key.language != EVERYTHING}
    print("languages of the demonstration's incidents, named after one hour and after three:")
    for events in INCIDENTS:
        start = min(event.start for event in EVENTS if event.name in events)
        planted = {language for event in EVENTS if event.name in events for language in event.languages}
        found = [set(_named(times, start, start + timedelta(hours=hours))) for hours in (1, 3)]
        right = [len(each & planted) for each in found]
        print(f"  {events[0]}: {right} of {len(planted)}, {len(found[1] - planted)} wrongly")
    hours = [hour for start, end in QUIET for hour in _hours(max(start, START + timedelta(days=2)), end)]
    wrong = sum(len(_named(times, hour, hour + timedelta(hours=1))) for hour in hours)
    print(f"  in {len(hours)} quiet hours: {wrong}")


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    while start + timedelta(hours=1) <= end:
        yield start
        start += timedelta(hours=1)


def _named(times: Mapping[str, list[datetime]], start: datetime, end: datetime) -> tuple[str, ...]:
    days = [timedelta(days=day) for day in range(1, 1 + min(7, (start - START).days))]

    def posts(language: str, back: timedelta = timedelta(0)) -> int:
        return sum(start - back <= moment < end - back for moment in times[language])

    counts = [
        LanguageCounts(each, posts(each), posts(each), sum(posts(each, back) for back in days), len(days))
        for each in times
    ]
    return languages_that_rose(sum(each.posts for each in counts), counts)


def _times(scale: float) -> Times:
    times: dict[Key, list[datetime]] = defaultdict(list)
    for arrival in arrivals(SEED, scale):
        if arrival.situation in BAN_TALK:
            for language in (arrival.language, EVERYTHING):
                times[Key("ban", language)].append(START + timedelta(seconds=arrival.written))
    return {key: sorted(each) for key, each in times.items()}


def _spikes(policy: DetectorPolicy, times: Times) -> list[Spike]:
    """What the watch would have told of the same posts, each at the end of the first minute that was enough."""
    counted = Counter((start_of_bin(moment, policy.width), *key) for key, each in times.items() for moment in each)
    bins = (END - START) // policy.width
    series, found = SeriesSet(policy), {}
    block = series.block(
        START,
        [BinCount(*where, posts, 0) for where, posts in counted.items()],
        np.ones(bins, dtype=bool),
        np.full(bins, 20.0),
    )
    for event in series.step(block):
        spike = event.episode.snapshot(*event.key)
        if event.enough is not None:
            first = [moment for moment in times[event.key] if moment >= event.at - policy.width][event.enough - 1]
            spike = msgspec.structs.replace(spike, detected_at=first.replace(second=0, microsecond=0) + MINUTE)
        known = found.setdefault((event.key, event.episode.start), spike)
        found[event.key, event.episode.start] = msgspec.structs.replace(spike, detected_at=known.detected_at)
    return list(found.values())


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
