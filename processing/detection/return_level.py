"""How rare an excess is for its own series: a return level from the maxima of six-hour blocks.

The distribution of a block's maximum is taken to be Gumbel's, fitted by two quantiles of the blocks (method of
quantiles; E. J. Gumbel, Statistics of Extremes, 1958), so that the surges of the past, which lie above the upper
one, do not raise it. A prior worth four blocks speaks until the series can. Excesses are measured on the scale of
F. J. Anscombe (Biometrika 35, 1948), where Poisson noise has a variance of one, and in posts.
"""

from __future__ import annotations

from typing import NamedTuple

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


class Maxima:
    """The highest excesses of the last blocks, to which distributions are fitted."""

    def __init__(self, series: int, block: int, blocks: int) -> None:
        """Begin with nothing known before a block. A fit rests on the last `blocks` of them."""
        self.blocks = blocks
        self.highest = Timeline((series, KINDS), block, blocks + _AGAIN, blank=np.nan)
        """[series, kind, block]; NaN for a block of which too little is known."""
        self.apart = Timeline((series,), block, blocks + _AGAIN, blank=0, kind=np.bool_)
        """[series, block]: a spike was left out of the block."""
        self.timelines = self.highest, self.apart

    def take_in(self, block: int, excess: Floats, known: Flags, spike: Flags) -> None:
        """Keep the maxima of a finished block: `excess` is [kind, series, bin], `spike` what is to be left out."""
        for each in self.timelines:
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

    def fit(self, rows: Integers, block: int) -> Fit:
        """The distributions of series by the blocks before this one; a row may stand several times."""
        some, places = np.unique(rows, return_inverse=True)
        ordered = np.sort(self.highest.read(block - self.blocks, block)[some], axis=2)
        known = (~np.isnan(ordered[:, 0])).sum(axis=1)
        median, upper = _quantiles(ordered, known)
        scale = (upper - median) / _BETWEEN
        return Fit((median - _LOWER_AT * scale)[:, places], scale[:, places], known[places])


class Fit(NamedTuple):
    """Mode and scale that blocks make likely, [kind, series], and the number of blocks that are known."""

    mode: Floats
    scale: Floats
    known: Integers


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
    return _kinds(2.0 * (np.sqrt(posts + ANSCOMBE) - np.sqrt(expected + ANSCOMBE)), posts - expected)


def calibrated(fit: Fit, expected: Floats) -> tuple[Floats, Floats]:
    """Mode and scale of a block's maximum: the blocks' word and the prior's: [kind, bin], of [window, bin]."""
    unit = np.sqrt(expected + ANSCOMBE)
    noise = 1.0 + 0.5 * np.sqrt(expected)
    prior, weight = PRIOR_BLOCKS / (fit.known + PRIOR_BLOCKS), fit.known / (fit.known + PRIOR_BLOCKS)
    mode = weight * fit.mode + prior * _kinds(PRIOR_MODE, PRIOR_MODE * (unit + PRIOR_MODE / 4.0))
    scale = weight * fit.scale + prior * _kinds(noise, noise * unit)
    return mode, np.maximum(scale, SMALLEST_SCALE)


def _kinds(standard: Floats | float, posts: Floats) -> Floats:
    """[kind, ...], of [window, ...] on Anscombe's scale and in posts."""
    kinds = np.empty((KINDS, *posts.shape[1:]))
    kinds[0::2], kinds[1::2] = standard, posts
    return kinds


def level(reduced: NDArray[np.float64]) -> Floats:
    """-log10 of the probability that a block's maximum lies above a reduced excess: 0 for an everyday one."""
    probability = -np.expm1(-np.exp(-np.maximum(reduced, _CERTAIN)))
    tiny = np.finfo(np.float64).smallest_subnormal
    # Above 745 it is too small for a number, though its logarithm is not.
    levels = np.where(probability > 0.0, -np.log10(np.maximum(probability, tiny)), reduced * np.log10(np.e))
    return np.where(levels > 0.0, levels, 0.0)
