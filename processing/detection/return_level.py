"""How rare an excess is for its own series: a return level from the maxima of six-hour blocks.

The distribution of a block's maximum is taken to be Gumbel's, fitted by two quantiles of the blocks (method of
quantiles; E. J. Gumbel, Statistics of Extremes, 1958), so that the surges of the past, which lie above the upper
one, do not raise it. A prior worth four blocks speaks until the series can. Excesses are measured on the scale of
F. J. Anscombe (Biometrika 35, 1948), where Poisson noise has a variance of one, and in posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from processing.detection.timeline import Flags, Floats, Integers, Timeline

KINDS = 4
"""Of excesses: over the short window on Anscombe's scale and in posts, over the long window on both."""
ANSCOMBE = 0.375
PRIOR_BLOCKS = 4
PRIOR_MODE = 2.5
SMALLEST_SCALE = 0.4
_SHARES = np.array([[0.5], [0.9]])
_BETWEEN = 1.8839  # the two quantiles of a standard Gumbel variable lie this far apart,
_LOWER_AT = 0.3665  # the lower one here
_CERTAIN = -6.0  # a block's maximum lies above such a reduced excess with certainty
_MOST_APART = 0.5
"""Of the known blocks of a fit, those that may have been lowered by leaving out a spike."""
_AGAIN = 8
"""Blocks further back, so that bins can be judged again by what was known then."""


@dataclass
class Maxima:
    """The highest excesses of the last blocks, to which distributions are fitted."""

    highest: Timeline
    """[series, kind, block]; NaN for a block of which too little is known."""
    apart: Timeline
    """[series, block]: a spike was left out of the block."""
    blocks: int
    """Of a fit."""

    @classmethod
    def begin_at(cls, series: int, block: int, blocks: int) -> Self:
        """None is known before this block."""
        kept = blocks + _AGAIN
        highest = Timeline.begin_at((series, KINDS), block, kept, blank=np.nan)
        return cls(highest, Timeline.begin_at((series,), block, kept, blank=0, kind=np.bool_), blocks)

    def take_in(self, block: int, excess: Floats, known: Flags, spike: Flags) -> None:
        """Keep the maxima of a finished block: `excess` is [kind, series, bin], `spike` what is to be left out."""
        for each in (self.highest, self.apart):
            each.reach(block, block + 1)
        apart, highest = self.apart.at(block), self.highest.at(block)
        apart[:], highest[:] = False, excess.max(axis=2).T
        if known.all() and not spike.any():
            return
        number, left = known.sum(axis=1), known & ~spike
        recent = self.apart.read(block - self.blocks + 1, block).sum(axis=1)
        apart[:] = (left.sum(axis=1) < number) & (recent <= _MOST_APART * self.blocks)
        used = np.where(apart[:, None], left, known)
        trusted = (2 * number > known.shape[1]) & used.any(axis=1)
        highest[:] = np.where(trusted, np.where(used, excess, -np.inf).max(axis=2), np.nan).T

    def known(self, row: int, block: int) -> int:
        """The number of blocks that a fit of a series before this block rests on."""
        return int(np.count_nonzero(~np.isnan(self.highest.read(block - self.blocks, block)[row, 0])))

    def fit(self, rows: Integers, block: int) -> Fit:
        """The distributions of some series, by the blocks before this one."""
        ordered = np.sort(self.highest.read(block - self.blocks, block)[rows], axis=2)
        known = (~np.isnan(ordered[:, 0])).sum(axis=1)
        median, upper = _quantiles(ordered, known)
        scale = (upper - median) / _BETWEEN
        weight = known / (known + PRIOR_BLOCKS)
        return Fit(weight * (median - _LOWER_AT * scale), weight * scale, PRIOR_BLOCKS / (known + PRIOR_BLOCKS))

    def take(self, rows: Integers) -> Maxima:
        """Others, of series that have these rows' past."""
        return Maxima(self.highest.take(rows), self.apart.take(rows), self.blocks)


class Fit(NamedTuple):
    """Mode and scale that blocks make likely, already weighed: [kind, series]; `prior` is the weight of the rest."""

    mode: Floats
    scale: Floats
    prior: Floats

    def take(self, places: Integers) -> Fit:
        """The fits at some places, in this order."""
        return Fit(self.mode[:, places], self.scale[:, places], self.prior[places])


def _quantiles(ordered: Floats, size: Integers) -> Floats:
    """Median and ninth decile: [quantile, kind, series], of the known blocks, which come first; 0 where none is."""
    last = np.maximum(size - 1, 0)
    at = _SHARES * last
    below = at.astype(np.int64)
    rows = np.arange(len(ordered))
    low, high = ordered[rows, :, below], ordered[rows, :, np.minimum(below + 1, last)]
    value = (low + (at - below)[..., None] * (high - low)).transpose(0, 2, 1)
    return value if size.all() else np.where(size > 0, value, 0.0)


def excesses(posts: Floats, expected: Floats) -> Floats:
    """[kind, ...], of [window, ...]: of both windows on Anscombe's scale and in posts."""
    found = np.empty((KINDS, *posts.shape[1:]))
    found[0::2] = 2.0 * (np.sqrt(posts + ANSCOMBE) - np.sqrt(expected + ANSCOMBE))
    found[1::2] = posts - expected
    return found


def calibrated(fit: Fit, expected: Floats) -> tuple[Floats, Floats]:
    """Mode and scale of a block's maximum: the blocks' word and the prior's: [kind, bin], of [window, bin]."""
    unit = np.sqrt(expected + ANSCOMBE)
    noise = 1.0 + 0.5 * np.sqrt(expected)
    mode, scale = fit.mode.copy(), fit.scale.copy()
    mode[0::2] += fit.prior * PRIOR_MODE
    mode[1::2] += fit.prior * (PRIOR_MODE * (unit + PRIOR_MODE / 4.0))
    scale[0::2] += fit.prior * noise
    scale[1::2] += fit.prior * (noise * unit)
    return mode, np.maximum(scale, SMALLEST_SCALE)


def level(reduced: NDArray[np.float64]) -> Floats:
    """-log10 of the probability that a block's maximum lies above a reduced excess: 0 for an everyday one."""
    probability = -np.expm1(-np.exp(-np.maximum(reduced, _CERTAIN)))
    tiny = np.finfo(np.float64).smallest_subnormal
    # Above 745 it is too small for a number, though its logarithm is not.
    levels = np.where(probability > 0.0, -np.log10(np.maximum(probability, tiny)), reduced * np.log10(np.e))
    return np.where(levels > 0.0, levels, 0.0)
