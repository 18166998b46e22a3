"""Two detectors that people use, written here to stand beside ours. Each gives a score a bin, from the past alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.support.spike_series import BINS_A_DAY

FEWEST = 10


def cycle_poisson(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviations above a Poisson rate that is the mean of the same hour on the last seven days.

    The cycle-corrected Poisson model of S. Hendrickson, J. Kolb, B. Lehman and J. Montague, Trend Detection in
    Social Data (Gnip, 2015), at 30 minutes, with our own low-volume rule.
    """
    window = np.convolve(counts, np.ones(6))[: len(counts)]
    hour = np.convolve(counts, np.ones(13), "same") / 13 * 6
    past = np.full((7, len(counts)), np.nan)
    for day in range(1, 8):
        lag = day * BINS_A_DAY
        past[day - 1, lag:] = hour[: len(counts) - lag] if lag < len(counts) else np.nan
    so_far = 6 * np.cumsum(counts) / np.arange(1, len(counts) + 1)
    days = (~np.isnan(past)).sum(axis=0)
    rate = np.where(days > 0, np.nansum(past, axis=0) / np.maximum(days, 1), so_far)
    score = (window - rate) / np.sqrt(np.maximum(rate, 1.0))
    return np.where(window >= FEWEST, score, 0.0)


def robust_z(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half an hour against median and median absolute deviation of the day before it."""
    window = np.convolve(counts, np.ones(6))[: len(counts)]
    day = np.lib.stride_tricks.sliding_window_view(window, BINS_A_DAY)[:-1]
    middle = np.median(day, axis=1)
    spread = 1.4826 * np.median(np.abs(day - middle[:, None]), axis=1)
    score = np.zeros(len(counts))
    score[BINS_A_DAY:] = (window[BINS_A_DAY:] - middle) / np.maximum(spread, 1.0)
    return np.where(window >= FEWEST, score, 0.0)
