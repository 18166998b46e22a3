"""Which bins belong to a spike, for many series at once: `detector.step`'s opening and closing along an array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.detection.previous.matrix_baseline import Flags, Floats
from processing.detection.previous.policy import DetectorPolicy


def open_bins(policy: DetectorPolicy, score: Floats, may_open: Flags) -> Flags:
    """The bins from an opening one until `policy.hold` bins behind the last raised one."""
    bins = np.broadcast_to(np.arange(score.shape[1]), score.shape)
    raised = score >= policy.leave
    last_raised = _latest(bins, raised)
    raised_before = np.concatenate([np.full((len(score), 1), -1), last_raised[:, :-1]], axis=1)
    begins = raised & ((raised_before < 0) | (bins - raised_before > policy.hold))
    run = _latest(bins, begins)
    opened = _latest(bins, may_open)
    lasts = (last_raised >= 0) & (bins - last_raised < policy.hold)
    return lasts & (opened >= 0) & (opened >= run)


def _latest(bins: NDArray[np.int64], flags: Flags) -> NDArray[np.int64]:
    """The last flagged bin up to each; -1 before the first."""
    latest: NDArray[np.int64] = np.maximum.accumulate(np.where(flags, bins, -1), axis=1)
    return latest
