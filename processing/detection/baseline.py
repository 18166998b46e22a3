"""What a series shows on an ordinary day at this time: the expectation, from its own earlier days alone.

Around each time of day the mean over a window of bins is kept. The expectation is the mean over the last days
(`Scale.past`) without the lowest and the highest, so that neither an outage nor yesterday's surge moves it. Bins of a
spike are left out while three of the days before remain: what is raised for longer becomes the ordinary.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.detection.policy import Scale
from processing.detection.timeline import Flags, Floats, Integers, trailing

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
    mean = _window_mean(scale, counts)
    rows = np.nonzero(masked.any(axis=1))[0]
    if len(rows):
        whole, clean = mean[rows], _window_mean(scale, np.where(masked[rows], np.nan, counts[rows]))
        lost = np.isnan(clean) & ~np.isnan(whole)
        bounded = np.count_nonzero(earlier[rows] >= 0.0, axis=1) < _FEWEST_CLEAN
        mean[rows] = np.where(lost, np.where(bounded, whole, MASKED), clean)
    return mean


def _window_mean(scale: Scale, counts: Floats) -> Floats:
    window = 2 * scale.half_window + 1
    known = ~np.isnan(counts)
    if known.all():
        return trailing(counts, window) / window
    number = trailing(known.astype(np.float64), window)
    mean = trailing(np.where(known, counts, 0.0), window) / np.maximum(number, 1.0)
    return np.where(number > scale.half_window, mean, np.nan)


def by_days(days: NDArray[np.float32]) -> tuple[Floats, Integers]:
    """Of every bin the trimmed mean over the days before, [series, day, bin], and on how many of them it is known.

    It is NaN where it is on none. With fewer than three days it is their plain mean.
    """
    lowest, highest = days.min(axis=1), days.max(axis=1)
    if (lowest >= 0.0).all():
        total = days.sum(axis=1, dtype=np.float64)
        return (total - lowest - highest) / (days.shape[1] - 2), np.full(lowest.shape, days.shape[1])
    known = days >= 0.0
    number = known.sum(axis=1)
    total = days.sum(axis=1, dtype=np.float64, where=known)
    lowest = days.min(axis=1, where=known, initial=np.inf)
    highest = days.max(axis=1, where=known, initial=0.0)
    trimmed = number > 2
    ends = np.where(trimmed, lowest.astype(np.float64) + highest, 0.0)
    kept = np.where(trimmed, number - 2, number)
    return np.where(kept > 0, (total - ends) / np.maximum(kept, 1), np.nan), number


def of_first_day(scale: Scale, counts: Floats) -> tuple[Floats, Floats]:
    """What stands for the days before there are any, and how many bins of the last day are known.

    It is the mean of the last day, or of the hour before the long window if that is higher: a morning that follows a
    quiet night is no surge. `counts` begin a day before the result.
    """
    known = ~np.isnan(counts)
    counts, known = np.where(known, counts, 0.0), known.astype(np.float64)
    number, posts = (trailing(each, scale.day)[:, :-1] for each in (known, counts))
    hour = min(2 * scale.long, scale.day - scale.long)
    recent = slice(scale.day - scale.long - hour + 1, counts.shape[1] - scale.long)
    recent_number, recent_posts = (trailing(each[:, recent], hour) for each in (known, counts))
    mean: Floats = np.maximum(posts / np.maximum(number, 1.0), recent_posts / np.maximum(recent_number, 1.0))
    return mean, number


def rounded(floor: float, mean: Floats) -> Floats:
    """Expectations as they are kept: no lower than the floor, also where nothing is known; their sums are exact."""
    expected: Floats = np.rint(np.fmax(floor, mean) * _STEP) / _STEP
    return expected
