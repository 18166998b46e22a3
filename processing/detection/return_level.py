"""How rare an excess is for its own series: a return level from the maxima of six-hour blocks.

The distribution of a block's maximum is taken to be Gumbel's, fitted by two quantiles of the blocks (method of
quantiles; E. J. Gumbel, Statistics of Extremes, 1958), so that the surges of the past, which lie above the upper
one, do not raise it. A prior worth four blocks speaks until the series can. Excesses are measured on the scale of
F. J. Anscombe (Biometrika 35, 1948), where Poisson noise has a variance of one, and in posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from processing.detection.timeline import Flags, Floats, Integers

KINDS = 4
"""Of excesses: over the short window on Anscombe's scale and in posts, over the long window on both."""
ANSCOMBE = 0.375
PRIOR_BLOCKS = 4
PRIOR_MODE = 2.5
SMALLEST_SCALE = 0.4
LOWER, UPPER = 0.5, 0.9
_BETWEEN = 1.8839  # the two quantiles of a standard Gumbel variable lie this far apart,
_LOWER_AT = 0.3665  # the lower one here
_CERTAIN = -6.0  # a block's maximum lies above such a reduced excess with certainty
_MOST_APART = 0.5
"""Of the known blocks of a fit, those that may have been lowered by leaving out a spike."""


@dataclass
class Maxima:
    """The highest excesses of the last blocks, and the distributions fitted to them.

    `highest` is [series, block, kind], NaN for a block of which too little is known; block n is kept at n modulo its
    length. `apart` marks blocks from which a spike was left out.
    """

    highest: Floats
    apart: Flags
    next: int
    """The first block that is not taken in yet."""
    mode: Floats
    scale: Floats
    """[kind, series], already weighed; the rest is the prior's."""
    known: Integers

    @classmethod
    def begin_at(cls, series: int, block: int, blocks: int) -> Self:
        """None is known before this block."""
        nothing = np.zeros((KINDS, series))
        return cls(
            np.full((series, blocks, KINDS), np.nan),
            np.zeros((series, blocks), dtype=bool),
            block,
            nothing,
            nothing.copy(),
            np.zeros(series, dtype=np.int64),
        )

    def take_in(self, block: int, excess: Floats, known: Flags, spike: Flags) -> None:
        """Keep the maxima of a finished block: `excess` is [kind, series, bin], `spike` what is to be left out."""
        place = block % self.highest.shape[1]
        bins = known.shape[1]
        left = known & ~spike
        recent = self.apart.sum(axis=1) - self.apart[:, place]
        few = recent <= _MOST_APART * self.apart.shape[1]
        apart = (left.sum(axis=1) < known.sum(axis=1)) & few
        used = np.where(apart[:, None], left, known)
        trusted = (2 * known.sum(axis=1) > bins) & used.any(axis=1)
        everywhere = used.all()
        for kind in range(KINDS):
            highest = (excess[kind] if everywhere else np.where(used, excess[kind], -np.inf)).max(axis=1)
            self.highest[:, place, kind] = np.where(trusted, highest, np.nan)
        self.apart[:, place] = apart
        self.next = block + 1

    def skip(self, block: int) -> None:
        """Nothing is known of the blocks before this one that were not taken in."""
        for each in range(max(self.next, block - self.highest.shape[1]), block):
            self.highest[:, each % self.highest.shape[1]] = np.nan
            self.apart[:, each % self.highest.shape[1]] = False
        self.next = max(self.next, block)

    def fit(self) -> None:
        """Weigh the maxima against the prior."""
        ordered = np.sort(self.highest, axis=1)
        self.known = (~np.isnan(ordered[:, :, 0])).sum(axis=1)
        median, upper = _quantile(ordered, self.known, LOWER), _quantile(ordered, self.known, UPPER)
        scale = (upper - median) / _BETWEEN
        weight = self.known / (self.known + PRIOR_BLOCKS)
        self.mode = (weight[:, None] * (median - _LOWER_AT * scale)).T.copy()
        self.scale = (weight[:, None] * scale).T.copy()

    def take(self, rows: Integers) -> Maxima:
        """Others, of series that have these rows' past."""
        fits = self.mode[:, rows], self.scale[:, rows], self.known[rows]
        return Maxima(self.highest[rows], self.apart[rows], self.next, *fits)


def _quantile(ordered: Floats, size: Integers, share: float) -> Floats:
    """Of the known ones, which come first along axis 1; 0 where there are none."""
    last = np.maximum(size - 1, 0)
    at = share * last
    below = at.astype(np.int64)
    rows = np.arange(len(ordered))
    low, high = ordered[rows, below], ordered[rows, np.minimum(below + 1, last)]
    value: Floats = low + (at - below)[:, None] * (high - low)
    return np.where(size[:, None] > 0, value, 0.0)


def calibrated(maxima: Maxima, kind: int, rows: Integers, expected: Floats) -> tuple[Floats, Floats]:
    """Mode and scale of a block's maximum of one kind of excess: the blocks' word and the prior's."""
    weight = PRIOR_BLOCKS / (maxima.known[rows] + PRIOR_BLOCKS)
    in_posts = kind % 2 == 1
    unit = np.sqrt(expected + ANSCOMBE) if in_posts else 1.0
    prior_mode = PRIOR_MODE * (unit + PRIOR_MODE / 4.0 if in_posts else 1.0)
    prior_scale = (1.0 + 0.5 * np.sqrt(expected)) * unit
    mode: Floats = maxima.mode[kind, rows] + weight * prior_mode
    return mode, np.maximum(maxima.scale[kind, rows] + weight * prior_scale, SMALLEST_SCALE)


def level(reduced: NDArray[np.float64]) -> Floats:
    """-log10 of the probability that a block's maximum lies above a reduced excess: 0 for an everyday one."""
    probability = -np.expm1(-np.exp(-np.maximum(reduced, _CERTAIN)))
    tiny = np.finfo(np.float64).smallest_subnormal
    # Above 745 it is too small for a number, though its logarithm is not.
    levels = np.where(probability > 0.0, -np.log10(np.maximum(probability, tiny)), reduced * np.log10(np.e))
    return np.where(levels > 0.0, levels, 0.0)
