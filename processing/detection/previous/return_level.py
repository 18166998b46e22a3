"""How rare an excess is for its own series: a return level from the maxima of six-hour blocks.

The distribution of a block's maximum is taken to be Gumbel's, fitted by two quantiles of the blocks (method of
quantiles; E. J. Gumbel, Statistics of Extremes, 1958), so that the surges of the past, which lie above the upper
one, do not raise it. A prior worth four blocks speaks until the series can. Excesses are measured on the scale of
F. J. Anscombe (Biometrika 35, 1948), where Poisson noise has a variance of one, and in posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import e, exp, expm1, log10, sqrt
from typing import Any, NamedTuple

Value = Any
"""A number, or an array of them."""

PRIOR_BLOCKS = 4
PRIOR_MODE = 2.5
SMALLEST_SCALE = 0.4
ANSCOMBE = 0.375
LOWER, UPPER = 0.5, 0.9
_BETWEEN = 1.8839  # the two quantiles of a standard Gumbel variable lie this far apart,
_LOWER_AT = 0.3665  # the lower one here
SHORT, LONG = 0.3, 0.7
"""What one bin and the long window weigh in a score."""
MOST = 3.0
"""No score is more than so many times the bin's own level."""
CERTAIN = -6.0  # a block's maximum lies above such a reduced excess with certainty


class Fit(NamedTuple):
    """The blocks' word on one kind of excess, already multiplied by its weight; the rest is the prior's."""

    mode: float
    scale: float
    prior_weight: float


UNFITTED = Fit(0.0, 0.0, 1.0)


def fit(maxima: Sequence[float]) -> Fit:
    """Weigh the blocks' maxima of one kind of excess, in its own unit."""
    if not maxima:
        return UNFITTED
    ordered = sorted(maxima)
    return Fit(*weigh(_quantile(ordered, LOWER), _quantile(ordered, UPPER), len(ordered)))


def weigh(median: Value, upper: Value, blocks: Value) -> tuple[Value, Value, Value]:
    """A `Fit` of the two quantiles of so many blocks, one or an array of them."""
    scale = (upper - median) / _BETWEEN
    weight = blocks / (blocks + PRIOR_BLOCKS)
    return weight * (median - _LOWER_AT * scale), weight * scale, 1.0 - weight


def _quantile(ordered: list[float], share: float) -> float:
    below, part = divmod(share * (len(ordered) - 1), 1.0)
    low = ordered[int(below)]
    return low + part * (ordered[int(below) + 1] - low) if part else low


def calibrated(anscombe: Fit, raw: Fit, expected: float) -> tuple[float, float, float, float]:
    """Mode and scale of a block's maximum on Anscombe's scale, then in posts: the blocks' word and the prior's."""
    root = sqrt(expected + ANSCOMBE)
    prior_scale = 1.0 + 0.5 * sqrt(expected)
    mode, scale, weight = anscombe
    raw_mode, raw_scale, raw_weight = raw
    scale += weight * prior_scale
    raw_scale += raw_weight * prior_scale * root
    return (
        mode + weight * PRIOR_MODE,
        scale if scale > SMALLEST_SCALE else SMALLEST_SCALE,
        raw_mode + raw_weight * PRIOR_MODE * (root + PRIOR_MODE / 4.0),
        raw_scale if raw_scale > SMALLEST_SCALE else SMALLEST_SCALE,
    )


def reduced(anscombe: Fit, raw: Fit, excess: float, rise: float, expected: float) -> tuple[float, float]:
    """Both excesses over one window (Anscombe's, posts) above their fitted mode, in units of their fitted scale."""
    mode, scale, raw_mode, raw_scale = calibrated(anscombe, raw, expected)
    return (excess - mode) / scale, (rise - raw_mode) / raw_scale


def level(reduced_excess: float) -> float:
    """-log10 of the probability that a block's maximum lies above a reduced excess: 0 for an everyday one."""
    if reduced_excess < CERTAIN:
        return 0.0
    probability = -expm1(-exp(-reduced_excess))
    # Above 745 it is too small for a number, though its logarithm is not.
    return -log10(probability) if probability else reduced_excess * log10(e)


def score(reduced: tuple[float, float, float, float]) -> float:
    """The score of a bin from the reduced excesses over one bin and over the long window, two of each.

    Of each window the lower level counts: an excess must be large beside the noise and in posts. The two windows'
    levels are averaged, which is the geometric mean of their return periods: a surge need not be as rare in every
    single bin as it is over half an hour, and one loud bin alone is not enough. A bin that is itself ordinary gets
    nothing of the half hour before it: what is over is over.
    """
    anscombe, raw, long_anscombe, long_raw = reduced
    # A comparison is quicker than min(), and this is done in every bin that rises.
    bin_alone = level(raw if raw < anscombe else anscombe)
    weighed = SHORT * bin_alone + LONG * level(long_raw if long_raw < long_anscombe else long_anscombe)
    most = MOST * bin_alone
    return most if most < weighed else weighed
