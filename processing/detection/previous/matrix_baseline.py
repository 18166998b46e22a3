"""`Baseline` for many series at once: one row a series, one column a bin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.detection.previous.baseline import DAYS, WEEKS, middle_of_turn
from processing.detection.previous.policy import DetectorPolicy
from processing.detection.previous.return_level import ANSCOMBE
from processing.detection.previous.rivals import FEWEST_DAYS, FIRST_DAY, TRIAL
from processing.detection.previous.state import SILENT_DAYS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def usual(policy: DetectorPolicy, counts: Floats, silent: Flags) -> Floats:
    """What each bin should hold; NaN is unknown. `silent` rows had two empty days before."""
    means = _hour_means(policy, counts)
    by_day = _daily(policy, counts, means[:, :: policy.stride], silent)
    if counts.shape[1] <= FIRST_DAY * policy.bins_a_day:
        return by_day
    by_week = _weekly(policy, means)
    weekly = _weeks_win(policy, counts, by_day, by_week) & ~np.isnan(by_week)
    return np.where(weekly, np.maximum(policy.floor, by_week), by_day)


def running_total(values: Floats) -> Floats:
    """Sums of everything before each bin, and of everything."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _hour_means(policy: DetectorPolicy, counts: Floats) -> Floats:
    """The mean around each bin, as exact as a state keeps it; NaN where most of it is unknown or still to come."""
    series, bins = counts.shape
    half = policy.half_window
    sums = running_total(np.nan_to_num(counts))
    known = running_total((~np.isnan(counts)).astype(float))
    low, high = np.maximum(np.arange(bins) - half, 0), np.arange(bins) + half + 1
    complete = high <= bins
    total = sums[:, high[complete]] - sums[:, low[complete]]
    size = known[:, high[complete]] - known[:, low[complete]]
    means = np.full((series, bins), np.nan)
    trusted = 2 * size > 2 * half + 1
    means[:, complete] = np.where(trusted, total / np.where(trusted, size, 1.0), np.nan).astype(np.float32)
    return means


def _daily(policy: DetectorPolicy, counts: Floats, means: Floats, silent: Flags) -> Floats:
    series, rows = means.shape
    day = policy.bins_a_day // policy.stride
    past = np.full((series, DAYS * day + rows), np.nan)
    past[:, DAYS * day :] = means
    past[silent, (DAYS - SILENT_DAYS) * day : DAYS * day] = 0.0
    days = np.zeros((series, rows))
    total, lowest, highest = np.zeros((series, rows)), np.full((series, rows), np.inf), np.full((series, rows), -np.inf)
    for lag in range(DAYS):
        mean = past[:, lag * day : lag * day + rows]
        there = ~np.isnan(mean)
        days += there
        total += np.where(there, mean, 0.0)
        np.fmin(lowest, mean, out=lowest)
        np.fmax(highest, mean, out=highest)
    trimmed = days > 2
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(trimmed, (total - lowest - highest) / (days - 2), total / days)
    bins = counts.shape[1]
    mean = np.repeat(mean, policy.stride, axis=1)[:, :bins]
    return np.maximum(policy.floor, np.where(np.isnan(mean), _so_far(counts), mean))


def _so_far(counts: Floats) -> Floats:
    """The mean of everything before each bin; 0 before the first."""
    known = running_total((~np.isnan(counts)).astype(float))[:, :-1]
    mean: Floats = running_total(np.nan_to_num(counts))[:, :-1] / np.maximum(known, 1.0)
    return mean


def _weekly(policy: DetectorPolicy, means: Floats) -> Floats:
    series, bins = means.shape
    samples = means[:, middle_of_turn(policy) :: policy.turn]
    steps = -(-bins // policy.turn)
    week = DAYS * policy.bins_a_day // policy.turn
    past = np.full((WEEKS, series, steps), np.nan)
    for lag in range(1, WEEKS + 1):
        past[lag - 1, :, lag * week :] = samples[:, : max(0, steps - lag * week)]
    past.sort(axis=0)
    there = (~np.isnan(past)).sum(axis=0)
    mean = np.full((series, steps), np.nan)
    mean[there == 4] = (past[1] + past[2])[there == 4] / 2
    mean[there == 3] = past[:3].sum(axis=0)[there == 3] / 3
    mean[there == 2] = past[:2].sum(axis=0)[there == 2] / 2
    mean[:, : 3 * week] = np.nan
    return np.repeat(mean, policy.turn, axis=1)[:, :bins]


def _weeks_win(policy: DetectorPolicy, counts: Floats, by_day: Floats, by_week: Floats) -> Flags:
    """`Rivals`, day by day."""
    bins = counts.shape[1]
    days = bins // policy.bins_a_day
    whole = slice(0, days * policy.bins_a_day)
    compared = ~np.isnan(counts[:, whole]) & ~np.isnan(by_week[:, whole])
    at = np.sqrt(np.nan_to_num(counts[:, whole]) + ANSCOMBE)
    by_floor = np.maximum(policy.floor, np.nan_to_num(by_week[:, whole]))
    gain = np.abs(at - np.sqrt(by_day[:, whole] + ANSCOMBE)) - np.abs(at - np.sqrt(by_floor + ANSCOMBE))
    shape = (len(counts), days, policy.bins_a_day)
    tried = 2 * compared.reshape(shape).sum(axis=2) > policy.bins_a_day
    gains = np.where(tried, np.where(compared, gain, 0.0).reshape(shape).sum(axis=2), 0.0)
    sums, known = running_total(gains), running_total(tried.astype(float))
    wins = np.zeros((len(counts), days + 1), dtype=bool)
    for day in range(FIRST_DAY, days + 1):
        enough = known[:, day] - known[:, day - TRIAL] >= FEWEST_DAYS
        wins[:, day] = enough & (sums[:, day] - sums[:, day - TRIAL] > 0.0)
    return np.repeat(wins, policy.bins_a_day, axis=1)[:, :bins]
