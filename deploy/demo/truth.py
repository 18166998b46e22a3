"""The truth about the demo archive: which surges the scenario planted, in which series, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter

import msgspec

from deploy.demo.communities import MINUTES, START
from deploy.demo.scenario import EVENTS, Mix, ScenarioEvent, minute_of
from deploy.demo.schedule import arrivals
from deploy.demo.situations import BAN_TALK, SUBTOPIC

_WORTH_NAMING = 0.5
_OVER_BELOW = 0.1
_LONGEST_DELAY = 60


class PlantedSurge(msgspec.Struct, frozen=True, kw_only=True):
    """A surge of one series.

    `topic` is `ban` (the root topic) or a sub-topic's id. `language` is a BCP 47 tag, or `*` for all languages. `start`
    is the minute of the surge's first post in the archive. `peak` is the minute of the highest expected rate. `end` is
    the first minute after the peak in which the rate is below a tenth of the peak's rate. `per_minute` is the expected
    rate at the peak at scale 1, in posts a minute, of this event alone.
    """

    name: str
    topic: str
    language: str
    start: datetime
    peak: datetime
    end: datetime
    per_minute: float
    note: str


@cache
def truth(seed: int = 2020, scale: float = 1.0) -> tuple[PlantedSurge, ...]:
    """Return every planted surge whose peak rate is at least one post in two minutes.

    Each event gives a surge for all its posts, for each sub-topic and for each language. A surge without a post in the
    archive is left out, which happens at a small scale.
    """
    first = _first_posts(seed, scale)
    return tuple(surge for event in EVENTS for surge in _of(event, first))


_First = Mapping[tuple[str, str, str], datetime]
"""The minute of the first post, by event, topic and language."""


def _first_posts(seed: int, scale: float) -> _First:
    first: dict[tuple[str, str, str], datetime] = {}
    for arrival in sorted(arrivals(seed, scale), key=attrgetter("written")):
        minute = START + timedelta(minutes=arrival.written // 60)
        if arrival.surge and arrival.situation in BAN_TALK:
            for topic in {"ban", SUBTOPIC.get(arrival.situation, "ban")}:
                for language in ("*", arrival.language):
                    first.setdefault((arrival.event, topic, language), minute)
    return first


def _of(event: ScenarioEvent, first: _First) -> Iterator[PlantedSurge]:
    minutes = _minutes(event)
    spoken = {language: [event.rate(language, m + 0.5) for m in minutes] for language in event.languages}
    every = [sum(rates) for rates in zip(*spoken.values(), strict=True)]
    yield from _named(event, "ban", "*", every, first)
    for topic in sorted({SUBTOPIC[one] for _, mix in event.phases for one in mix if one in SUBTOPIC}):
        shares = (_share(event.mix(minute + 0.5), topic) for minute in minutes)
        yield from _named(event, topic, "*", [rate * share for rate, share in zip(every, shares, strict=True)], first)
    for language, rates in spoken.items():
        yield from _named(event, "ban", language, rates, first)


def _minutes(event: ScenarioEvent) -> range:
    first = int(minute_of(event.start))
    return range(first, min(MINUTES, first + int(event.wave.lasts) + _LONGEST_DELAY))


def _share(mix: Mix, topic: str) -> float:
    """Return the share of the posts that are about a sub-topic, from 0 to 1."""
    return sum(weight for one, weight in mix.items() if SUBTOPIC.get(one) == topic) / sum(mix.values())


def _named(
    event: ScenarioEvent, topic: str, language: str, rates: list[float], first: _First
) -> Iterator[PlantedSurge]:
    """Yield the surge of one series, from the series' posts a minute. A series with too small a peak yields nothing."""
    top, start = max(rates), first.get((event.name, topic, language))
    if top < _WORTH_NAMING or start is None:
        return
    peak = rates.index(top)
    over = (minute for minute, rate in enumerate(rates) if minute > peak and rate < _OVER_BELOW * top)
    yield PlantedSurge(
        name=event.name,
        topic=topic,
        language=language,
        start=start,
        peak=_moment(event, peak),
        end=_moment(event, next(over)),
        per_minute=round(top, 2),
        note=event.note,
    )


def _moment(event: ScenarioEvent, minute: int) -> datetime:
    return START + timedelta(minutes=_minutes(event)[minute])
