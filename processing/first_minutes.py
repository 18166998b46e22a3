"""When the spikes of a backtest were found: at the end of the first minute that was enough, as the watch finds them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from processing.contract import EVERYTHING, Spike
from processing.detection.previous.matrix_baseline import Flags, Floats
from processing.detection.previous.series_set import Counted, Key
from processing.detection.previous.within import open_within
from processing.queries.backtest_counts import Counts, SoFar
from processing.queries.counts import MINUTE

Opening = tuple[Key, int]
"""A series and the number of a bin of it."""


def first_minutes(
    so_far: Callable[[datetime], Sequence[Counted]], topics: Counts, languages: Counts, spikes: Sequence[Spike]
) -> Iterator[datetime]:
    """Of each spike, which was found at the end of a bin. `topics` are series over all languages.

    `so_far` tells what the bin that starts then held at the end of each of its minutes but the last.
    """
    width = topics.policy.width
    numbers = [(spike.detected_at - topics.begin) // width - 1 for spike in spikes]
    openings = [(Key(spike.topic, spike.language), number) for spike, number in zip(spikes, numbers, strict=True)]
    minutes = {
        number: [{key: seen[key] for key in keys & seen.keys()} for seen in so_far(topics.begin + number * width)]
        for number, keys in _asked(openings).items()
    }
    wholes = _within(topics, {(Key(key.topic, EVERYTHING), number) for key, number in openings}, minutes, {})
    surges = {
        (key.topic, number): np.where(spiking, half_hours, 0.0)
        for (key, number), (spiking, half_hours) in wholes.items()
    }
    parts = _within(languages, {each for each in openings if each[0].language != EVERYTHING}, minutes, surges)
    known = wholes | parts
    for spike, opening in zip(spikes, openings, strict=True):
        spiking, _ = known[opening]
        begin = topics.begin + opening[1] * width
        yield begin + (int(np.argmax(spiking)) + 1) * MINUTE if spiking.any() else spike.detected_at


def _asked(openings: Iterable[Opening]) -> dict[int, set[Key]]:
    """By number of the bin: the series that open in it, and their topics over all languages.

    Thousands of bins of hundreds of minutes are too much to keep of every series.
    """
    keys: dict[int, set[Key]] = {}
    for key, number in openings:
        keys.setdefault(number, set()).update((key, Key(key.topic, EVERYTHING)))
    return keys


def _within(
    counts: Counts, openings: Collection[Opening], so_far: SoFar, surges: Mapping[tuple[str, int], Floats]
) -> dict[Opening, tuple[Flags, Floats]]:
    """Of those among the counts: whether it was a spike at the end of each minute, and the half hour's posts then."""
    rows = {key: row for row, key in enumerate(counts.keys)}
    known = [each for each in openings if each[0] in rows]
    if not known:
        return {}
    places = [(rows[key], number) for key, number in known]
    growing, half_hours = counts.growing(places, so_far)
    if counts.surge is not None:
        none = np.zeros(half_hours.shape[1])
        surge = np.array([surges.get((key.topic, number), none) for key, number in known])
        growing = replace(growing, surge=surge)
    spiking = open_within(counts.policy, counts.matrix, places, growing)
    return dict(zip(known, zip(spiking, half_hours, strict=True), strict=True))
