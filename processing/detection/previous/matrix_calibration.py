"""The fits of `level` for many series at once, block after block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.detection.previous.matrix_baseline import Flags, Floats
from processing.detection.previous.policy import DetectorPolicy
from processing.detection.previous.return_level import LOWER, UPPER, weigh
from processing.detection.previous.state import SILENT_DAYS, empty_maxima

KINDS = 4


class Calibration(NamedTuple):
    """Of each series, kind of excess and refit. Refit 0 holds before the first block has spoken."""

    mode: Floats
    scale: Floats
    prior_weight: Floats
    blocks: NDArray[np.int64]
    """Known blocks of each series and refit."""


def refit_of(policy: DetectorPolicy, bins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which refit holds in a bin."""
    return np.maximum(0, (bins - policy.block_age) // policy.block)


def calibrate(policy: DetectorPolicy, excess: Floats, judged: Flags, silent: Flags) -> Calibration:
    """Fit the maxima of the finished blocks, at each block's turn.

    `excess` is [kind, series, bin]; only `judged` bins count. `silent` series had two days of empty blocks before.
    """
    kinds, series, bins = excess.shape
    whole = bins // policy.block
    shape = (series, whole, policy.block)
    inside = slice(0, whole * policy.block)
    known = judged[:, inside].reshape(shape)
    trusted = 2 * known.sum(axis=2) > policy.block
    before = SILENT_DAYS * policy.bins_a_day // policy.block
    # Before the first block lie as many unknown ones as a fit may hold, so that every fit sees as many.
    maxima = np.full((kinds, series, policy.blocks + whole), np.nan)
    for kind in range(kinds):
        highest = np.where(known, excess[kind][:, inside].reshape(shape), -np.inf).max(axis=2)
        maxima[kind, :, policy.blocks :] = np.where(trusted, highest, np.nan)
        maxima[kind, silent, policy.blocks - before : policy.blocks] = empty_maxima(policy)[kind]
    windows = np.lib.stride_tricks.sliding_window_view(maxima, policy.blocks, axis=2)
    ordered = np.sort(windows, axis=3)
    blocks = (~np.isnan(ordered[0])).sum(axis=2)
    median, upper = _quantile(ordered, blocks, LOWER), _quantile(ordered, blocks, UPPER)
    mode, scale, prior_weight = weigh(median, upper, blocks)
    return Calibration(mode, scale, prior_weight, blocks)


def _quantile(ordered: Floats, size: NDArray[np.int64], share: float) -> Floats:
    """Of the known ones, which come first; 0 where there are none."""
    at = share * np.maximum(size - 1, 0)
    below = at.astype(np.int64)
    above = np.minimum(below + 1, np.maximum(size - 1, 0))
    low = _take(ordered, below)
    value: Floats = low + (at - below) * (_take(ordered, above) - low)
    return np.where(size > 0, value, 0.0)


def _take(ordered: Floats, place: NDArray[np.int64]) -> Floats:
    places = np.broadcast_to(place[None, ..., None], (*ordered.shape[:3], 1))
    return np.take_along_axis(ordered, places, axis=3)[..., 0]
