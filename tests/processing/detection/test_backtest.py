"""A backtest tells of a series what the watch would have told of it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import numpy as np
import pytest

from processing.detection.previous import detector, episodes
from processing.detection.previous.backtest import episode_events
from processing.detection.previous.detector import Bin, DetectorPolicy, DetectorState
from processing.detection.previous.episodes import EpisodeEvent, EpisodePolicy, EpisodeState
from processing.detection.previous.matrix import Matrix, score_matrix
from tests.processing.detection.test_matrix import START, hostile


def streamed(policy: DetectorPolicy, counts: np.ndarray) -> list[EpisodeEvent]:
    state, episode, events = DetectorState.begin(policy), EpisodeState(), []
    for number, count in enumerate(counts.tolist()):
        observed = Bin(START + number * policy.width, None if np.isnan(count) else int(count))
        state, row = detector.step(policy, state, observed)
        episode, event = episodes.step(EpisodePolicy.matching(policy), episode, row)
        if event is not None:
            events.append(event)
    return events


@pytest.mark.parametrize(("minutes", "days"), [(5, 14), (60, 60)])
@pytest.mark.parametrize("enter", [1.1, 1.5])
def test_the_episodes_of_a_matrix_are_those_of_the_stream(minutes: int, days: int, enter: float) -> None:
    policy = msgspec.structs.replace(DetectorPolicy.for_bins(timedelta(minutes=minutes)), enter=enter)
    counts = hostile(policy, days, 8, 5)
    scored = score_matrix(policy, Matrix(counts))
    told = 0
    for number, series in enumerate(counts):
        expected = streamed(policy, series)
        found = list(episode_events(policy, EpisodePolicy.matching(policy), scored, START, number))
        assert [(each.kind, each.at) for each in found] == [(each.kind, each.at) for each in expected]
        for one, other in zip(found, expected, strict=True):
            assert one.episode.observed == other.episode.observed
            assert one.episode.expected == pytest.approx(other.episode.expected, rel=1e-9)
            assert one.episode.pulses[0].start == other.episode.pulses[0].start
        told += len(found)
    assert told
