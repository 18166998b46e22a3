"""By how many minutes one series of counts follows another, with an interval, or that this cannot be decided.

Pure functions over arrays. The lag is where the cross-correlation of the two excesses (counts above expectation) is
highest. Its interval is that of the lags of counts drawn anew by a dependent wild bootstrap (Shao 2010): what each
count has beyond its trend is multiplied by chance, neighbouring minutes by nearly the same, so that bursts are as large
as they were. Whether the series move together at all is a permutation test over all circular shifts of the one against
the other: shifts keep what each series is like by itself. Equal arrays give an equal answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Counts = NDArray[np.float64]
"""Posts, or posts expected, of each minute: one axis, or an axis of draws before it."""

REACH = 60
"""The longest lag that is looked for, in minutes. No series is found to follow by more."""

LEVEL = 0.05
"""The share of independent pairs of which it may be said that the one followed, and of intervals that miss the lag."""

SMOOTHING = 9
"""Minutes of the moving sum in which counts are compared. A lag does not depend on it: both series have the same."""

NEAR_THE_TOP = 0.9
"""The lag is the centre of the correlation above this part of its top: the top alone is one minute's chance."""

TREND = 31
"""Minutes over which the trend of a series is taken. What is beyond the trend is chance."""

BURST = 11
"""In the bootstrap, chance has less in common the further two minutes are apart, and nothing from so many on."""

DRAWS = 200
SEED = 20200710


@dataclass(frozen=True, slots=True)
class Lag:
    """Minutes by which a series follows another, negative where it leads, and the ends of its interval.

    `chance` is the share of all shifts at which the two would agree as well.
    """

    minutes: float
    low: float
    high: float
    chance: float

    @property
    def whole_minutes(self) -> tuple[timedelta, timedelta, timedelta]:
        """The lag and the ends of its interval, in whole minutes; the interval is not made narrower by that."""
        rounded = (round(self.minutes), floor(self.low), ceil(self.high))
        return tuple(timedelta(minutes=each) for each in rounded)  # type: ignore[return-value]

    @property
    def is_related(self) -> bool:
        """Whether the series move together more than chance would have it."""
        return self.chance <= LEVEL

    @property
    def is_decided(self) -> bool:
        """Whether the one follows or leads for certain: they move together, and the interval lies on one side of 0."""
        within = self.low > -REACH and self.high < REACH
        return self.is_related and within and (self.low >= 1 or self.high <= -1)


def lags(counts: Counts, expected: Counts, leading: int, since: int) -> list[Lag | None]:
    """Return how each series follows the series `leading`; None for that one itself and for one without excess.

    `counts` and `expected` have a row for each series and a column for each minute. What is looked at begins at the
    column `since`; the columns before it serve the permutation test, which can decide only if all columns are
    `(2 * REACH + 1) / LEVEL` or more.
    """
    excess = _smoothed(counts - expected)
    draws = _drawn(counts, expected, leading, since)
    found: list[Lag | None] = []
    for row in range(len(counts)):
        if row == leading or not _has_excess(excess[row, since:]) or not _has_excess(excess[leading, since:]):
            found.append(None)
            continue
        shown = _lag(_correlation(excess[leading, since:], excess[row, since:]))
        low, high = np.quantile(
            _lag(_correlation(draws, _drawn(counts, expected, row, since))), [LEVEL / 2, 1 - LEVEL / 2]
        )
        found.append(Lag(float(shown), float(low), float(high), _chance(excess[leading], excess[row])))
    return found


def _has_excess(excess: Counts) -> bool:
    return bool(excess.sum() > 0)


def _drawn(counts: Counts, expected: Counts, row: int, since: int) -> Counts:
    """Return the excess of a series with its chance drawn anew: an axis of draws, an axis of minutes."""
    generator = np.random.default_rng((SEED, row))
    own = counts[row, since:]
    trend = _sums(own, TREND) / _sums(np.ones_like(own), TREND)
    chance = _sums(generator.standard_normal((DRAWS, own.size + 2 * BURST)), BURST)[:, BURST:-BURST] / np.sqrt(BURST)
    # The trend takes a part of the chance with it, which the factor gives back.
    beyond = (own - trend) * np.sqrt(TREND / (TREND - BURST))
    return _smoothed(own + beyond * chance - expected[row, since:])


def _smoothed(excess: Counts) -> Counts:
    return _sums(excess, SMOOTHING)


def _sums(counts: Counts, width: int) -> Counts:
    """Return the sums of `width` minutes around each minute; at the ends, of the minutes that there are."""
    half = width // 2
    padded = np.pad(counts, [(0, 0)] * (counts.ndim - 1) + [(half + 1, half)])
    sums = padded.cumsum(axis=-1)
    within: Counts = sums[..., width:] - sums[..., :-width]
    return within


def _correlation(leading: Counts, following: Counts) -> Counts:
    """Return the correlation at each lag from `-REACH` to `REACH`, on the last axis, without the factor of the leading.

    The last minutes of the leading series are left out, so that each lag compares as many minutes.
    """
    size = leading.shape[-1] + REACH
    compared = leading.shape[-1] - REACH
    lags = np.arange(-REACH, REACH + 1)
    both = np.conj(np.fft.rfft(leading[..., :compared], size)) * np.fft.rfft(following, size)
    products = np.fft.irfft(both, size)[..., lags]
    energy = np.pad(following**2, [(0, 0)] * (following.ndim - 1) + [(1, 0)]).cumsum(axis=-1)
    first = np.maximum(lags, 0)
    within = energy[..., lags + compared] - energy[..., first]
    correlation: Counts = products / np.sqrt(np.maximum(within, 1e-9))
    return correlation


def _lag(correlation: Counts) -> Counts:
    """Return the centre of what is near the top and not cut off from it, in minutes."""
    places = np.arange(correlation.shape[-1])
    top, at = correlation.max(axis=-1, keepdims=True), correlation.argmax(axis=-1)[..., None]
    above = correlation - NEAR_THE_TOP * top
    first = np.where((above < 0) & (places < at), places, -1).max(axis=-1, keepdims=True)
    last = np.where((above < 0) & (places > at), places, places.size).min(axis=-1, keepdims=True)
    # Two series without a single post agree at all lags alike.
    weights = np.where((places > first) & (places < last), np.maximum(above, 1e-12), 0.0)
    centre: Counts = (weights * (places - REACH)).sum(axis=-1) / weights.sum(axis=-1)
    return centre


def _chance(leading: Counts, following: Counts) -> float:
    """Return the share of all circular shifts at which the best correlation within `REACH` is at least as high."""
    one, other = leading - leading.mean(), following - following.mean()
    every = np.fft.irfft(np.conj(np.fft.rfft(one)) * np.fft.rfft(other), one.size)
    best = sliding_window_view(np.concatenate((every[-REACH:], every, every[:REACH])), 2 * REACH + 1).max(axis=-1)
    return float((best >= best[0] * (1 - 1e-9)).mean())
