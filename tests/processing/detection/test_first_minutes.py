"""In which minute a spike is found: by who looks into open bins, by who catches up, and by a backtest."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.contract import Spike
from processing.detection.previous.detector import DetectorPolicy
from processing.detection.previous.episodes import EpisodeKind, EpisodePolicy
from processing.detection.previous.matrix import Matrix, score_matrix
from processing.detection.previous.series_set import NOTHING, Book, Counted, Key, Name, Observation
from processing.detection.previous.within import open_within
from processing.first_minutes import first_minutes
from processing.queries.backtest_counts import Counts
from processing.queries.counts import MINUTE, together

START = datetime(2020, 7, 1, tzinfo=UTC)
QUIET = timedelta(days=1)
WHOLE, LARGE, SMALL = KEYS = Key("ban", "*"), Key("ban", "en"), Key("ban", "ar")

Minutes = Sequence[Counted]
"""What a bin held at the end of each of its minutes."""


def rises(chance: np.random.Generator, width: int) -> list[Minutes | None]:
    """A quiet day and a dozen bins with rises that begin in any minute, some backfilled; a few bins are unknown."""
    quiet = QUIET // (width * MINUTE)
    minutes = 12 * width
    rates = np.zeros((minutes, 2))
    for language, most in enumerate((5.0, 0.5)):
        for start in chance.integers(minutes, size=2):
            rates[start : start + 2 * width, language] += most * chance.random() ** 3
    posts = chance.poisson(rates)
    backfilled = np.where(chance.random(minutes) < chance.choice([0.0, 0.6]), posts[:, 0], 0)
    seen: list[Counted] = [
        {LARGE: Observation(large, old), SMALL: Observation(small), WHOLE: Observation(large + small, old)}
        for large, small, old in zip(*posts.T.tolist(), backfilled.tolist(), strict=True)
    ]
    bins = [list(accumulate(map(dict, seen[first : first + width]), together)) for first in range(0, minutes, width)]
    return [[{}] * width] * quiet + [None if chance.random() < 0.1 else each for each in bins]


class Found:
    """The spikes that a book finds in these bins, and when: bin by bin, or looking at the end of every minute."""

    def __init__(self, policy: DetectorPolicy, bins: Sequence[Minutes | None]) -> None:
        self.book, self.policy, self.bins = Book(policy, EpisodePolicy.matching(policy)), policy, bins

    def at(self, number: int) -> datetime:
        return START + number * self.policy.width

    def history(self, key: Key, number: int) -> list[tuple[datetime, Observation | None]]:
        before = enumerate(self.bins[:number])
        return [(self.at(past), None if seen is None else seen[-1].get(key, NOTHING)) for past, seen in before]

    def close(self, number: int, so_far: Minutes = ()) -> list[tuple[Name, Spike]]:
        seen = self.bins[number]
        whole = None if seen is None else seen[-1]
        events = self.book.step(self.at(number), whole, lambda key: self.history(key, number), lambda: so_far)
        opened = [(key, event.episode) for key, event in events if event.kind is EpisodeKind.OPENED]
        return [((key, episode.start), episode.snapshot(*key)) for key, episode in opened]

    def first_looks(self, number: int) -> dict[Name, datetime]:
        first: dict[Name, datetime] = {}
        for minute, so_far in enumerate((self.bins[number] or ())[:-1], 1):
            for key, event in self.book.peek(self.at(number), so_far, lambda key: self.history(key, number)):
                first.setdefault((key, event.episode.start), self.at(number) + minute * MINUTE)
        return first


def side_by_side(policy: DetectorPolicy, bins: Sequence[Minutes | None]) -> tuple[Counts, Counts]:
    """The topic, and its languages beside it, as a backtest has them."""
    seen = [None if each is None else [each[-1].get(key, NOTHING) for key in KEYS] for each in bins]
    posts = np.array([[np.nan] * 3 if each is None else [of.posts for of in each] for each in seen]).T
    backfilled = np.array([[0.0] * 3 if each is None else [of.backfilled for of in each] for each in seen]).T
    counts = Counts(START, policy, KEYS, posts, backfilled)
    topic = counts.part([0])
    surge = np.where(score_matrix(policy, topic.matrix).spike, topic.half_hours, 0.0)
    return topic, replace(counts, surge=np.repeat(surge, 3, axis=0)).part([1, 2])


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([5, 15, 60]))
def test_all_three_find_a_spike_in_the_same_minute(seed: int, width: int) -> None:
    bins = rises(np.random.default_rng(seed), width)
    policy = DetectorPolicy.for_bins(width * MINUTE)
    policy = msgspec.structs.replace(policy, minimum_authors=0)
    closing, catching_up, looking = (Found(policy, bins) for _ in range(3))
    closed, found, looked = {}, {}, {}
    for number, seen in enumerate(bins):
        closed |= dict(closing.close(number))
        found |= {name: spike.detected_at for name, spike in catching_up.close(number, (seen or ())[:-1])}
        first = looking.first_looks(number)
        looked |= {name: first.get(name, spike.detected_at) for name, spike in looking.close(number)}
    told = first_minutes(
        lambda start: (bins[(start - START) // policy.width] or ())[:-1],
        *side_by_side(policy, bins),
        list(closed.values()),
    )
    assert found == looked == dict(zip(closed, told, strict=True))


def weeks_of_hours(weeks: int) -> Matrix:
    """Two series with the rhythm of a week, a few rises and a few unknown hours."""
    chance = np.random.default_rng(weeks)
    hours = np.arange(weeks * 7 * 24)
    counts = chance.poisson(np.where(hours // 24 % 7 < 5, 9.0, 2.0), (2, len(hours))).astype(float)
    counts *= np.where(chance.random(counts.shape) < 0.02, 5, 1)
    counts[:, chance.random(len(hours)) < 0.02] = np.nan
    return Matrix(counts)


def test_the_minutes_of_a_bin_are_judged_by_as_much_of_the_past_as_decides_of_them() -> None:
    policy = DetectorPolicy.for_bins(timedelta(hours=1))
    growing = Matrix(np.cumsum(np.full((4, 59), 0.8), axis=1).round())
    most = []
    for weeks in (12, 36):
        observed = weeks_of_hours(weeks)
        last = observed.counts.shape[1] - 1
        places = [(number % 2, last - 29 * number) for number in range(4)]
        tracemalloc.start()
        found = open_within(policy, observed, places, growing)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        for number, (series, at) in enumerate(places):
            rows = np.repeat(observed.counts[series : series + 1, : at + 1], 59, axis=0)
            rows[:, at] = growing.counts[number]
            assert (score_matrix(policy, Matrix(rows)).spike[:, at] == found[number]).all()
        assert found[:, -1].any()
        assert not found[:, 0].any()
    assert most[1] < 1.2 * most[0]


def test_of_the_minutes_of_many_bins_only_what_opens_in_them_is_kept() -> None:
    policy = DetectorPolicy.for_bins(timedelta(hours=1))
    [(_, spike)] = Found(policy, [[{}]] * 24 + [[{WHOLE: Observation(90, 0, frozenset(range(9)))}]]).close(24)
    numbers = range(24, 64)
    topic, languages = side_by_side(policy, [[{}]] * 64)
    spikes = [msgspec.structs.replace(spike, detected_at=START + (each + 1) * policy.width) for each in numbers]
    rest = dict.fromkeys((Key(str(topic), "*") for topic in range(600)), NOTHING)
    tracemalloc.start()
    list(first_minutes(lambda _: [dict(rest) for _ in range(59)], topic, languages, spikes))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000
