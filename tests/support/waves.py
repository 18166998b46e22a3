"""Simulated languages of an incident: Poisson counts of a wave, each language with its own delay and height."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deploy.demo.scenario import Wave
from processing.explanation.lag import REACH, Counts

BEFORE, HERE = 2880, 240
"""Minutes before the incident and of it."""

SINCE = BEFORE - REACH
BASE = 0.3
"""Posts a minute of each language at any time."""

BURST = 5


def waves(
    chance: np.random.Generator, delays: Sequence[int], peaks: Sequence[float], *, bursts: float = 0.0
) -> tuple[Counts, Counts]:
    """Return counts and expected counts: a row for each language, with its delay in minutes and its peak a minute.

    With `bursts`, the rate of every five minutes varies with this variance, relative to its square.
    """
    minutes = np.arange(-BEFORE, HERE) + 0.5
    rates = []
    for delay, peak in zip(delays, peaks, strict=True):
        wave = Wave(peak=peak, rise=25, fast=0.72, fast_decay=55, slow_decay=230, lasts=30 * 60)
        rates.append([BASE + wave.rate(minute - delay) for minute in minutes])
    expected = np.full((len(rates), minutes.size), BASE)
    if bursts:
        varied = chance.gamma(1 / bursts, bursts, (len(rates), minutes.size // BURST)).repeat(BURST, axis=1)
        return chance.poisson(np.array(rates) * varied).astype(float), expected
    return chance.poisson(rates).astype(float), expected


def pair(
    chance: np.random.Generator, lag: int, peaks: tuple[float, float] = (20.0, 5.0), *, bursts: float = 0.0
) -> tuple[Counts, Counts]:
    """Return two languages of which the second follows the first by `lag` minutes."""
    return waves(chance, (0, lag), peaks, bursts=bursts)
