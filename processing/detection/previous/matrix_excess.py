"""The four excesses and their levels for many series at once: `detector.step`'s and `level`'s along arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from processing.detection.previous.matrix_baseline import Flags, Floats
from processing.detection.previous.matrix_calibration import Calibration, refit_of
from processing.detection.previous.policy import MISTAKEN, DetectorPolicy
from processing.detection.previous.return_level import ANSCOMBE, CERTAIN, LONG, MOST, PRIOR_MODE, SHORT, SMALLEST_SCALE

SMALLEST = np.finfo(np.float64).smallest_subnormal


class Bar(NamedTuple):
    """What a bin needs to be large and to open a spike: one value for all, or [series, bin]."""

    posts: Floats
    excess: Floats
    authors: Floats
    enter: Floats
    first_day: Floats

    @classmethod
    def of(cls, policy: DetectorPolicy, surge: Floats | None) -> Self:
        """The policy's, and that of `DetectorPolicy.joining` where there is a surge."""
        surge = np.zeros(1) if surge is None else surge
        posts = policy.joining_posts + np.searchsorted(MISTAKEN, surge).astype(float)
        joining = policy.joining(0)
        return cls(
            np.where(surge > 0, np.clip(posts, joining.minimum_posts, policy.minimum_posts), policy.minimum_posts),
            *(
                np.where(surge > 0, getattr(joining, name), getattr(policy, name))
                for name in ("minimum_excess", "minimum_authors", "enter", "first_day")
            ),
        )


@dataclass(frozen=True, slots=True)
class Excess:
    """[kind, series, bin]: over one bin on Anscombe's scale and in posts, then over the long window on both."""

    kinds: Floats
    counts: Floats
    """[window, series, bin]: of one bin and of the long window; `expected` likewise."""
    expected: Floats

    @classmethod
    def measure(cls, policy: DetectorPolicy, counts: Floats, expected: Floats, *, before: float) -> Self:
        """Counts against expectations; an unknown bin adds to neither. `before` was expected before the first bin."""
        known = ~np.isnan(counts)
        observed = np.stack([counts, trailing(np.where(known, counts, 0.0), policy.long, 0.0)])
        means = np.stack([expected, trailing(np.where(known, expected, 0.0), policy.long, before)])
        anscombe = 2.0 * (np.sqrt(observed + ANSCOMBE) - np.sqrt(means + ANSCOMBE))
        rise = observed - means
        return cls(np.stack([anscombe[0], rise[0], anscombe[1], rise[1]]), observed, means)

    def large(self, policy: DetectorPolicy, bar: Bar, authors: Floats | None) -> Flags:
        """Which bins are a rise, and no small one. Authors that are not known are no reason against it."""
        window = 0 if policy.half_hour < policy.long else 1
        posts, rise = self.counts[window], self.kinds[2 * window + 1]
        large: Flags = (self.kinds[1] > 0.0) & (self.kinds[3] > 0.0)
        large &= (posts >= bar.posts) & (rise >= bar.excess)
        if authors is not None:
            large &= ~(authors < bar.authors)
        return large

    def is_large(self, policy: DetectorPolicy) -> Flags:
        """Which bins are large enough for a spike that nothing makes likely beforehand."""
        window = 0 if policy.half_hour < policy.long else 1
        large: Flags = self.counts[window] >= policy.minimum_posts
        large &= self.kinds[2 * window + 1] >= policy.minimum_excess
        return large

    def scores(
        self, policy: DetectorPolicy, calibration: Calibration, at: tuple[NDArray[np.int64], NDArray[np.int64]]
    ) -> Floats:
        """The scores of some bins; see `level.reduced` and `level.score`."""
        series, bins = at
        refit = refit_of(policy, bins)
        weight = calibration.prior_weight[series, refit]
        reduced = []
        for kind in range(len(self.kinds)):
            mean = self.expected[kind // 2][at]
            in_posts = kind % 2 == 1
            root = np.sqrt(mean + ANSCOMBE) if in_posts else 1.0
            prior_scale = (1.0 + 0.5 * np.sqrt(mean)) * root
            prior_mode = PRIOR_MODE * (root + PRIOR_MODE / 4.0 if in_posts else 1.0)
            mode, scale = calibration.mode[kind, series, refit], calibration.scale[kind, series, refit]
            above = self.kinds[kind][at] - (mode + weight * prior_mode)
            reduced.append(above / np.maximum(scale + weight * prior_scale, SMALLEST_SCALE))
        short, long = _level(np.minimum(*reduced[:2])), _level(np.minimum(*reduced[2:]))
        return np.minimum(SHORT * short + LONG * long, MOST * short)


def _level(reduced: Floats) -> Floats:
    probability = -np.expm1(-np.exp(-np.maximum(reduced, CERTAIN)))
    # Where it is too small for a number, its logarithm is not.
    levels = np.where(probability > 0.0, -np.log10(np.maximum(probability, SMALLEST)), reduced * np.log10(np.e))
    return np.where(reduced < CERTAIN, 0.0, levels)


def trailing(values: Floats, window: int, before: float) -> Floats:
    """Sums over the `window` bins that end with each; `before` stands for every bin before the first."""
    series, bins = values.shape
    padded = np.concatenate([np.full((series, window - 1), before), values], axis=1)
    total = padded[:, :bins].copy()
    for shift in range(1, window):
        total += padded[:, shift : shift + bins]
    return total
