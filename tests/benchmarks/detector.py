"""The detector as a stream: bins/s over one long series of noise with a day in it."""

from __future__ import annotations

import math
import random
import time
from datetime import timedelta

from processing.spikes import detector, episodes
from processing.spikes.detector import Bin, DetectorPolicy, DetectorState
from processing.spikes.episodes import EpisodePolicy, EpisodeState
from tests.conftest import NOON

BINS = 288 * 120


def main() -> None:
    """Print the figure."""
    width = timedelta(minutes=5)
    policy = DetectorPolicy.for_bins(width)
    episode_policy = EpisodePolicy.matching(policy)
    state, episode = DetectorState.begin(policy), EpisodeState()
    chance = random.Random(1)
    series = [Bin(NOON + n * width, _count(chance, n)) for n in range(BINS)]
    begun = time.perf_counter()
    for each in series:
        state, scored = detector.step(policy, state, each)
        episode, _ = episodes.step(episode_policy, episode, scored)
    print(f"detector and episodes, 5-minute bins, one core: {BINS / (time.perf_counter() - begun):,.0f} bins/s")


def _count(chance: random.Random, number: int) -> int:
    level = 20 + 15 * math.sin(2 * math.pi * number / 288)
    return max(0, round(chance.gauss(level, math.sqrt(level))))
