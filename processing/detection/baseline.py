"""What a series shows on an ordinary day at this time: the expectation, from its own earlier days alone.

Around each time of day the mean over a window of bins is kept. The expectation is the mean over the last days
(`Scale.past`) without the lowest and the highest, so that neither an outage nor yesterday's surge moves it. Bins of a
spike are left out while three of the days before remain: what is raised for longer becomes the ordinary.
"""

from __future__ import annotations

from functools import reduce
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from processing.detection.policy import Scale
from processing.detection.timeline import Flags, Floats, Integers, Timeline, trailing

MASKED = -1.0
"""Stands for the mean of a time of day that lay in a spike; NaN for one that is not known."""
_FEWEST_CLEAN = 3
_STEP = 65536.0
"""Expectations are multiples of its inverse: their sums are exact, in whatever order they are taken."""


def day_mean(scale: Scale, counts: Floats, masked: Flags, earlier: NDArray[np.float32]) -> Floats:
    """The means of bins whose windows are known by now: [series, bin].

    `counts` and `masked` begin `half_window` bins before them and end as many behind. `earlier` are the means at the
    same times on the days before: [series, day, bin].
    """
    whole = _window_mean(scale, counts)
    if not masked.any():
        return whole
    clean = _window_mean(scale, np.where(masked, np.nan, counts))
    lost = np.isnan(clean) & ~np.isnan(whole)
    bounded = (earlier >= 0.0).sum(axis=1) < _FEWEST_CLEAN
    mean: Floats = np.where(lost, np.where(bounded, whole, MASKED), clean)
    return mean


def _window_mean(scale: Scale, counts: Floats) -> Floats:
    window = 2 * scale.half_window + 1
    known = ~np.isnan(counts)
    if known.all():
        return trailing(counts, window) / window
    number = trailing(known.astype(np.float64), window)
    mean = trailing(np.where(known, counts, 0.0), window) / np.maximum(number, 1.0)
    return np.where(number > scale.half_window, mean, np.nan)


def by_days(means: Timeline, scale: Scale, start: int, end: int) -> tuple[Floats, Integers]:
    """Of every bin the trimmed mean over the last `scale.past` days, and of how many of them the time is known.

    It is NaN where none is. With fewer than three days it is their plain mean.
    """
    days = (lag * scale.day for lag in range(1, scale.past + 1))
    lags = [means.read(start - lag, end - lag).astype(np.float64) for lag in days]
    known = [lag >= 0.0 for lag in lags]
    number = sum((each.astype(np.int64) for each in known), start=np.zeros(lags[0].shape, dtype=np.int64))
    everywhere = number.min() == scale.past
    total = sum(lags if everywhere else map(np.where, known, lags, repeat(0.0)))
    lowest = reduce(np.minimum, lags if everywhere else map(np.where, known, lags, repeat(np.inf)))
    highest = reduce(np.maximum, lags if everywhere else map(np.where, known, lags, repeat(-np.inf)))
    if everywhere:
        return (total - lowest - highest) / (scale.past - 2), number
    trimmed = number > 2
    total -= np.where(trimmed, lowest, 0.0) + np.where(trimmed, highest, 0.0)
    kept = np.where(trimmed, number - 2, number)
    return np.where(kept > 0, total / np.maximum(kept, 1), np.nan), number


def of_first_day(scale: Scale, counts: Floats) -> Floats:
    """What stands for the days before there are any: the mean of the last day, or of the hour before the long window.

    The higher one: a morning that follows a quiet night is no surge. `counts` begin a day before the result.
    """
    known = ~np.isnan(counts)
    number = trailing(known.astype(np.float64), scale.day)[:, :-1]
    posts = trailing(np.where(known, counts, 0.0), scale.day)[:, :-1]
    hour = min(2 * scale.long, scale.day - scale.long)
    first, last = scale.day - scale.long - hour + 1, counts.shape[1] - scale.long
    recent_number = trailing(known[:, first:last].astype(np.float64), hour)
    recent = trailing(np.where(known, counts, 0.0)[:, first:last], hour)
    mean: Floats = np.maximum(posts / np.maximum(number, 1.0), recent / np.maximum(recent_number, 1.0))
    return mean


def rounded(floor: float, mean: Floats) -> Floats:
    """Expectations as they are kept: no lower than the floor, and such that their sums are exact."""
    expected: Floats = np.round(np.maximum(floor, mean) * _STEP) / _STEP
    return expected
